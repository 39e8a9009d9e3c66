"""Rate limiting: charges each operation to a budget and enforces per-mutation limits before anything runs."""

from datetime import datetime, timedelta
from math import ceil

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from infocus_graphql.core.clock import now
from infocus_graphql.graph.context import Context, Info
from infocus_graphql.graph.declarations import ACCESS, RATE
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.root import anyone, query, signed_in
from infocus_graphql.graph.strawberry_internals import strawberry_field
from infocus_graphql.rate_limiting.limiter import client_network, hashed_key
from infocus_graphql.rate_limiting.rules import LimitedAction, RateLimitDecision, RateLimitRule


class RateLimited(GraphQLError):
    """A rate limit is exceeded. The error contains `retryAfter` in seconds."""

    def __init__(self, context: Context, wait: float, what: str = "Too often") -> None:
        seconds = max(1, ceil(wait))
        context.response.retry_after = seconds
        words = "a second" if seconds == 1 else f"{seconds:,} seconds"
        extensions = {"code": "RATE_LIMITED", "retryAfter": seconds}
        super().__init__(f"{what}: try again in {words}.", extensions=extensions)


def take_points(context: Context, points: int) -> None:
    """Takes points from the budget of the viewer or the address. Raises RateLimited if fewer are left."""
    if context.services.rates.on:
        context.response.budget = charged = _budget(context, points)
        _raise_if_limited(context, charged[1])


def charge_points(context: Context, points: int) -> None:
    """Takes points for work already done. If fewer are left, takes all of them; never raises."""
    if context.services.rates.on and points > 0:
        charged = _budget(context, points)
        if not charged[1].allowed:
            charged = _budget(context, charged[1].remaining)
        context.response.budget = charged


def release_points(context: Context, points: int) -> None:
    """Returns unused points to the budget."""
    rates = context.services.rates
    if rates.on:
        viewer = context.payer
        address = context.client.address if viewer.id is None else None
        rates.release(viewer.id, address, points, viewer.api_token_id)
        context.response.budget = _budget(context, 0)


async def charge_limited_mutations(
    context: Context, schema: GraphQLSchema, parsed: ParsedDocument, operation: OperationDefinitionNode
) -> None:
    """Charges the mutations of an operation to their own limits. Raises RateLimited."""
    rates = context.services.rates
    if rates.on and operation.operation is OperationType.MUTATION:
        for (limited, by_account), count in _limited_mutations(schema, parsed, operation).items():
            viewer = context.viewer.id if by_account else None
            key = viewer or client_network(context.client.address)
            _raise_if_limited(context, await rates.spend(rates.rules[limited], key, count))


async def enforce(context: Context, rule: RateLimitRule, *parts: str | None) -> None:
    """Charges one use to the limit `rule`, keyed by `parts`. Raises RateLimited if it is used up."""
    if context.services.rates.on:
        _raise_if_limited(context, await context.services.rates.spend(rule, hashed_key(*parts)))


async def is_allowed(context: Context, limited: LimitedAction, *parts: str | None) -> bool:
    """Charges one use to a limit, keyed by `parts`. False if it is used up."""
    rates = context.services.rates
    return not rates.on or (await rates.spend(rates.rules[limited], hashed_key(*parts))).allowed


async def enforce_for_address(context: Context, limited: LimitedAction) -> None:
    """Charges one use to a limit, keyed by the client's address. Raises RateLimited if it is used up."""
    rates = context.services.rates
    if rates.on:
        _raise_if_limited(
            context, await rates.spend(rates.rules[limited], client_network(context.client.address))
        )


async def throttle_login(context: Context, account: str | None) -> "LoginAttempt":
    """Records an attempt to authenticate by password or code. Raises RateLimited during back-off.

    Attempts are counted per user and client address, so that an attacker elsewhere can't lock a user out, and
    a user who mistypes waits for seconds only. Unknown users are counted too. Call `succeed` on success.
    """
    attempt = LoginAttempt(context, hashed_key(account, client_network(context.client.address)))
    rates = context.services.rates
    if rates.on:
        _raise_if_limited(context, await rates.spend(rates.account_sign_in, attempt.key))
        wait = await rates.attempt(attempt.key)
        if wait > 0:
            raise RateLimited(context, wait)
    return attempt


class LoginAttempt:
    """An attempt to authenticate, which counts as failed until `succeed` is called."""

    def __init__(self, context: Context, key: str) -> None:
        self._context = context
        self.key = key

    async def succeed(self) -> None:
        """Records success and resets the failed attempts."""
        if self._context.services.rates.on:
            await self._context.services.rates.succeed(self.key)


@strawberry.type(
    description="The rate limit for operations of an account, or of a network for anonymous clients."
)
class RateLimit:
    limit: int = strawberry.field(
        description="The number of points of a full budget. An operation takes one point, and one more "
        "for each 2,000 of its cost. The first use of a large document takes another point "
        "for each field with a selection beyond the fifth."
    )
    remaining: int = strawberry.field(description="The number of points left, after this operation.")
    reset_at: datetime = strawberry.field(
        description="When the budget will be full again. It is refilled continuously."
    )


@strawberry.type
class RateQueries:
    """Root query fields about rate limits."""

    @query(access=anyone)
    async def rate_limit(info: Info) -> RateLimit | None:  # noqa: N805
        """
        Returns the rate limit of the viewer, or of the client's network if anonymous; null if the server
        has no rate limits.
        """
        context = info.context
        if not context.services.rates.on:
            return None
        rule, decision = _budget(context, 0)
        reset_at = (now() + timedelta(seconds=decision.reset_after)).replace(microsecond=0)
        return RateLimit(limit=rule.limit, remaining=decision.remaining, reset_at=reset_at)


def _budget(context: Context, points: int) -> tuple[RateLimitRule, RateLimitDecision]:
    viewer = context.payer
    address = context.client.address if viewer.id is None else None
    return context.services.rates.budget(viewer.id, address, points, viewer.api_token_id)


def _raise_if_limited(context: Context, decision: RateLimitDecision) -> None:
    if not decision.allowed:
        raise RateLimited(context, decision.wait)


def _limited_mutations(
    schema: GraphQLSchema, parsed: ParsedDocument, operation: OperationDefinitionNode
) -> dict[tuple[LimitedAction, bool], int]:
    """Counts the root fields that have their own limit, by limit and by whether it applies per account."""
    counts: dict[tuple[LimitedAction, bool], int] = {}
    mutations = schema.mutation_type
    for name in _root_fields(parsed, operation.selection_set).values():
        definition = mutations.fields.get(name) if mutations is not None else None
        field = None if definition is None else strawberry_field(definition)
        limited = None if field is None else field.metadata.get(RATE)
        if field is not None and limited is not None:
            key = limited, field.metadata[ACCESS] is signed_in
            counts[key] = counts.get(key, 0) + 1
    return counts


def _root_fields(parsed: ParsedDocument, selections: SelectionSetNode) -> dict[str, str]:
    """Returns the names of the root fields by response key. `@skip` and `@include` are ignored."""
    fragments = {
        each.name.value: each
        for each in parsed.document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    names: dict[str, str] = {}
    pending, seen = [selections], set()
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                names[node.alias.value if node.alias else node.name.value] = node.name.value
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                pending.append(fragments[node.name.value].selection_set)
    return names
