"""The operations of live connections: their start in the engine, their end, and their log entries."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

from infocus_graphql.core.tasks import run_to_end
from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.context import Client, Context, Services
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.masking import format_errors
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.subscriptions import SubscriptionEnded, SubscriptionMessage, SubscriptionStream
from infocus_graphql.http.response_limits import TOO_LARGE, oversized_body
from infocus_graphql.observability.operation_log import operation_log

WEBSOCKET: Final = "websocket"
EVENT_STREAM: Final = "event stream"


async def close_context(context: Context) -> None:
    """Releases what an operation holds, even if its task is cancelled."""
    if not context.has_open_reader:
        await context.close()  # awaits nothing, so it can't be cancelled half-way
        return
    # The connection must return to its pool even if the server cancels this request.
    await run_to_end(context.close())


class LiveStream:
    """The messages of a running subscription. `ended` says why the server ended it, if it did.

    `context` is that of its start and already closed: a subscription holds no database connection.
    """

    def __init__(
        self, stream: SubscriptionStream, context: Context, request: Request, transport: str
    ) -> None:
        self._stream, self._context, self._request, self._transport = stream, context, request, transport
        self._iterator = aiter(stream)
        self._max_bytes = context.services.settings.max_response_bytes
        self._started = perf_counter()
        self._messages = 0
        self.ended: SubscriptionEnded | None = None
        self._log("started")

    async def next(self) -> SubscriptionMessage | None:
        """The next message; None at the end of the subscription."""
        try:
            message = await anext(self._iterator)
        except StopAsyncIteration:
            return None
        except SubscriptionEnded as ended:
            self.ended = ended
            return None
        self._messages += 1
        if len(message.json) > self._max_bytes:
            return SubscriptionMessage(message.id, oversized_body(self._max_bytes))
        return message

    def renew(self, viewer: Viewer) -> None:
        """Goes on with a renewed token of the same user."""
        self._stream.renew(viewer)

    async def aclose(self) -> None:
        """Ends the subscription, and logs its end. Call it once."""
        try:
            await run_to_end(self._stream.aclose())
        finally:
            self._log("ended")

    def _log(self, stage: str) -> None:
        ended = [] if self.ended is None else [self.ended.code]
        log_operation(
            self._request,
            self._context,
            perf_counter() - self._started,
            ended,
            transport=self._transport,
            subscription=stage,
            messages=self._messages,
        )


class SocketOperations:
    """Starts the operations of sockets, with the same engine and limits as those of HTTP requests."""

    def __init__(self, engine: Engine, services: Services, timeouts: SharedTimeout) -> None:
        self._engine, self._services, self._timeouts = engine, services, timeouts

    async def start(
        self, request: Request, viewer: Viewer, make_client: Callable[[], Client]
    ) -> LiveStream | OperationResult:
        """Runs a query or a mutation and returns its result, or starts a subscription."""
        started = perf_counter()
        context = Context(self._services, viewer, make_client)
        context.response.sets_cookies = False
        outcome: SubscriptionStream | OperationResult
        try:
            with self._timeouts.start():
                outcome = await self._engine.subscribe(request, context)
        except TimeoutError:
            error = coded_error("TIMEOUT", "The operation took too long.")
            outcome = OperationResult({"errors": format_errors([error])}, executed=False)
        finally:
            await close_context(context)
        if not isinstance(outcome, OperationResult):
            return LiveStream(outcome, context, request, WEBSOCKET)
        maximum = self._services.settings.max_response_bytes
        codes = outcome.codes
        if len(outcome.content()) > maximum:
            outcome, codes = OperationResult(json=oversized_body(maximum)), [TOO_LARGE]
        log_operation(request, context, perf_counter() - started, codes, transport=WEBSOCKET)
        return outcome


def log_operation(
    request: Request, context: Context, seconds: float, codes: list[str], **more: object
) -> None:
    """Writes the entry of an operation on a live connection, with status 200."""
    operation_log.write(
        query=request.query,
        operation_name=request.operation_name,
        status=200,
        seconds=seconds,
        viewer_id=context.viewer.id or context.payer.id,
        codes=codes,
        planned=context.planned,
        unplanned_reason=context.unplanned_reason,
        **more,
    )
