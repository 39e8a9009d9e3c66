"""The planner: answers whole operations from plans, or single fields of them, or says that it can't."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import orjson
import strawberry
import structlog
from graphql import FieldNode, GraphQLError, GraphQLObjectType, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import UNPLANNED, MutationOutcome
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.plan.mutations import MutationPlan, PayloadRows, plan_mutation, rows_of
from infocus_graphql.graph.plan.pages import MARK
from infocus_graphql.graph.plan.parsed_document import OperationPlans, ParsedDocument
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.root_fields import RootFieldPlan, root_part
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.root import check_access
from infocus_graphql.graph.strawberry_internals import core_schema

log = structlog.get_logger("infocus.plans")
T = TypeVar("T")


class Planner:
    """Plans for one schema."""

    def __init__(
        self,
        schema: strawberry.Schema,
        pool: AsyncpgPool,
        cursor_key: str,
        expensive: AsyncpgPool | None = None,
    ) -> None:
        self.schema = core_schema(schema)
        self.plans = PlanCache(schema, cursor_key)
        self.pool, self._expensive = pool, expensive or pool
        self.fallbacks = 0
        self.faults = 0  # those of them that should not be

    def start(
        self,
        known: ParsedDocument,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        context: Context,
    ) -> "PlannedOperation | None":
        """The operation of one request; None when its variables don't fit."""
        coerced = known.variables(self.schema, operation, variables)
        if coerced is None:
            return None
        prepared, large = known.prepare(self.schema, operation, coerced), known.is_large(operation)
        return PlannedOperation(self, prepared, operation, coerced, context, large=large)

    def pool_for(self, context: Context) -> AsyncpgPool:
        """The connections for an operation: expensive ones have their own, and leave the others free."""
        return self._expensive if context.expensive else self.pool

    def fall_back(self, error: Unplannable) -> None:
        """Counts what has no plan, and names it."""
        self.fallbacks += 1
        self.reason = str(error)
        log.debug("not planned", field=str(error))


class Refuted(Exception):
    """A filter names something that does not exist: the loaders say what, and at which field.

    Where that would take long, `refusal` says it without the name.
    """

    @property
    def refusal(self) -> GraphQLError:
        """The error for a whole root field."""
        return coded_error("BAD_USER_INPUT", "A filter names an object that does not exist.")


class PlanExecutionError(Exception):
    """A query that its plan could not answer: how its data looks, and the error of each field."""

    def __init__(self, parts: Sequence[RootFieldPlan], cause: Exception) -> None:
        super().__init__(str(cause))
        asked = [part for part in parts if type(part) is not RootFieldPlan]
        complete = all(part.nullable for part in asked)
        self.data = {part.key: orjson.loads(part.constant) for part in parts} if complete else None
        self.errors = [
            GraphQLError(str(cause), part.nodes, path=[part.key], original_error=cause) for part in asked
        ]


