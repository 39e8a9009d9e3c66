"""The GraphQL-over-HTTP endpoint: parses a request, runs it in the engine, sends the response."""

from dataclasses import replace
from time import perf_counter
from typing import Final

from starlette.types import Receive, Scope, Send

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.tasks import run_to_end
from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.masking import FAULT_CODES
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.http.auth import client_of, is_cross_site, refuse_foreign_origin, viewer_of
from infocus_graphql.http.cookies import refresh_cookie_header
from infocus_graphql.http.cors import CorsPolicy
from infocus_graphql.http.errors import ClientDisconnected, HttpError, error_body, no_subscriptions
from infocus_graphql.http.headers import Headers, RequestHeaders
from infocus_graphql.http.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, names_type, response_type
from infocus_graphql.http.rate_limit_headers import rate_headers
from infocus_graphql.http.request_parsing import request_of_body, request_of_query_string
from infocus_graphql.http.response_limits import ResponseEncoder
from infocus_graphql.observability.operation_log import operation_log

_METHODS: Final = {"GET", "POST"}
_OPERATION_SECONDS: Final = 10.0
_BODY_SECONDS: Final = 30.0
_CONTENT_TYPES: Final = {each: f"{each}; charset=utf-8".encode() for each in (JSON, GRAPHQL_RESPONSE)}


class Endpoint:
    """The ASGI application at `/graphql`; follows the GraphQL-over-HTTP specification."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        *,
        operation_seconds: float = _OPERATION_SECONDS,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._engine = engine
        self._services = services
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
                raise no_subscriptions(400, "WebSockets are not served.")
            return request_of_query_string(exchange.query_string)
        request = await request_of_body(
            exchange.headers,
            receive,
            max_bytes=self._services.settings.max_body_bytes,
            deadlines=self._bodies,
        )
        keys = exchange.headers.all(b"idempotency-key")
        if len(keys) > 1:
            raise HttpError(400, "BAD_REQUEST", "Send one `Idempotency-Key` header.")
        return replace(request, idempotency_key=keys[0]) if keys else request

    async def _run(self, exchange: "_Exchange", request: Request) -> None:
        context = Context(
            self._services,
            await viewer_of(exchange.headers, self._services),
            lambda: client_of(exchange.scope, exchange.headers, self._services.settings),
        )
        try:
            with self._operations.start():
                result = await self._engine.run(request, context, queries_only=exchange.method == "GET")
        except TimeoutError as error:
            raise HttpError(503, "TIMEOUT", "The operation took too long.") from error
        finally:
            exchange.viewer_id = context.viewer.id or context.payer.id
            exchange.planned, exchange.unplanned_reason = context.planned, context.unplanned_reason
            await self._close(context)
        exchange.codes = _codes(result)
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
        response = context.response
        if exchange.codes == ["RATE_LIMITED"] and result.body.get("data") is None:
            exchange.status = 429 if exchange.media_type == GRAPHQL_RESPONSE else 200
        exchange.extra_headers += rate_headers(response)
        if len(exchange.body) >= self._large.from_bytes:
            await self._encode(exchange, compressible=response.compressible)
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

    async def _close(self, context: Context) -> None:
        if not context.has_open_reader:
            await context.close()  # awaits nothing, so it can't be cancelled half-way
            return
        # The connection must return to its pool even if the server cancels this request.
        await run_to_end(context.close())


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
        self._started = perf_counter()

    def refuse(self, problem: HttpError) -> None:
        """Makes `problem` the response."""
        self.codes = [problem.code]
        self.status = problem.status
        self.body = error_body(problem)
        self.extra_headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()
        ]

    async def send(self, send: Send) -> None:
        """Sends the response."""
        headers = [
            (b"content-type", _CONTENT_TYPES[self.media_type]),
            (b"content-length", b"%d" % len(self.body)),
            *self.extra_headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

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
        if names_type(headers.all(b"accept"), EVENT_STREAM):
            raise no_subscriptions(406, f"Accept {JSON} and not only {EVENT_STREAM}.")
        message = f"Responses are {GRAPHQL_RESPONSE} or {JSON}; `Accept` allows neither."
        raise HttpError(406, "NOT_ACCEPTABLE", message)
    return media_type


def _method_not_allowed(message: str, allowed: str) -> HttpError:
    return HttpError(405, "METHOD_NOT_ALLOWED", message, {"Allow": allowed})


def _codes(result: OperationResult) -> list[str]:
    errors: list[JsonObject] = result.body.get("errors", ())
    if not errors:
        return []
    # Without duplicates: a list of a thousand rows can have the same error a thousand times.
    return sorted({str(error.get("extensions", {}).get("code")) for error in errors})
