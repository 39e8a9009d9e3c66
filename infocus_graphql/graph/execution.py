"""Runs one operation: parses and validates the document (cached), executes it, and formats errors."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from inspect import isawaitable
from typing import Any, NoReturn

import orjson
import strawberry
from graphql import GraphQLError, Node, OperationDefinitionNode, OperationType, Source, execute, parse

from infocus_graphql.core.cache import LruCache
from infocus_graphql.graph.accounting import Hold, charge_for_plan
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.error_locations import variable_error, variable_errors
from infocus_graphql.graph.expensive_lane import EXPENSIVE_FROM, Lane, LaneFull
from infocus_graphql.graph.idempotency import IdempotencyStore, IdempotentRequest, idempotent_request
from infocus_graphql.graph.limits.analysis import AnalyzedDocument, analyze
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits
from infocus_graphql.graph.limits.pricing import Lengths, Pricing
from infocus_graphql.graph.limits.rules import validation_errors
from infocus_graphql.graph.masking import format_errors, with_code
from infocus_graphql.graph.operation import OperationResult, PreparedOperation, Request, RequestError
from infocus_graphql.graph.persisted import PROTOCOL_ERRORS, PersistedDocuments
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.plan.planner import PlannedOperation, Planner
from infocus_graphql.graph.plan.results import PlanExecutionError
from infocus_graphql.graph.rate_limits import RateLimited, charge_limited_mutations, take_points
from infocus_graphql.graph.scopes import check_scopes
from infocus_graphql.graph.storable_text import check_text
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.graph.subscription_execution import Subscriptions
from infocus_graphql.graph.subscriptions import SubscriptionStream
from infocus_graphql.graph.supported_schema import check_schema
from infocus_graphql.rate_limiting.limiter import client_network

_CACHED_DOCUMENTS = 1000
_CACHED_BYTES = 100_000_000
_DOCUMENT_OVERHEAD = 100  # approximate bytes of a parsed document per character of its text
_NO_PLACE = nullcontext()
_TOO_MANY_TOKENS = "Document contains more tha"  # graphql-core's message; its syntax errors have no codes


class Engine:
    """Runs operations on a schema."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        introspection: bool,
        suggestions: bool = True,
        planner: Planner | None = None,
        limits: Limits | None = None,
        documents: PersistedDocuments | None = None,
        idempotency_store: IdempotencyStore | None = None,
        lengths: Lengths | None = None,
        lane: Lane | None = None,
    ) -> None:
        check_schema(schema)
        self._planner = planner
        self._strawberry = schema
        self._schema = core_schema(schema)
        self._introspection, self._suggestions = introspection, suggestions
        self._limits = limits or Limits()
        self._pricing = Pricing(self._schema, self._limits, lengths)
        self._persisted = documents or PersistedDocuments()
        self._idempotency_store = idempotency_store
        self._lane = lane
        self._subscriptions = Subscriptions(self._schema, planner, self._execute_core)
        self._documents: LruCache[str, AnalyzedDocument] = LruCache(
            _CACHED_DOCUMENTS, max_bytes=_CACHED_BYTES, size_of=lambda text, _: _DOCUMENT_OVERHEAD * len(text)
        )

    async def run(self, request: Request, context: Context, *, queries_only: bool) -> OperationResult:
        """Runs a query or a mutation and returns its result.

        Errors are in the result; unexpected ones are logged in full.
        """
        try:
            prepared = await self._prepare(request, context)
            kind = prepared.operation.operation
            if kind is OperationType.SUBSCRIPTION:
                raise RequestError([_no_stream(prepared.operation)])
            if queries_only and kind is not OperationType.QUERY:
                raise RequestError([_error("METHOD_NOT_ALLOWED", "Only queries are allowed by GET.")])
            return await self._perform(prepared, request, context)
        except (GraphQLError, RequestError) as error:
            return _refused(error)

    async def subscribe(
        self, request: Request, context: Context, *, queries_only: bool = False
    ) -> SubscriptionStream | OperationResult:
        """Starts a subscription and returns its stream. Queries and mutations are run as by `run`.

        A subscription that can't start, for example because the viewer is no member of the family, is a
        result with errors.
        """
        try:
            prepared = await self._prepare(request, context)
            kind = prepared.operation.operation
            if kind is OperationType.MUTATION and queries_only:
                raise RequestError([_error("METHOD_NOT_ALLOWED", "Mutations are not allowed by GET.")])
            if kind is not OperationType.SUBSCRIPTION:
                return await self._perform(prepared, request, context)
            if prepared.needs_lookup:
                await self._persisted.register(prepared.query, request.extensions)
            return await self._subscriptions.start(prepared, request, context)
        except (GraphQLError, RequestError) as error:
            return _refused(error)

    async def _prepare(self, request: Request, context: Context) -> PreparedOperation:
        """Parses, validates and prices an operation, and checks that the viewer may run it."""
        take_points(context, 1)  # before parsing, so that invalid requests are charged too
        query = request.query
        needs_lookup = self._persisted.needs_lookup(request.document_id, request.extensions)
        if needs_lookup or query is None:
            query = await self._persisted.text(query, request.document_id, request.extensions)
        parsed = self._parse(query)
        operation = parsed.operation(request.operation_name) or _raise_no_operation(
            parsed, request.operation_name
        )
        context.response.compressible = operation.operation is OperationType.QUERY
        if parsed.introspects and not self._introspection:
            _check_introspection(context)
        context.viewer = check_scopes(context.viewer, self._schema, operation, parsed.fragments)
        estimate = await self._pricing.estimate(parsed, operation, request.variables, context.viewer.id)
        check_text(operation, request.variables)
        if request.variables and (name := parsed.null_condition(operation, request.variables)):
            raise RequestError([variable_error(operation, f"`${name}` can't be null here.", [name])])
        context.estimated_returned = estimate.returned
        return PreparedOperation(query, parsed, operation, estimate, needs_lookup)

    async def _perform(
        self, prepared: PreparedOperation, request: Request, context: Context
    ) -> OperationResult:
        query, parsed, operation, estimate, needs_lookup = prepared
        hold = Hold(context, estimate)
        try:
            await charge_limited_mutations(context, self._schema, parsed, operation)
            if needs_lookup:
                await self._persisted.register(query, request.extensions)
            idempotent = self._idempotent_request(request, query, operation, context)
            async with self._lane_place(estimate, context):
                result = await (
                    self._execute(parsed, operation, request, context)
                    if idempotent is None
                    else self._execute_idempotent(idempotent, parsed, operation, request, context)
                )
        except (GraphQLError, RequestError):
            hold.release()
            raise
        hold.settle(result)
        charge_for_plan(context, parsed, operation)
        if idempotent is None and request.extensions and request.extensions.get("cost") is True:
            result = result.with_cost(estimate.total, hold.cost(result), self._limits.cost)
        return result

    def _lane_place(self, estimate: Estimate, context: Context) -> AbstractAsyncContextManager[None]:
        """A place in the lane, if the operation is expensive."""
        if estimate.total < EXPENSIVE_FROM or self._lane is None:
            return _NO_PLACE
        return self._place_in(self._lane, context)

    @asynccontextmanager
    async def _place_in(self, lane: Lane, context: Context) -> AsyncIterator[None]:
        """Waits for a place in the lane."""
        try:
            async with lane.place(context.payer.id or client_network(context.client.address)):
                context.expensive = True
                yield
        except LaneFull as full:
            if full.of_account:
                raise RateLimited(context, 1, "Too many expensive operations at a time") from full
            again = {"code": "SERVICE_UNAVAILABLE", "retryable": True, "retryAfter": 1}
            raise GraphQLError(
                "Too many expensive operations are queued. Try again.", extensions=again
            ) from full

    async def _execute(
        self, parsed: ParsedDocument, operation: OperationDefinitionNode, request: Request, context: Context
    ) -> OperationResult:
        running_plan = None
        if self._planner is not None:
            running_plan = self._planner.start(parsed, operation, request.variables or {}, context)
        if running_plan is None:
            context.planned = False
            context.unplanned_reason = "the variables are invalid" if self._planner else "planning is off"
            return await self._execute_core(parsed, operation, request, context)
        planned = await self._execute_plan(running_plan, parsed, operation, request, context)
        if planned is not None:
            return planned
        return await self._execute_core(
            parsed, operation, request, context, running_plan.outcome, running_plan.errors
        )

    async def _execute_idempotent(
        self,
        idempotent: IdempotentRequest,
        parsed: ParsedDocument,
        operation: OperationDefinitionNode,
        request: Request,
        context: Context,
    ) -> OperationResult:
        stored_response = await idempotent.stored_response()
        if stored_response is not None:
            return OperationResult(json=stored_response)
        context.idempotency = idempotent
        result = await self._execute(parsed, operation, request, context)
        content = result.content()
        response = await idempotent.store_response(content, whole="errors" not in result.body)
        return result if response is content else OperationResult(json=response)

    def _idempotent_request(
        self, request: Request, query: str, operation: OperationDefinitionNode, context: Context
    ) -> IdempotentRequest | None:
        key, store, user_id = request.idempotency_key, self._idempotency_store, context.viewer.id
        if key is None or store is None or operation.operation is not OperationType.MUTATION:
            return None
        if user_id is None:
            return None
        content = {"query": query, "operation": request.operation_name, "variables": request.variables}
        return idempotent_request(store, self._schema, operation, user_id, key, content)

    async def _execute_plan(
        self,
        running_plan: PlannedOperation,
        parsed: ParsedDocument,
        operation: OperationDefinitionNode,
        request: Request,
        context: Context,
    ) -> OperationResult | None:
        """Returns the result by plan, or None if the executor has to complete the operation."""
        try:
            result = await running_plan.run()
        except PlanExecutionError as error:
            context.planned = True
            return OperationResult({"data": error.data, "errors": format_errors(error.errors)})
        context.planned, context.unplanned_reason = result is not None, running_plan.reason
        if result is None:
            context.plans = None if running_plan.failed else running_plan
            return None
        if not result.errors:
            return OperationResult(json=result.json)
        errors = format_errors(result.errors)
        json = result.json[:-1] + b',"errors":' + orjson.dumps(errors) + b"}"
        return OperationResult({"errors": errors}, json=json)

    async def _execute_core(
        self,
        parsed: ParsedDocument,
        operation: OperationDefinitionNode,
        request: Request,
        context: Context,
        root_value: object = None,
        planned_errors: Sequence[GraphQLError] = (),
    ) -> OperationResult:
        """Returns the executor's result.

        `root_value` is the outcome of a mutation that has already run, or the row of a subscription's event.

        `planned_errors` are the errors inside fields that the planner resolves during the execution.
        """
        execution = execute(
            self._schema,
            parsed.document,
            root_value=root_value,
            context_value=context,
            variable_values=dict(request.variables or {}),
            operation_name=request.operation_name,
            hide_suggestions=not self._suggestions,
            executor_class=self._strawberry.execution_context_class,
        )
        result: Any = await execution if isawaitable(execution) else execution
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            # The variables are invalid, and nothing was executed.
            variables, suggestions = request.variables or {}, self._suggestions
            faults = variable_errors(self._schema, operation, variables, suggestions=suggestions)
            return OperationResult({"errors": format_errors(faults or result.errors)}, executed=False)
        errors = format_errors([*(result.errors or []), *planned_errors])
        body: dict[str, Any] = {"data": result.data}
        if errors:
            body["errors"] = errors
        return OperationResult(body)

    def _parse(self, query: str) -> AnalyzedDocument:
        parsed = self._documents.get(query)
        if parsed is not None:
            return parsed
        if len(query) > self._limits.characters:
            limit = self._limits.characters
            raise LimitExceeded("characters", limit, source=Source(query[: limit + 1]), positions=[limit])
        try:
            document = parse(query, max_tokens=self._limits.tokens)
        except GraphQLError as error:
            if _TOO_MANY_TOKENS in error.message:
                limit, at = self._limits.tokens, error.positions
                raise LimitExceeded("tokens", limit, source=error.source, positions=at) from error
            raise RequestError([with_code(error, "GRAPHQL_PARSE_FAILED")]) from error
        shapes = analyze(self._schema, document, self._limits)
        errors = validation_errors(self._schema, document, suggestions=self._suggestions)
        if errors:
            raise RequestError([with_code(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        parsed = AnalyzedDocument(document, shapes)
        self._documents.put(query, parsed)
        return parsed


def _no_stream(operation: Node) -> GraphQLError:
    message = "Subscriptions need a stream: a WebSocket, or `Accept: text/event-stream`."
    return GraphQLError(message, operation, extensions={"code": "SUBSCRIPTIONS_NOT_SUPPORTED"})


def _refused(error: GraphQLError | RequestError) -> OperationResult:
    if isinstance(error, RequestError):
        return OperationResult({"errors": format_errors(error.errors)}, executed=False)
    expected = (error.extensions or {}).get("code") in PROTOCOL_ERRORS
    return OperationResult(
        {"errors": format_errors([error])}, executed=expected or error.original_error is not None
    )


def _check_introspection(context: Context) -> None:
    if not context.viewer.is_staff:
        message = "Introspection is disabled on this server. The schema is published as a file."
        raise RequestError([_error("GRAPHQL_VALIDATION_FAILED", message)])


def _raise_no_operation(parsed: ParsedDocument, name: str | None) -> NoReturn:
    text = "The document has no operation of that name." if name is not None else "No operation."
    if name is None and parsed.has_operations:
        text = "The document has several operations: say which by `operationName`."
    raise RequestError([_error("OPERATION_RESOLUTION_FAILURE", text)])


def _error(code: str, message: str, **extensions: object) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})
