"""Runs subscriptions: for each event of a topic, the selected fields as the viewer sees them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson
import structlog
from graphql import FieldNode, GraphQLError, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.error import located_error
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from infocus_graphql.core.tasks import retrieve
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.accounting import Hold
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import ACCESS, UNPLANNED, EventStream, declared_by
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.event_source import EventQueue, EventRecord, ResumeError
from infocus_graphql.graph.expensive_lane import EXPENSIVE_FROM
from infocus_graphql.graph.masking import format_errors
from infocus_graphql.graph.operation import OperationResult, PreparedOperation, Request
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.graph.plan.selection import Document
from infocus_graphql.graph.rate_limits import RateLimited
from infocus_graphql.graph.root import check_access
from infocus_graphql.graph.strawberry_internals import strawberry_field
from infocus_graphql.graph.subscriptions import SubscriptionEnded, SubscriptionMessage

log = structlog.get_logger("infocus.subscriptions")

# An event whose rows can't be read now is tried again: a lost event would stay unknown to the client.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0

RunEvent = Callable[[EventRecord, Viewer], Awaitable[bytes | None]]
"""Returns the result for an event as JSON; None if the viewer can't see it."""


@dataclass(frozen=True, slots=True)
class SubscriptionField:
    """The root field of a subscription, with its arguments."""

    gtype: GraphQLObjectType
    key: str
    nodes: list[FieldNode]
    declared: EventStream
    arguments: Mapping[str, Any]

    def check(self, viewer: Viewer) -> None:
        """Raises GraphQLError if the viewer may not use the field."""
        field = strawberry_field(self.gtype.fields[self.nodes[0].name.value])
        if field is not None:
            check_access(field.metadata[ACCESS], viewer)

    def located(self, error: Exception) -> GraphQLError:
        """The error with its place in the document and in the result."""
        return located_error(error, self.nodes, [self.key])


def subscription_field(
    gtype: GraphQLObjectType, key: str, nodes: list[FieldNode], variables: VariableValues
) -> SubscriptionField:
    """The root field of an operation with these variables. Raises GraphQLError for invalid arguments."""
    definition = gtype.fields[nodes[0].name.value]
    declared: EventStream = declared_by(definition)
    return SubscriptionField(
        gtype, key, nodes, declared, get_argument_values(definition, nodes[0], variables)
    )


async def open_queue(field: SubscriptionField, context: Context, last_event_id: str | None) -> EventQueue:
    """Opens the queue of the field's events. Raises GraphQLError if the viewer may not, or can't resume."""
    try:
        field.check(context.viewer)
        topic = await field.declared.topic(context, field.arguments)
        after = field.arguments.get("after") if last_event_id is None else last_event_id
        return await context.services.events.open(topic, after)
    except GraphQLError as error:
        raise field.located(error) from error
    except ResumeError as error:
        code = "BAD_USER_INPUT" if error.malformed else "RESET_REQUIRED"
        raise field.located(coded_error(code, str(error), argument=["after"])) from error
    except Exception as error:  # of the database; it is masked like an error of a resolver
        raise field.located(error) from error


class Execute(Protocol):
    """Runs an operation with graphql-core."""

    async def __call__(
        self,
        parsed: ParsedDocument,
        operation: OperationDefinitionNode,
        request: Request,
        context: Context,
        root_value: object = None,
        /,
    ) -> OperationResult:
        """Returns the result."""


class RunningSubscription:
    """A subscription's stream. It ends when the viewer loses what it is about."""

    def __init__(self, field: SubscriptionField, context: Context, queue: EventQueue, run: RunEvent) -> None:
        self._field, self._queue, self._run = field, queue, run
        self._revoked = context.services.tokens.revoked
        self._viewer = context.viewer

    def renew(self, viewer: Viewer) -> None:
        """Goes on with a renewed token of the same user."""
        if viewer.id != self._viewer.id:
            raise ValueError("another user's token")
        self._viewer = viewer

    async def __aiter__(self) -> AsyncIterator[SubscriptionMessage]:
        """Iterates over the results of the events that the viewer can see."""
        try:
            async for event in self._queue:
                if not self._counts(event):
                    continue
                if self._viewer.session_id is not None and self._viewer.session_id in self._revoked:
                    raise SubscriptionEnded("UNAUTHENTICATED", "The session has ended.")
                json = await self._retried(event)
                if json is not None:
                    yield SubscriptionMessage(event.id, json)
                if self._is_last(event):
                    return
        finally:
            self._queue.close()

    async def aclose(self) -> None:
        """Ends the subscription."""
        self._queue.close()

    def _counts(self, event: EventRecord) -> bool:
        types = self._field.declared.types
        return types is None or event.type in types

    def _is_last(self, event: EventRecord) -> bool:
        last = self._field.declared.last
        return last is not None and last(event, self._viewer.id, self._field.arguments)

    async def _retried(self, event: EventRecord) -> bytes | None:
        """The result for an event. It is tried again while the database is down or the viewer rate limited.

        Any other error becomes the result: if it ended the subscription, a client that resumes would get the
        same event, and the same error, for ever.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._run(event, self._viewer)
            except RateLimited as limited:
                await asyncio.sleep(float((limited.extensions or {})["retryAfter"]))
            except Exception as error:
                if classify_transient(error) is None:
                    failed = {"data": None, "errors": format_errors([self._field.located(error)])}
                    return with_event_id(orjson.dumps(failed), event.id)
                log.warning("event not delivered yet", reason=type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


class SharedResults:
    """Results of events that several subscriptions of one viewer share, such as those of browser tabs.

    Two subscriptions share results if their operation, variables and viewer are the same.
    """

    def __init__(self) -> None:
        self._running: dict[tuple[object, ...], asyncio.Task[bytes | None]] = {}

    async def get(self, key: tuple[object, ...], make: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """Returns the result under this key; `make` makes it unless that is under way."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(make())
            task.add_done_callback(retrieve)
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(task)


