"""One WebSocket: its messages, its credentials and its operations."""

import asyncio
import secrets
from contextlib import suppress
from typing import Final

import structlog
from starlette.types import Message, Receive, Scope, Send

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.viewer import TokenFault
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.http.auth import client_of
from infocus_graphql.http.errors import HttpError
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.live import messages
from infocus_graphql.http.live.connections import LiveConnections, TooManyConnections
from infocus_graphql.http.live.credentials import MESSAGES, NO_CREDENTIALS, authenticate
from infocus_graphql.http.live.messages import CloseCode, SocketClosed, bad_message
from infocus_graphql.http.live.operations import LiveStream, SocketOperations
from infocus_graphql.http.request_parsing import request_of_json

log = structlog.get_logger("infocus.live")

_YIELD_AFTER: Final = 16  # messages that arrived together
_FINISHING_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.1


class _Operation:
    """An operation that runs on a socket."""

    __slots__ = ("abandoned", "operation_id", "stream", "task")

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        self.stream: LiveStream | None = None
        self.task: asyncio.Task[None] | None = None
        self.abandoned = False  # the client has completed it, or has gone

    def abandon(self) -> None:
        """Ends a subscription. A query or a mutation runs to its end, but its result is not sent."""
        self.abandoned = True
        if self.stream is not None and self.task is not None:
            self.task.cancel()


