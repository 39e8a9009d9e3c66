"""How often: at the door of every operation, and for single mutations; refused before anything is done."""

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
    """It was done too often; the answer says when to come again."""

    def __init__(self, context: Context, wait: float, what: str = "Too often") -> None:
        seconds = max(1, ceil(wait))
        context.reply.retry_after = seconds
        words = "a second" if seconds == 1 else f"{seconds:,} seconds"
        extensions = {"code": "RATE_LIMITED", "retryAfter": seconds}
        super().__init__(f"{what}: try again in {words}.", extensions=extensions)


def take(context: Context, points: int) -> None:
    """Takes points from the budget of the viewer or the address; RateLimited when it has fewer left."""
    if context.services.rates.on:
        context.reply.budget = taken = _budget(context, points)
        _refuse(context, taken[1])


def charge(context: Context, points: int) -> None:
    """Takes points for what was done already: as many as are left, if there are fewer."""
    if context.services.rates.on and points > 0:
        taken = _budget(context, points)
        if not taken[1].allowed:
            taken = _budget(context, taken[1].remaining)
        context.reply.budget = taken


def give_back(context: Context, points: int) -> None:
    """Gives points back that were taken and not used."""
    rates = context.services.rates
    if rates.on:
        viewer = context.payer
        address = context.client.address if viewer.id is None else None
        rates.release(viewer.id, address, points, viewer.api_token_id)
        context.reply.budget = _budget(context, 0)


async def take_uses(
    context: Context, schema: GraphQLSchema, known: ParsedDocument, operation: OperationDefinitionNode
) -> None:
    """Takes the uses of what has a rule of its own."""
    rates = context.services.rates
    if rates.on and operation.operation is OperationType.MUTATION:
        for (limited, by_account), uses in _uses(schema, known, operation).items():
            viewer = context.viewer.id if by_account else None
            key = viewer or client_network(context.client.address)
            _refuse(context, await rates.spend(rates.rules[limited], key, uses))


async def enforce(context: Context, rule: RateLimitRule, *parts: str | None) -> None:
    """Takes a use of `rule` for whatever `parts` name; raises RateLimited when there is none left."""
    if context.services.rates.on:
        _refuse(context, await context.services.rates.spend(rule, hashed_key(*parts)))


async def enforce_for_address(context: Context, limited: LimitedAction) -> None:
    """Takes a use of a rule for the client's address, as a mutation of nobody in particular does."""
    rates = context.services.rates
    if rates.on:
        _refuse(context, await rates.spend(rates.rules[limited], client_network(context.client.address)))


async def throttle_login(context: Context, person: str | None) -> "LoginAttempt":
    """Notes a try to prove who somebody is, by a password or a code; raises RateLimited when it is too soon.

    It counts by person and address together: whoever guesses from elsewhere bars nobody, and whoever
    mistypes waits for seconds. Unknown people count as known ones do. Call `succeed` when it was right.
    """
    tried = LoginAttempt(context, hashed_key(person, client_network(context.client.address)))
    rates = context.services.rates
    if rates.on:
        _refuse(context, await rates.spend(rates.account_sign_in, tried.key))
        wait = await rates.attempt(tried.key)
        if wait > 0:
            raise RateLimited(context, wait)
    return tried


class LoginAttempt:
    """A try that counts as failed until it is said to be good."""

    def __init__(self, context: Context, key: str) -> None:
        self._context = context
        self.key = key

    async def succeed(self) -> None:
        """It was right: what failed before it counts no more."""
        if self._context.services.rates.on:
            await self._context.services.rates.succeed(self.key)


@strawberry.type(description="How much the viewer, or the client's address, may still ask for.")
class RateLimit:
    """Of the budget for everything."""

    limit: int = strawberry.field(
        description="The points of a full budget. An operation takes one, and one more for each 2,000 "
        "of its cost. The first use of a large document also takes a point for each object or list beyond "
        "the first five, for planning it."
    )
    remaining: int = strawberry.field(description="The points that are left, without those of this request.")
    reset_at: datetime = strawberry.field(description="When the budget is full again; it fills evenly.")


@strawberry.type
class RateQueries:
    """What a client may ask about its own use."""

    @query(access=anyone)
    async def rate_limit(info: Info) -> RateLimit | None:  # noqa: N805
        """How much may still be asked for; null where nothing is limited."""
        context = info.context
        if not context.services.rates.on:
            return None
        rule, spent = _budget(context, 0)
        reset_at = (now() + timedelta(seconds=spent.reset_after)).replace(microsecond=0)
        return RateLimit(limit=rule.limit, remaining=spent.remaining, reset_at=reset_at)


def _budget(context: Context, points: int) -> tuple[RateLimitRule, RateLimitDecision]:
    viewer = context.payer
    address = context.client.address if viewer.id is None else None
    return context.services.rates.budget(viewer.id, address, points, viewer.api_token_id)


def _refuse(context: Context, spent: RateLimitDecision) -> None:
    if not spent.allowed:
        raise RateLimited(context, spent.wait)


def _uses(
    schema: GraphQLSchema, known: ParsedDocument, operation: OperationDefinitionNode
) -> dict[tuple[LimitedAction, bool], int]:
    """How often an operation does what has a rule of its own, and whether that counts by account."""
    found: dict[tuple[LimitedAction, bool], int] = {}
    mutations = schema.mutation_type
    for name in _root_fields(known, operation.selection_set).values():
        definition = mutations.fields.get(name) if mutations is not None else None
        field = None if definition is None else strawberry_field(definition)
        limited = None if field is None else field.metadata.get(RATE)
        if field is not None and limited is not None:
            key = limited, field.metadata[ACCESS] is signed_in
            found[key] = found.get(key, 0) + 1
    return found


def _root_fields(known: ParsedDocument, selections: SelectionSetNode) -> dict[str, str]:
    """The names of the root fields by their response keys; `@skip` and `@include` are not asked."""
    fragments = {
        each.name.value: each
        for each in known.document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    found: dict[str, str] = {}
    waiting, seen = [selections], set()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found[node.alias.value if node.alias else node.name.value] = node.name.value
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)
    return found
