"""Root fields. Each declares its access; each mutation has one input and one payload."""

import enum
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import field
from functools import wraps
from typing import Annotated, Final, get_args, get_type_hints

import strawberry

from infocus_graphql.core.errors import Overloaded, Refused
from infocus_graphql.core.viewer import ApiScope, TokenFault, Viewer
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.graph.connection import conditions
from infocus_graphql.graph.context import Context, Info
from infocus_graphql.graph.declarations import (
    ACCESS,
    DECLARED,
    RATE,
    SCOPE,
    SECRET,
    UNPLANNED,
    AnyDeclaration,
    EventStream,
    FieldDefinition,
    Mutation,
    MutationOutcome,
    PayloadRow,
    ResolvedList,
    ResolvedPage,
    Resolver,
    RootNode,
    RootRow,
    TypeAnnotation,
)
from infocus_graphql.graph.errors import UserError, coded_error, user_error
from infocus_graphql.graph.fields import with_signature
from infocus_graphql.graph.idempotency import deserialize_payload
from infocus_graphql.graph.node import Node
from infocus_graphql.graph.scopes import scope_error
from infocus_graphql.graph.strawberry_internals import resolve_info, resolver_function
from infocus_graphql.rate_limiting.rules import LimitedAction


class Access(enum.Enum):
    """The requirement on the viewer of a root field."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    STAFF = "staff"
    # Signing in and out must work for clients that still send an expired token.
    CREDENTIALS = "anyone, even with a bad token"


REQUIRED: Final = inspect.Parameter.empty  # the default of an argument that must be given
anyone, signed_in, staff, credentials = Access.ANYONE, Access.SIGNED_IN, Access.STAFF, Access.CREDENTIALS


def check_access(access: Access, viewer: Viewer, scope: ApiScope | None = ApiScope.READ) -> None:
    """Raises UNAUTHENTICATED, TOKEN_EXPIRED or FORBIDDEN if `viewer` may not use a root field.

    `scope` is the scope that an API token needs; None if API tokens are not accepted.
    """
    if error := scope_error(viewer, scope):
        raise error
    if access is Access.CREDENTIALS:
        return
    if viewer.fault is TokenFault.EXPIRED:
        raise coded_error("TOKEN_EXPIRED", "The access token has expired: refresh the session.")
    if viewer.fault is not None:
        raise coded_error("UNAUTHENTICATED", "The access token is not valid.")
    if access is not Access.ANYONE and viewer.id is None:
        raise coded_error("UNAUTHENTICATED", "Sign in first.")
    if access is Access.STAFF and not viewer.is_staff:
        raise coded_error("FORBIDDEN", "Only staff can do this.")


def root_row(declared: RootRow, description: str, *, access: Access) -> FieldDefinition:
    """Declares a query field that returns one row by its arguments; null if the viewer can see none."""

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        check_access(access, info.context.viewer)
        applied = conditions(declared.by, declared.pick(given))
        if declared.by and not applied:
            return None  # without a condition, any row would match
        if declared.ensure is not None:
            await declared.ensure(info.context, given)
        return await info.context.loaders.root_row(declared.link, applied)

    parameters = {
        name: (_described(argument.type, argument.description), inspect.Parameter.empty)
        for name, argument in declared.arguments.items()
    }
    return _root_field(with_signature(resolve, parameters), description, access, declared)


def root_page(page: FieldDefinition, *, access: Access) -> FieldDefinition:
    """Declares a query field that returns a page. `page` is declared over a link without a source."""
    inner = resolver_function(page)

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        check_access(access, info.context.viewer)
        return await inner(root, info, **given)

    resolve.__signature__ = inspect.signature(inner)  # type: ignore[attr-defined]  # read by inspect
    return _root_field(resolve, page.description, access, page.metadata[DECLARED])


def query(
    *, access: Access, declared: RootNode | ResolvedPage | ResolvedList | None = None
) -> Callable[[Resolver], FieldDefinition]:
    """Makes a function `(info, …)` a query field. Its docstring is the field's description."""

    def decorate(function: Resolver) -> FieldDefinition:
        async def resolve(info: Info, **given: object) -> object:
            check_access(access, info.context.viewer)
            return await function(info, **given)

        resolve.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]  # read by inspect
        resolve.__annotations__ = function.__annotations__
        resolve.__module__ = function.__module__
        return _root_field(resolve, _text(function), access, declared)

    return decorate


def mutation(
    *,
    access: Access,
    scope: ApiScope | None = ApiScope.WRITE,
    rate: LimitedAction | None = None,
    weight: int = 1_000,
) -> Callable[[Resolver], FieldDefinition]:
    """Makes a function `(context, input) -> Payload` a mutation field. `Refused` becomes payload errors.

    `scope` is the scope that an API token needs; None if a session is required. Mutations with
    `Access.CREDENTIALS` never accept API tokens.
    `rate` is the limit that applies, per account for signed-in viewers, else per client address; `weight` is
    the cost apart from the payload.
    """

    needed = None if access is Access.CREDENTIALS else scope

    def decorate(function: Resolver) -> FieldDefinition:
        hints = get_type_hints(function, include_extras=True)
        payload, given = _payload_of(hints["return"]), hints["input"]
        default = inspect.signature(function).parameters["input"].default

        async def run(context: Context, given: object) -> object:
            retried = context.idempotency
            if retried is not None and retried.recorded is not None:
                return deserialize_payload(payload, retried.recorded)
            try:
                return await context.mutate(lambda: function(context, given))
            except Refused as error:
                return payload(errors=[user_error(refusal) for refusal in error.refusals])
            except Overloaded as error:
                again = {"retryable": True, "retryAfter": error.retry_after}
                raise coded_error("SERVICE_UNAVAILABLE", str(error), **again) from error

        async def resolve(root: MappedRow, info: Info, **arguments: object) -> object:
            if isinstance(root, MutationOutcome):
                return root.result()
            check_access(access, info.context.viewer, needed)
            return await run(info.context, arguments.get("input"))

        resolve = with_signature(
            resolve, {"input": (_described(given, "The input of the mutation."), default)}
        )
        return strawberry.field(
            resolver=resolve,
            graphql_type=payload,
            description=f"{_text(function)} {_requirement(access, needed)}".strip(),
            metadata={ACCESS: access, SCOPE: needed, RATE: rate, DECLARED: Mutation(run, weight)},
        )

    return decorate


