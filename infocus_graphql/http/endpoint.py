"""The GraphQL-over-HTTP endpoint: parses a request, runs it in the engine, sends the response."""

from dataclasses import replace
from time import perf_counter
from typing import Final

from starlette.types import Receive, Scope, Send

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.graph.context import Context, ResponseMetadata, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.masking import FAULT_CODES
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.subscriptions import SubscriptionStream
from infocus_graphql.http.auth import client_of, is_cross_site, refuse_foreign_origin, viewer_of
from infocus_graphql.http.cookies import refresh_cookie_header
from infocus_graphql.http.cors import CorsPolicy
from infocus_graphql.http.errors import ClientDisconnected, HttpError, error_body, incomplete_handshake
from infocus_graphql.http.headers import Headers, RequestHeaders
from infocus_graphql.http.live.connections import LiveConnections, TooManyConnections
from infocus_graphql.http.live.credentials import authenticate
from infocus_graphql.http.live.event_streams import HEADERS as STREAM_HEADERS
from infocus_graphql.http.live.event_streams import EventStream, single_result
from infocus_graphql.http.live.operations import EVENT_STREAM as LOGGED_AS
from infocus_graphql.http.live.operations import LiveStream, close_context
from infocus_graphql.http.media_types import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    JSON,
    accepts_event_stream,
    response_type,
)
from infocus_graphql.http.rate_limit_headers import rate_headers
from infocus_graphql.http.request_parsing import request_of_body, request_of_query_string
from infocus_graphql.http.response_limits import ResponseEncoder
from infocus_graphql.observability.operation_log import operation_log

