"""What an answer's headers tell about rates."""

from math import ceil

from infocus_graphql.graph.context import Reply


def rate_headers(reply: Reply) -> list[tuple[str, str]]:
    """`Retry-After` for who came too often, and how the budget stands."""
    found = []
    if reply.retry_after is not None:
        found.append(("retry-after", str(reply.retry_after)))
    if reply.budget is not None:
        rule, spent = reply.budget
        found += [
            ("ratelimit-limit", str(rule.limit)),
            ("ratelimit-remaining", str(spent.remaining)),
            ("ratelimit-reset", str(ceil(spent.full_in))),
            ("ratelimit-policy", f"{rule.limit};w={rule.seconds:.0f}"),
        ]
    return found