class PlannedOperation:
    """One operation with the variables and the viewer of one request."""

    def __init__(
        self,
        planner: Planner,
        prepared: OperationPlans,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        context: Context,
        *,
        large: bool,
    ) -> None:
        self._large = large
        self._refused: GraphQLError | None = None  # a wrong argument, or an access that is refused
        self._planner, self._prepared, self._operation = planner, prepared, operation
        self._schema, self._plans, self._document = planner.schema, planner.plans, prepared.document
        self._variables = variables
        self._context = context
        self.broken = False
        # What the mutation returned or raised, once it has run. The executor completes the response with it
        # where `answer` returns None: a mutation must not run twice.
        self.outcome: MutationOutcome | None = None

    @property
    def _viewer(self) -> Viewer:
        return self._context.viewer  # a mutation may sign somebody in

    async def answer(self) -> bytes | None:
        """The body of the answer; None when it has to be answered in the ordinary way.

        Raises Failed for what goes wrong in the database.
        """
        if not self._prepared.whole:
            self._prepared.whole.append(self._try_plan(self._whole))
        whole = self._prepared.whole[0]
        if whole is None:
            return None
        return await (self._changed(whole) if isinstance(whole, MutationPlan) else self._queried(whole))

    async def field(self, gtype: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Any:
        """The JSON of a root field as a Fragment, None for null; UNPLANNED when loaders have to answer."""
        part = self._field(gtype, nodes, lambda: root_part(self._schema, gtype, self._document, key, nodes))
        if part is None:
            return UNPLANNED
        await self._prepare([part])
        return await self._fragment(lambda: part.query(self._plans, self._variables, self._viewer))

    async def rows(self, gtype: GraphQLObjectType, nodes: list[FieldNode], ids: Any) -> Any:
        """The same for a field of a payload whose rows have these ids."""
        rows = self._field(gtype, nodes, lambda: rows_of(self._schema, self._document, gtype, nodes))
        if rows is None:
            return UNPLANNED
        return await self._fragment(lambda: rows.query(self._plans, self._variables, self._viewer, ids))

    async def _prepare(self, parts: Sequence[RootFieldPlan]) -> None:
        """Makes large plans in a thread. What goes wrong goes wrong again when the plan is needed."""
        if self._large:
            with suppress(Exception):
                for part in parts:
                    if await part.prepare(self._plans, self._variables):
                        self._context.planned = True

    async def _queried(self, parts: tuple[RootFieldPlan, ...]) -> bytes | None:
        await self._prepare(parts)
        queries = self._try_plan(
            lambda: [part.query(self._plans, self._variables, self._viewer) for part in parts]
        )
        if queries is None:
            return None
        try:
            values = await self._values(queries)
        except Refuted as error:
            if self._context.expensive:
                raise PlanExecutionError(parts, error.refusal) from error
            return None
        except Exception as error:
            raise PlanExecutionError(parts, error) from error
        if len(parts) == 1:  # as nearly always
            return b'{"data":{"' + parts[0].key.encode() + b'":' + values[0] + b"}}"
        return _data(zip((part.key for part in parts), values, strict=True))

    async def _changed(self, change: MutationPlan) -> bytes | None:
        context = self._context

        def start() -> Awaitable[Any]:
            check_access(change.access, context.viewer, change.scope)
            return change.declared.run(context, change.input(self._variables, self._plans.converters))

        run = self._try_plan(start)
        if run is None:
            return None
        try:
            payload = await run
        except Exception as error:
            self.outcome = MutationOutcome(error=error)
            return None
        self.outcome = MutationOutcome(payload)
        if payload.errors:
            return None
        try:
            shown = await self._payload(change, payload)
        except Refuted:
            return None
        except Exception:
            self._failed()
            return None
        return _data([(change.key, _object(zip(change.payload, shown, strict=True)))])

    async def _payload(self, change: MutationPlan, payload: Any) -> list[bytes]:
        found: list[Query | bytes] = []
        before = self._plans.made
        for field in change.payload.values():
            if isinstance(field, PayloadRows):
                found.append(field.query(self._plans, self._variables, self._viewer, payload))
            else:
                found.append(field if isinstance(field, bytes) else field.json(payload))
        self._noted(before)
        return await self._values(found)

    async def _values(self, queries: Sequence[Query | bytes]) -> list[bytes]:
        asked = [query for query in queries if not isinstance(query, bytes)]
        found = await self._planner.pool_for(self._context).read_all(asked) if asked else []
        if any(value and MARK in value for value in found):
            raise Refuted
        if len(asked) < len(queries):
            values = iter(found)
            return [query if isinstance(query, bytes) else next(values) or b"null" for query in queries]
        return [value or b"null" for value in found]

    async def _fragment(self, ask: Callable[[], Query | bytes]) -> Any:
        query = self._try_plan(ask)
        if query is None:
            if self._refused is not None and self._context.expensive:
                raise self._refused  # loaders would say the same of one field, after a long time for the rest
            return UNPLANNED
        try:
            (value,) = await self._values([query])
        except Refuted as error:
            if self._context.expensive:
                raise error.refusal from error
            return UNPLANNED
        return None if value == b"null" else orjson.Fragment(value)

    def _whole(self) -> tuple[RootFieldPlan, ...] | MutationPlan | None:
        kind = self._operation.operation
        if kind is OperationType.SUBSCRIPTION:
            return None
        gtype: Any = self._schema.get_root_type(kind)
        roots = self._document.roots(gtype, self._operation)
        if kind is OperationType.MUTATION:
            return plan_mutation(self._schema, self._document, roots)
        return tuple(
            root_part(self._schema, gtype, self._document, key, nodes) for key, nodes in roots.items()
        )

    def _field(self, gtype: GraphQLObjectType, nodes: list[FieldNode], make: Callable[[], T]) -> T | None:
        fields, key = self._prepared.fields, (id(nodes[0]), gtype.name)
        if key not in fields:
            fields[key] = self._try_plan(make)
        found: T | None = fields[key]
        return found

    def _try_plan(self, make: Callable[[], T]) -> T | None:
        """What is made, or None when the ordinary way has to answer."""
        self._refused, before = None, self._plans.made
        try:
            return make()
        except GraphQLError as error:
            self._refused = error  # a wrong argument or a refused access: the ordinary way tells it properly
        except Unplannable as error:
            if not self._prepared.whole:  # otherwise it was told when the whole was tried
                self._planner.fall_back(error)
        except Exception:
            self._failed()
        finally:
            self._noted(before)
        return None

    def _noted(self, before: int) -> None:
        """Notes whether this request made plans; nothing else runs between `before` and now."""
        if self._plans.made != before:
            self._context.planned = True

    def _failed(self) -> None:
        # A fault in making a plan is ours to mend, and no reason to leave the client without an answer.
        self.broken = True
        self._planner.fallbacks += 1
        self._planner.faults += 1
        log.exception("query plan compilation failed")


def _data(fields: Iterable[tuple[str, bytes]]) -> bytes:
    return b'{"data":' + _object(fields) + b"}"


def _object(fields: Iterable[tuple[str, bytes]]) -> bytes:
    # Names in GraphQL need no escapes.
    return b"{" + b",".join(b'"' + key.encode() + b'":' + value for key, value in fields) + b"}"