_METHODS: Final = {"GET", "POST"}
OPERATION_SECONDS: Final = 10.0
_BODY_SECONDS: Final = 30.0
_CONTENT_TYPES: Final = {
    each: f"{each}; charset=utf-8".encode() for each in (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
}


class Endpoint:
    """The ASGI application at `/graphql`; follows the GraphQL-over-HTTP specification."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        connections: LiveConnections | None = None,
        *,
        operation_seconds: float = OPERATION_SECONDS,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._engine = engine
        self._services = services
        self._connections = LiveConnections(services) if connections is None else connections
        self._cors = CorsPolicy(services.settings)
        self._operations, self._bodies = SharedTimeout(operation_seconds), SharedTimeout(body_seconds)
        self._large = ResponseEncoder(services.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        exchange = _Exchange(scope)
        try:
            if exchange.method not in _METHODS:
                raise _method_not_allowed("Use POST, or GET for queries.", "GET, POST")
            exchange.media_type = _negotiated(exchange.headers)
            exchange.request = await self._request(exchange, receive)
            await self._run(exchange, exchange.request)
            if exchange.stream is not None:
                headers = exchange.response_headers()
                await exchange.stream.send(self._connections, receive, send, headers)
                return
        except ClientDisconnected:
            return
        except HttpError as problem:
            exchange.refuse(problem)
        exchange.log()
        await exchange.send(send)

    async def _request(self, exchange: "_Exchange", receive: Receive) -> Request:
        refuse_foreign_origin(exchange.headers, self._cors.allows)
        if exchange.method == "GET":
            if exchange.headers.first(b"sec-websocket-key") is not None:
                raise incomplete_handshake()
            return _resuming(request_of_query_string(exchange.query_string), exchange.headers)
        request = await request_of_body(
            exchange.headers,
            receive,
            max_bytes=self._services.settings.max_body_bytes,
            deadlines=self._bodies,
        )
        keys = exchange.headers.all(b"idempotency-key")
        if len(keys) > 1:
            raise HttpError(400, "BAD_REQUEST", "Send one `Idempotency-Key` header.")
        if keys:
            request = replace(request, idempotency_key=keys[0])
        return _resuming(request, exchange.headers)

    async def _run(self, exchange: "_Exchange", request: Request) -> None:
        context = Context(
            self._services,
            await viewer_of(exchange.headers, self._services),
            lambda: client_of(exchange.scope, exchange.headers, self._services.settings),
        )
        queries_only = exchange.method == "GET"
        outcome: SubscriptionStream | OperationResult
        try:
            with self._operations.start():
                if accepts_event_stream(exchange.headers.all(b"accept")):
                    outcome = await self._engine.subscribe(request, context, queries_only=queries_only)
                else:
                    outcome = await self._engine.run(request, context, queries_only=queries_only)
        except TimeoutError as error:
            raise HttpError(503, "TIMEOUT", "The operation took too long.") from error
        finally:
            exchange.viewer_id = context.viewer.id or context.payer.id
            exchange.planned, exchange.unplanned_reason = context.planned, context.unplanned_reason
            await close_context(context)
        if isinstance(outcome, OperationResult):
            await self._respond(exchange, outcome, context.response)
        else:
            await self._open_stream(exchange, LiveStream(outcome, context, request, LOGGED_AS))

    async def _open_stream(self, exchange: "_Exchange", stream: LiveStream) -> None:
        try:
            authorization = exchange.headers.all(b"authorization")
            credentials = await authenticate(authorization, self._services)
            heartbeat = self._services.settings.heartbeat_seconds
            response = EventStream(stream, credentials, heartbeat)
            client = client_of(exchange.scope, exchange.headers, self._services.settings)
            self._connections.admit(response)
            try:
                self._connections.identify(response, client.ip_prefix or "")
            except TooManyConnections as error:
                self._connections.leave(response)
                limit = self._services.settings.max_live_connections_per_user
                message = f"There are too many live connections; a user can have {limit}."
                raise HttpError(429, "TOO_MANY_CONNECTIONS", message, {"Retry-After": "10"}) from error
        except BaseException:
            await stream.aclose()
            raise
        exchange.media_type, exchange.stream = EVENT_STREAM, response
        exchange.extra_headers += STREAM_HEADERS

    async def _respond(
        self, exchange: "_Exchange", result: OperationResult, response: ResponseMetadata
    ) -> None:
        exchange.codes = result.codes
        if exchange.codes == ["METHOD_NOT_ALLOWED"]:
            raise _method_not_allowed(result.body["errors"][0]["message"], "POST")
        exchange.body = result.content()
        if not FAULT_CODES.isdisjoint(exchange.codes):
            exchange.extra_headers.append((b"retry-after", b"1"))
            exchange.status = 200 if result.has_data else 503
        # A request error has its own status only for clients that accept the newer media type. To others,
        # any status but 200 means that the response did not come from a GraphQL server.
        if not result.executed and exchange.media_type == GRAPHQL_RESPONSE:
            exchange.status = 400
        if exchange.codes == ["RATE_LIMITED"] and result.body.get("data") is None:
            exchange.status = 429 if exchange.media_type == GRAPHQL_RESPONSE else 200
        exchange.extra_headers += rate_headers(response)
        if len(exchange.body) >= self._large.from_bytes:
            streamed = exchange.media_type == EVENT_STREAM
            await self._encode(exchange, compressible=response.compressible and not streamed)
        if exchange.media_type == EVENT_STREAM:
            exchange.body = single_result(exchange.body)
            exchange.extra_headers += STREAM_HEADERS
        if response.refresh_cookie is not None:
            cookie = self._cookie(exchange, response.refresh_cookie, response.refresh_cookie_seconds)
            exchange.extra_headers.append((b"set-cookie", cookie.encode()))

    def _cookie(self, exchange: "_Exchange", value: str, seconds: int) -> str:
        origin = exchange.headers.first(b"origin")
        return refresh_cookie_header(
            value,
            seconds,
            secure=self._services.settings.secure_cookies,
            cross_site=is_cross_site(exchange.headers) and origin is not None and self._cors.allows(origin),
        )

    async def _encode(self, exchange: "_Exchange", *, compressible: bool) -> None:
        accepted = exchange.headers.all(b"accept-encoding")
        encoded = await self._large.encode(exchange.body, accepted, compressible=compressible)
        exchange.body = encoded.body
        exchange.extra_headers += encoded.headers
        if encoded.code is not None:
            exchange.codes = [encoded.code]


class _Exchange:
    """The state of one HTTP request and its response."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = RequestHeaders(scope["headers"])
        self.method: str = scope["method"]
        self.query_string: bytes = scope["query_string"]
        self.media_type = JSON
        self.request: Request | None = None
        self.viewer_id: str | None = None
        self.codes: list[str] = []
        self.planned: bool | None = None
        self.unplanned_reason: str | None = None
        self.status = 200
        self.body = b""
        self.extra_headers: Headers = []
        self.stream: EventStream | None = None
        self._started = perf_counter()

    def refuse(self, problem: HttpError) -> None:
        """Makes `problem` the response."""
        self.codes = [problem.code]
        if self.media_type == EVENT_STREAM:
            self.media_type = JSON  # no stream has started
        self.status = problem.status
        self.body = error_body(problem)
        self.extra_headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()
        ]

    async def send(self, send: Send) -> None:
        """Sends the response."""
        headers = [*self.response_headers(), (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def response_headers(self) -> Headers:
        """The headers of the response, without the length of the body."""
        return [(b"content-type", _CONTENT_TYPES[self.media_type]), *self.extra_headers]

    def log(self) -> None:
        """Writes the operation log entry of this request."""
        operation_log.write(
            query=self.request.query if self.request else None,
            operation_name=self.request.operation_name if self.request else None,
            status=self.status,
            seconds=perf_counter() - self._started,
            viewer_id=self.viewer_id,
            codes=self.codes,
            planned=self.planned,
            unplanned_reason=self.unplanned_reason,
        )


def _negotiated(headers: RequestHeaders) -> str:
    media_type = response_type(headers.all(b"accept"))
    if media_type is None:
        message = f"Responses are {GRAPHQL_RESPONSE}, {JSON} or {EVENT_STREAM}; `Accept` allows none of them."
        raise HttpError(406, "NOT_ACCEPTABLE", message)
    return media_type


def _resuming(request: Request, headers: RequestHeaders) -> Request:
    """The request with `Last-Event-ID`, which clients of event streams send when they reconnect."""
    last = headers.first(b"last-event-id")
    return replace(request, last_event_id=last) if last else request


def _method_not_allowed(message: str, allowed: str) -> HttpError:
    return HttpError(405, "METHOD_NOT_ALLOWED", message, {"Allow": allowed})