class Subscriptions:
    """Starts the subscriptions on one schema."""

    def __init__(self, schema: GraphQLSchema, planner: Planner | None, execute: Execute) -> None:
        self._schema, self._planner, self._execute = schema, planner, execute
        self._shared = SharedResults()

    async def start(
        self, prepared: PreparedOperation, request: Request, context: Context
    ) -> RunningSubscription | OperationResult:
        """Returns the stream, or the errors of the variables. Raises GraphQLError if it can't start."""
        if prepared.estimate.total >= EXPENSIVE_FROM:
            message = (
                f"A subscription may cost up to {EXPENSIVE_FROM:,} units for each event; this one may cost "
                f"{prepared.estimate.total:,}."
            )
            raise coded_error(
                "COST_LIMIT_EXCEEDED", message, limit=EXPENSIVE_FROM, cost=prepared.estimate.total
            )
        operation, gtype = prepared.operation, self._schema.subscription_type
        variables = get_variable_values(
            self._schema, operation.variable_definitions or (), dict(request.variables or {})
        )
        if not isinstance(variables, VariableValues) or gtype is None:
            # Executing the operation only reports the errors of its variables.
            return await self._execute(prepared.parsed, operation, request, context)
        document = Document(self._schema, prepared.parsed.fragments, {})
        ((key, nodes),) = document.roots(gtype, operation).items()
        field = subscription_field(gtype, key, nodes, variables)
        queue = await open_queue(field, context, request.last_event_id)
        return RunningSubscription(field, context, queue, self._runner(field, prepared, request, context))

    def _runner(
        self, field: SubscriptionField, prepared: PreparedOperation, request: Request, context: Context
    ) -> RunEvent:
        services, make_client = context.services, context.make_client
        same = (
            prepared.parsed,
            request.operation_name,
            orjson.dumps(request.variables or {}, option=orjson.OPT_SORT_KEYS),
        )

        async def run(event: EventRecord, viewer: Viewer) -> bytes | None:
            async def make() -> bytes | None:
                own = Context(services, viewer, make_client, estimated_returned=prepared.estimate.returned)
                hold = Hold(own, prepared.estimate)
                try:
                    found = await self._result(field, prepared, request, own, event)
                except Exception:
                    hold.release()  # the event is tried again, or fails without a result
                    raise
                finally:
                    await own.close()
                if found is None:
                    hold.release()
                    return None
                hold.settle(OperationResult(json=found))
                return with_event_id(found, event.id)

            return await self._shared.get((*same, viewer, event.id), make)

        return run

    async def _result(
        self,
        field: SubscriptionField,
        prepared: PreparedOperation,
        request: Request,
        context: Context,
        event: EventRecord,
    ) -> bytes | None:
        """The result for one event: by plan, or else by the executor with the row as root value."""
        row_id = getattr(event, field.declared.row)
        if self._planner is not None:
            running = self._planner.start(
                prepared.parsed, prepared.operation, request.variables or {}, context
            )
            if running is not None:
                value = await running.rows(field.gtype, field.nodes, row_id, [field.key])
                if value is not UNPLANNED:
                    return _planned_result(field.key, value, running.errors)
        row = await context.loaders.row(field.declared.model).load(row_id)
        if row is None:
            return None
        result = await self._execute(prepared.parsed, prepared.operation, request, context, row)
        return result.content()


def _planned_result(key: str, value: object, errors: list[GraphQLError]) -> bytes | None:
    if value is None:
        return None
    body: dict[str, object] = {"data": {key: value}}
    if errors:
        body["errors"] = format_errors(errors)
    return orjson.dumps(body)


def with_event_id(json: bytes, event_id: str) -> bytes:
    """The result with the id of its event in `extensions`."""
    return json[:-1] + b',"extensions":' + orjson.dumps({"eventId": event_id}) + b"}"