class SocketSession:
    """A socket from its acceptance to its end."""

    def __init__(
        self,
        scope: Scope,
        headers: RequestHeaders,
        receive: Receive,
        send: Send,
        services: Services,
        operations: SocketOperations,
        connections: LiveConnections,
    ) -> None:
        # Cookies are not used: pages of other sites could open sockets with them.
        self._client = client_of(scope, headers, services.settings).without_cookies()
        self._authorization = headers.all(b"authorization")
        self._receive, self._send = receive, send
        self._services, self._starter, self._connections = services, operations, connections
        self.credentials = NO_CREDENTIALS
        self._initialised = self._acknowledged = False
        self._by_id: dict[str, _Operation] = {}
        self._running: set[_Operation] = set()
        self._closing: asyncio.Task[None] | None = None
        self._leaving_since: float | None = None

    async def run(self) -> None:
        """Serves the socket until it is closed."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None
        try:
            await self._send_unless_gone({"type": "websocket.accept", "subprotocol": messages.PROTOCOL})
            timeout = self._services.settings.socket_init_seconds
            timer = loop.call_later(timeout, self._check_initialised)
            await self._handle_messages()
        except SocketClosed as closed:
            self.close(closed.code, closed.reason)
        except Exception as error:
            incident = secrets.token_hex(8)
            log.exception("socket failed", incident=incident, exc_info=error)
            self.close(CloseCode.INTERNAL_ERROR, f"Internal server error, incident {incident}")
        finally:
            if timer is not None:
                timer.cancel()
            self._connections.leave(self)
            await self._finish()

    def close(self, code: CloseCode, reason: str) -> None:
        """Closes the socket, unless it is already closed."""
        if self._closing is None:
            message = {"type": "websocket.close", "code": int(code), "reason": messages.shortened(reason)}
            self._closing = asyncio.create_task(self._send_unless_gone(message))

    def end_for_token(self, fault: TokenFault) -> None:
        """Ends the socket because its token is not valid any more."""
        self.close(CloseCode.UNAUTHORIZED, MESSAGES[fault])

    def end_for_restart(self) -> None:
        """Ends the socket because the server stops, after the results of running queries and mutations."""
        loop = asyncio.get_running_loop()
        if self._leaving_since is None:
            self._leaving_since = loop.time()
        unfinished = any(each.stream is None for each in self._running)
        if unfinished and loop.time() < self._leaving_since + _FINISHING_SECONDS:
            loop.call_later(_LOOK_SECONDS, self.end_for_restart)
        else:
            self.close(CloseCode.SERVICE_RESTART, "The server is restarting; reconnect")

    async def _handle_messages(self) -> None:
        count = 0
        while True:
            received = await self._receive()
            if received["type"] != "websocket.receive" or self._closing is not None:
                return
            text = received.get("text")
            if text is None:
                raise bad_message("Messages must be text, not binary.")
            message = messages.parsed(text)
            await self._handle(message, message.get("payload"))
            count += 1
            if count % _YIELD_AFTER == 0:
                await asyncio.sleep(0)  # messages that arrived together don't suspend this task

    async def _handle(self, message: JsonObject, payload: JsonObject | None) -> None:
        kind = message["type"]
        if kind == "connection_init":
            await self._initialise(payload)
        elif kind == "ping":
            await self._reply_to_ping(payload)
        elif kind == "subscribe":
            await self._subscribe(message["id"], payload)
        elif kind == "complete":
            operation = self._by_id.pop(message["id"], None)
            if operation is not None:
                operation.abandon()

    def _check_initialised(self) -> None:
        if not self._initialised:
            self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")

    async def _initialise(self, payload: JsonObject | None) -> None:
        if self._initialised:
            raise SocketClosed(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        given = messages.authorization_in(payload)
        await self._authenticate(self._authorization if given is None else [given])
        try:
            self._connections.identify(self, self._client.ip_prefix or "")
        except TooManyConnections as error:
            limit = self._services.settings.max_live_connections_per_user
            message = f"Too many connections; the limit is {limit}"
            raise SocketClosed(CloseCode.TRY_AGAIN_LATER, message) from error
        self._acknowledged = True
        await self._send_text(messages.ACK)

    async def _authenticate(self, values: list[str]) -> None:
        try:
            credentials = await authenticate(values, self._services)
        except HttpError as problem:
            raise SocketClosed(CloseCode.TRY_AGAIN_LATER, problem.message) from problem
        if credentials.viewer.fault is not None:
            raise SocketClosed(CloseCode.UNAUTHORIZED, MESSAGES[credentials.viewer.fault])
        if self._acknowledged and credentials.viewer.id != self.credentials.viewer.id:
            raise SocketClosed(CloseCode.FORBIDDEN, "The token belongs to another user")
        self.credentials = credentials

    async def _reply_to_ping(self, payload: JsonObject | None) -> None:
        """Sends a pong. The payload of a ping can contain a new token of the same user."""
        token = messages.authorization_in(payload)
        if token is None:
            await self._send_text(messages.pong(payload))
            return
        self._require_acknowledged()
        await self._authenticate([token])
        for operation in self._running:
            if operation.stream is not None:
                operation.stream.renew(self.credentials.viewer)
        await self._send_text(messages.pong(None))

    def _require_acknowledged(self) -> None:
        if not self._acknowledged:
            raise SocketClosed(CloseCode.UNAUTHORIZED, "Unauthorized; send connection_init first")

    async def _subscribe(self, operation_id: str, payload: JsonObject | None) -> None:
        self._require_acknowledged()
        if operation_id in self._by_id:
            raise SocketClosed(CloseCode.DUPLICATE_ID, f"Subscriber for {operation_id} already exists")
        if fault := self.credentials.fault(self._services):
            raise SocketClosed(CloseCode.UNAUTHORIZED, MESSAGES[fault])
        try:
            request = request_of_json(payload)
        except HttpError as problem:
            raise bad_message(problem.message) from problem
        limit = self._services.settings.max_operations_per_socket
        if len(self._running) >= limit:
            message = f"A socket can run {limit} operations at a time; complete one first."
            errors = [{"message": message, "extensions": {"code": "TOO_MANY_OPERATIONS"}}]
            await self._send_text(messages.error_message(operation_id, errors))
            return
        operation = self._by_id[operation_id] = _Operation(operation_id)
        self._running.add(operation)
        operation.task = asyncio.create_task(self._run_operation(operation, request))

    async def _run_operation(self, operation: _Operation, request: Request) -> None:
        try:
            outcome = await self._starter.start(request, self.credentials.viewer, lambda: self._client)
            if isinstance(outcome, OperationResult):
                await self._send_result(operation, outcome)
            else:
                await self._send_stream(operation, outcome)
        except Exception as error:
            incident = secrets.token_hex(8)
            log.exception("operation failed", incident=incident, exc_info=error)
            extensions = {"code": "INTERNAL", "incident": incident}
            await self._end(operation, [{"message": "Internal server error.", "extensions": extensions}])
        finally:
            self._running.discard(operation)
            self._forget(operation)

    async def _send_result(self, operation: _Operation, result: OperationResult) -> None:
        if result.json is None and "data" not in result.body:
            await self._end(operation, result.body["errors"])
        elif not operation.abandoned:
            await self._send_text(messages.next_message(operation.operation_id, result.content()))
            await self._end(operation)

    async def _send_stream(self, operation: _Operation, stream: LiveStream) -> None:
        operation.stream = stream
        try:
            if not operation.abandoned:
                while (message := await stream.next()) is not None:
                    await self._send_text(messages.next_message(operation.operation_id, message.json))
        finally:
            await stream.aclose()
        ended = stream.ended
        if ended is None:
            await self._end(operation)
        elif ended.code == "SLOW_CONSUMER":
            self.close(CloseCode.SLOW_CONSUMER, "Slow consumer; reconnect and resume")
        elif ended.code in {"UNAUTHENTICATED", "TOKEN_EXPIRED"}:
            self.close(CloseCode.UNAUTHORIZED, ended.message)
        else:
            await self._end(operation, [{"message": ended.message, "extensions": {"code": ended.code}}])

    async def _end(self, operation: _Operation, errors: object = None) -> None:
        """Sends the last message of an operation, unless the client has completed it."""
        self._forget(operation)
        if operation.abandoned:
            return
        if errors is None:
            await self._send_text(messages.complete_message(operation.operation_id))
        else:
            await self._send_text(messages.error_message(operation.operation_id, errors))

    def _forget(self, operation: _Operation) -> None:
        """Makes the id available again, which has to be so when the client reads the last message."""
        if self._by_id.get(operation.operation_id) is operation:
            del self._by_id[operation.operation_id]

    async def _send_text(self, text: str) -> None:
        if self._closing is None:
            await self._send_unless_gone({"type": "websocket.send", "text": text})

    async def _send_unless_gone(self, message: Message) -> None:
        with suppress(OSError):  # the client has disconnected, and `_receive` returns that next
            await self._send(message)

    async def _finish(self) -> None:
        """Ends the subscriptions, and waits for the end of all operations."""
        for operation in list(self._running):
            operation.abandon()
        tasks = [each.task for each in self._running if each.task is not None]
        tasks += [] if self._closing is None else [self._closing]
        try:
            if tasks:
                await asyncio.wait(tasks)
        except asyncio.CancelledError:  # the grace period of the shutdown is over
            for task in tasks:
                task.cancel()
            raise
