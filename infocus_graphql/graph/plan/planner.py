"""The planner: runs whole operations or single fields of them by plan.

A plan is one SQL statement for each root field, which returns the field's JSON. Fields that can't be planned,
such as `serverInfo` with its resolver, and the errors of a mutation are left to graphql-core, whose resolvers
load rows (`graph/loaders.py`). The operation log has the reason.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import orjson
import strawberry
import structlog
from graphql import FieldNode, GraphQLError, GraphQLObjectType, OperationDefinitionNode, get_named_type
from graphql.error import located_error
from graphql.execution.values import VariableValues

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import UNPLANNED, MutationOutcome, ResolvedPage, declared_by
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.plan.field_errors import Path, has_marks, without_marks
from infocus_graphql.graph.plan.mutations import MutationPlan, PayloadRows, rows_of
from infocus_graphql.graph.plan.parsed_document import OperationPlans, ParsedDocument
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.results import (
    PlanExecutionError,
    PlannedResult,
    fragment,
    object_of,
    response_of,
)
from infocus_graphql.graph.plan.root_fields import RootFieldPlan, RowsById, root_part
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.plan.whole_operation import plan_operation
from infocus_graphql.graph.root import Payload, check_access
from infocus_graphql.graph.strawberry_internals import core_schema

log = structlog.get_logger("infocus.plans")
T = TypeVar("T")

# The maximum cost of the returned data of an operation whose rows are resolved one by one, which takes up to
# fifty times the CPU of a plan. Reading the rows costs PostgreSQL the same in both engines.
RESOLVED_UP_TO: Final = 5_000


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
        self.fallbacks = 0  # operations that were not planned whole
        self.faults = 0  # plans that failed to compile because of a bug

    def start(
        self,
        known: ParsedDocument,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        context: Context,
    ) -> "PlannedOperation | None":
        """The operation of one request; None if its variables are invalid."""
        coerced = known.variables(self.schema, operation, variables)
        if coerced is None:
            return None
        prepared, large = known.prepare(self.schema, operation, coerced), known.is_large(operation)
        return PlannedOperation(self, prepared, operation, coerced, context, large=large)

    def warnings(self) -> dict[str, str]:
        """The warnings for `/readyz`: plans that failed to compile since the start."""
        if not self.faults:
            return {}
        return {"plans": f"{self.faults} query plans failed to compile; the log has the errors"}

    def pool_for(self, context: Context) -> AsyncpgPool:
        """The connections for an operation: expensive ones have their own, and leave the others free."""
        return self._expensive if context.expensive else self.pool


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
        self._planner, self._prepared, self._operation = planner, prepared, operation
        self._schema, self._plans, self._document = planner.schema, planner.plans, prepared.document
        self._variables = variables
        self._context = context
        # The reason why `run` returned None, so that the executor completes the operation.
        self.reason: str | None = None
        # Whether the statements for a payload failed, so that the executor loads its rows.
        self.failed = False
        # The errors inside fields that were planned while the executor ran the operation.
        self.errors: list[GraphQLError] = []
        # The result or the error of the mutation, after it has run. If `run` returns None, the executor
        # completes the response with it: a mutation must not run twice.
        self.outcome: MutationOutcome | None = None

    @property
    def _viewer(self) -> Viewer:
        return self._context.viewer  # a mutation may sign the client in

    async def run(self) -> PlannedResult | None:
        """Returns the result; None, with a `reason`, if the executor has to complete the operation.

        Raises PlanExecutionError for errors of the database.
        """
        if self._prepared.whole is None:
            self._prepared.whole = self._try_plan(self._whole)
        whole = self._prepared.whole
        try:
            if isinstance(whole, Unplannable):
                raise whole
            return await (self._changed(whole) if isinstance(whole, MutationPlan) else self._queried(whole))
        except Unplannable as reason:
            self.reason = str(reason)
            self._planner.fallbacks += 1
            log.debug("operation not planned", reason=self.reason)
            return None

    async def field(self, gtype: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> object:
        """The JSON of a root field as a Fragment, None for null; UNPLANNED when it has to be resolved.

        Raises GraphQLError for a refused access, and for what would be too expensive to resolve.
        """
        part = self._field(gtype, nodes, lambda: root_part(self._schema, gtype, self._document, key, nodes))
        if isinstance(part, Unplannable):
            return UNPLANNED if self._is_resolved_in_pages(gtype, nodes) else self._unplanned(part)
        await self._prepare([part])
        query = self._try_plan(lambda: part.query(self._plans, self._variables, self._viewer))
        if isinstance(query, Unplannable):
            return self._unplanned(query)
        if part.can_fetch and not isinstance(query, bytes):
            await part.ensure(self._plans, self._variables, self._context)
        (value,) = await self._values([query])
        if has_marks(value):
            self.errors += await self._errors_of(part, value)
        return fragment(value)

    async def rows(self, gtype: GraphQLObjectType, nodes: list[FieldNode], ids: object, path: Path) -> object:
        """Like `field`, for a field of a payload at `path` whose rows have these ids."""
        rows = self._field(gtype, nodes, lambda: rows_of(self._schema, self._document, gtype, nodes))
        if isinstance(rows, Unplannable):
            return self._unplanned(rows)
        query = self._try_plan(lambda: rows.query(self._plans, self._variables, self._viewer, ids))
        if isinstance(query, Unplannable):
            return self._unplanned(query)
        (value,) = await self._values([query])
        if has_marks(value):
            self.errors += await self._errors_of_rows(rows, ids, value, path)
        return fragment(value)

    def _is_resolved_in_pages(self, gtype: GraphQLObjectType, nodes: list[FieldNode]) -> bool:
        """Whether only pages that resolvers find are selected of the root row; their rows are planned."""
        target = get_named_type(gtype.fields[nodes[0].name.value].type)
        if not isinstance(target, GraphQLObjectType):
            return False
        names = [group[0].name.value for group in self._document.fields_of(target, nodes).values()]
        declared = [declared_by(target.fields[name]) for name in names if name != "__typename"]
        return bool(declared) and all(isinstance(each, ResolvedPage) for each in declared)

    async def _prepare(self, parts: Sequence[RootFieldPlan]) -> None:
        """Compiles large plans in a thread. Errors are raised again when the plan is used."""
        if self._large:
            with suppress(Exception):
                for part in parts:
                    if await part.prepare(self._plans, self._variables):
                        self._context.compiled = True

    async def _queried(self, parts: tuple[RootFieldPlan, ...]) -> PlannedResult:
        await self._prepare(parts)
        queries: list[Query | bytes] = []
        errors: list[GraphQLError] = []
        for part in parts:
            query = self._try_plan(partial(self._query, part, errors))
            if isinstance(query, Unplannable):
                raise query
            queries.append(query)
        try:
            if any([part.can_fetch for part in parts]):
                await self._ensure(parts, queries, errors)
            values = await self._values(queries)
            if any(map(has_marks, values)):
                pairs = zip(parts, values, strict=True)
                errors += [each for part, value in pairs for each in await self._errors_of(part, value)]
                values = [without_marks(value) for value in values]
        except Exception as error:
            raise PlanExecutionError(parts, error) from error
        if len(parts) == 1:  # as nearly always; joined at once, because the value can be large
            json = b"".join((b'{"data":{"', parts[0].key.encode(), b'":', values[0], b"}}"))
            return PlannedResult(json, errors)
        return PlannedResult(response_of(zip((part.key for part in parts), values, strict=True)), errors)

    async def _ensure(
        self, parts: Sequence[RootFieldPlan], queries: list[Query | bytes], errors: list[GraphQLError]
    ) -> None:
        """Fetches rows from other services. A field whose row can't be fetched is null, with an error."""
        fetching = [
            index
            for index, part in enumerate(parts)
            if part.can_fetch and not isinstance(queries[index], bytes)
        ]
        fetches = [self._fetch(parts[index]) for index in fetching]
        # A single fetch, as nearly always, needs no task.
        found = [await fetches[0]] if len(fetches) == 1 else await asyncio.gather(*fetches)
        for index, error in zip(fetching, found, strict=True):
            if isinstance(error, GraphQLError):
                errors.append(located_error(error, parts[index].nodes, [parts[index].key]))
                queries[index] = b"null"
            elif error is not None:
                raise error

    async def _fetch(self, part: RootFieldPlan) -> Exception | None:
        """Fetches the row of a field from another service; returns the error if it fails."""
        try:
            await part.ensure(self._plans, self._variables, self._context)
        except Exception as error:
            return error
        return None

    def _query(self, part: RootFieldPlan, errors: list[GraphQLError]) -> Query | bytes:
        """The statement of a root field; null, with an error, where the viewer may not use it."""
        try:
            return part.query(self._plans, self._variables, self._viewer)
        except GraphQLError as error:
            if not part.nullable:
                raise Unplannable(f"{part.key}: refused, and it is never null") from error
            errors.append(located_error(error, part.nodes, [part.key]))
            return b"null"

    async def _changed(self, change: MutationPlan) -> PlannedResult:
        context = self._context

        def start() -> Awaitable[Payload]:
            check_access(change.access, context.viewer, change.scope)
            return change.declared.run(context, change.input(self._variables, self._plans.converters))

        try:
            run = self._try_plan(start)
            if isinstance(run, Unplannable):
                raise run
            payload = await run
        except Unplannable:
            raise
        except Exception as error:
            self.outcome = MutationOutcome(error=error)
            raise Unplannable("the mutation failed, and the executor writes its error") from error
        self.outcome = MutationOutcome(payload)
        if payload.errors:
            raise Unplannable("the mutation was refused, and the executor writes its errors")
        shown = self._try_plan(lambda: self._payload(change, payload))
        if isinstance(shown, Unplannable):
            raise shown
        try:
            values = await self._values(shown)
            errors = await self._errors_of_payload(change, payload, values)
        except Exception as error:
            self.failed = context.estimated_returned <= RESOLVED_UP_TO
            log.exception("the rows of a payload could not be read by plan")
            raise Unplannable("the rows of the payload could not be read") from error
        values = [without_marks(value) for value in values] if errors else values
        return PlannedResult(
            response_of([(change.key, object_of(zip(change.payload, values, strict=True)))]), errors
        )

    def _payload(self, change: MutationPlan, payload: Payload) -> list[Query | bytes]:
        found: list[Query | bytes] = []
        for each in change.payload.values():
            if isinstance(each, PayloadRows):
                found.append(each.query(self._plans, self._variables, self._viewer, payload))
            else:
                found.append(each if isinstance(each, bytes) else each.json(payload))
        return found

    async def _values(self, queries: Sequence[Query | bytes]) -> list[bytes]:
        asked = [query for query in queries if not isinstance(query, bytes)]
        found = await self._planner.pool_for(self._context).read_all(asked) if asked else []
        if len(asked) < len(queries):
            values = iter(found)
            return [query if isinstance(query, bytes) else next(values) or b"null" for query in queries]
        return [value or b"null" for value in found]

    async def _errors_of(self, part: RootFieldPlan, value: bytes) -> list[GraphQLError]:
        if not has_marks(value):
            return []
        loaders = self._context.loaders
        return await part.errors(self._plans, self._variables, loaders, orjson.loads(value))

    async def _errors_of_rows(
        self, rows: RowsById, ids: object, value: bytes, path: Path
    ) -> list[GraphQLError]:
        loaders = self._context.loaders
        return await rows.errors(self._plans, self._variables, loaders, ids, orjson.loads(value), path)

    async def _errors_of_payload(
        self, change: MutationPlan, payload: Payload, values: Sequence[bytes]
    ) -> list[GraphQLError]:
        found: list[GraphQLError] = []
        for (key, each), value in zip(change.payload.items(), values, strict=True):
            if isinstance(each, PayloadRows) and has_marks(value):
                ids = each.declared.ids(payload, each.name)
                found += await self._errors_of_rows(each.rows, ids, value, [change.key, key])
        return found

    def _whole(self) -> tuple[RootFieldPlan, ...] | MutationPlan:
        return plan_operation(self._schema, self._document, self._operation)

    def _field(
        self, gtype: GraphQLObjectType, nodes: list[FieldNode], make: Callable[[], T]
    ) -> T | Unplannable:
        fields, key = self._prepared.fields, (id(nodes[0]), gtype.name)
        if key not in fields:
            fields[key] = self._try_plan(make)
        found: T | Unplannable = fields[key]
        return found

    def _try_plan(self, make: Callable[[], T]) -> T | Unplannable:
        """Returns the plan, or the reason why there is none. Errors of the request are raised."""
        before = self._plans.made
        try:
            return make()
        except GraphQLError:
            raise
        except Unplannable as reason:
            return reason
        except Exception:
            # An error in the planner is our bug, and resolvers can still serve the operation.
            self._planner.faults += 1
            log.exception("query plan compilation failed")
            return Unplannable("its query plan failed to compile")
        finally:
            if self._plans.made != before:
                self._context.compiled = True

    def _unplanned(self, reason: Unplannable) -> object:
        """UNPLANNED; raises the error of an operation that is too expensive to be resolved row by row."""
        cost = self._context.estimated_returned
        if cost <= RESOLVED_UP_TO:
            return UNPLANNED
        if isinstance(reason.__cause__, GraphQLError):
            raise reason.__cause__
        message = (
            f"The operation may return {cost:,} units of cost, and this field has to be resolved row by row, "
            f"which is limited to {RESOLVED_UP_TO:,}: {reason}."
        )
        raise coded_error("COST_LIMIT_EXCEEDED", message, limit=RESOLVED_UP_TO, cost=cost)
