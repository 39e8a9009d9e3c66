"""Response headers about rate limits."""

from functools import lru_cache
from math import ceil

from infocus_graphql.graph.context import ResponseMetadata
from infocus_graphql.http.headers import Headers
from infocus_graphql.rate_limiting.rules import RateLimitRule


def rate_headers(reply: ResponseMetadata) -> Headers:
    """`Retry-After` if a limit was exceeded, and the `RateLimit-*` headers of the budget."""
    found: Headers = []
    if reply.retry_after is not None:
        found.append((b"retry-after", b"%d" % reply.retry_after))
    if reply.budget is not None:
        rule, spent = reply.budget
        found += (
            *_of(rule),
            (b"ratelimit-remaining", b"%d" % spent.remaining),
            (b"ratelimit-reset", b"%d" % ceil(spent.reset_after)),
        )
    return found


@lru_cache
def _of(rule: RateLimitRule) -> Headers:
    policy = f"{rule.limit};w={rule.seconds:.0f}"
    return [(b"ratelimit-limit", b"%d" % rule.limit), (b"ratelimit-policy", policy.encode())]