def subscription(
    result_type: TypeAnnotation,
    declared: EventStream,
    description: str,
    *,
    arguments: Mapping[str, tuple[TypeAnnotation, str, object]],
) -> FieldDefinition:
    """Declares a subscription field that returns a row for each event of a topic.

    `arguments` are the type, the description and the default of each argument.
    """

    async def subscribe(root: MappedRow, info: Info, **given: object) -> AsyncIterator[object]:
        raise TypeError("subscriptions are run by graph/subscription_execution.py")
        yield  # an asynchronous generator, as Strawberry requires

    parameters = {
        name: (_described(kind, text), default) for name, (kind, text, default) in arguments.items()
    }
    resolve = with_signature(subscribe, parameters)
    resolve.__annotations__["return"] = AsyncGenerator[result_type, None]
    return strawberry.subscription(
        resolver=resolve,
        description=description,
        metadata={ACCESS: Access.SIGNED_IN, SCOPE: ApiScope.READ, DECLARED: declared},
    )


@strawberry.type
class Payload:
    """Base class of mutation payloads."""

    rows: strawberry.Private[Mapping[str, str | None]] = field(default_factory=dict)
    errors: list[UserError] = strawberry.field(
        description="The errors, if the mutation failed; nothing was changed then. Empty on success.",
        default_factory=list,
    )


def result(
    model: type, description: str, *, many: str | None = None, paged: bool = False, rows: int = 20
) -> FieldDefinition:
    """Declares a payload's field that returns the row whose id is in `rows` under the field's name.

    With `many`, it returns the rows whose ids are in the payload's attribute of that name.
    """

    declared = PayloadRow(model, many, paged, rows)

    async def resolve(root: MappedRow, info: Info) -> object:
        context, ids = info.context, declared.ids(root, info.python_name)
        if ids is None:
            return None
        if context.plans is not None:
            raw = resolve_info(info)
            planned = await context.plans.rows(raw.parent_type, raw.field_nodes, ids, raw.path.as_list())
            if planned is not UNPLANNED:
                return planned
        if model is Node:
            return await context.nodes(ids)
        loader = context.loaders.row(model)
        return await (loader.load(ids) if many is None else loader.load_many(ids))

    return strawberry.field(resolver=resolve, description=description, metadata={DECLARED: declared})


def node_results(description: str, *, many: str, paged: bool = False) -> FieldDefinition:
    """Like `result` with `many`, for rows of any types. `paged` rows are those of a page of the parent."""
    return result(Node, description, many=many, paged=paged)


def secret_result(description: str) -> FieldDefinition:
    """Declares a payload's field with a secret, such as a token. It is null by default.

    Results with secrets are not stored, so the mutation doesn't support `Idempotency-Key`.
    """
    return strawberry.field(description=description, default=None, metadata={SECRET: True})


def _root_field(
    resolve: Resolver, description: str, access: Access, declared: AnyDeclaration
) -> FieldDefinition:
    if declared is not None and not isinstance(declared, ResolvedPage | ResolvedList):
        resolve = _planned_first(resolve)
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={
            ACCESS: access,
            SCOPE: None if access is Access.STAFF else ApiScope.READ,
            DECLARED: declared,
        },
    )


def _planned_first(resolve: Resolver) -> Resolver:
    @wraps(resolve)
    async def planned(*roots: object, info: Info, **given: object) -> object:
        if info.context.plans is not None:
            raw = resolve_info(info)
            found = await info.context.plans.field(raw.parent_type, str(info.path.key), raw.field_nodes)
            if found is not UNPLANNED:
                return found
        return await resolve(*roots, info=info, **given)

    return planned


def _payload_of(hint: TypeAnnotation) -> TypeAnnotation:
    """Returns the payload type of a mutation's return type, which may be `Payload | Refused`."""
    (payload,) = set(get_args(hint) or (hint,)) - {Refused}
    return payload


def _described(kind: TypeAnnotation, description: str) -> object:
    return Annotated[kind, strawberry.argument(description=description)]


def _requirement(access: Access, scope: ApiScope | None) -> str:
    """Returns the sentence about authentication in the description of a mutation."""
    if access is Access.STAFF:
        return "Requires a session of staff."
    if access is not Access.SIGNED_IN:
        return "Requires no authentication."
    if scope is None:
        return "Requires a session; API tokens can't be used."
    return f"Requires authentication; API tokens need the scope {scope.name}."


def _text(function: Resolver) -> str:
    if not function.__doc__:
        raise TypeError(f"{function.__name__} needs a docstring: it is published as its description")
    return " ".join(function.__doc__.split())
