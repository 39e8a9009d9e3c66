"""The outermost ASGI middleware: request ids, security headers, and handling of unexpected errors."""

import asyncio
import random
import re
import secrets
from collections.abc import Awaitable, Iterable
from typing import Final

import structlog
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infocus_graphql.http.errors import HttpError, errors_body
from infocus_graphql.http.live.sockets import refuse_socket
from infocus_graphql.observability.operation_log import request_id

log = structlog.get_logger("infocus.http")

_REQUEST_ID: Final = b"x-request-id"
_RANDOM: Final = random.Random()  # noqa: S311 - for ids
_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONLY_HTTPS: Final = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OWN_ADDRESS: Final = re.compile(rb"^https?://[^/?#]*/*")


class RequestMiddleware:
    """Assigns a request id (a well-formed `X-Request-ID` is kept) and adds security headers.

    Headers against caching, framing and content sniffing are added unless the response sets them. Redirects
    are made relative, because a proxy may have another scheme, host or port than this server. An unhandled
    exception becomes a masked 500 response and is logged under the same incident id. WebSockets are served at
    the path of `shortcut` only.
    """

    def __init__(
        self, app: ASGIApp, *, https: bool, shortcut: Route | None = None, sockets: ASGIApp | None = None
    ) -> None:
        self._app = app
        self._shortcut = shortcut
        self._sockets = sockets
        safe = _SAFE_HEADERS | (_ONLY_HTTPS if https else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in safe.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request and always sends a response."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        current = _id_of(scope["headers"])
        token = request_id.set(current)
        try:
            if scope["type"] == "http":
                await self._serve(scope, receive, send, (_REQUEST_ID, current.encode()))
            else:
                await self._serve_socket(scope, receive, _identified(send, (_REQUEST_ID, current.encode())))
        finally:
            request_id.reset(token)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, own_header: tuple[bytes, bytes]
    ) -> None:
        started = False

        def send_whole(message: Message) -> Awaitable[None]:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*self._completed(message.get("headers", ())), own_header]
                if message["status"] in _REDIRECTS:
                    message["headers"] = list(map(_relative, message["headers"]))
            return send(message)

        try:
            await self._app_for(scope)(scope, receive, send_whole)
        except asyncio.CancelledError:
            # The server is shutting down and this request has exceeded the grace period.
            log.warning("request aborted at shutdown", path=scope["path"])
            if started:
                raise
            await _send_aborted(send_whole)
        except Exception as error:
            incident = secrets.token_hex(8)
            log.exception("request failed", incident=incident, path=scope["path"], exc_info=error)
            if started:
                raise  # the server closes the connection, so that the client sees a truncated response
            await _send_failure(send_whole, incident)

    def _app_for(self, scope: Scope) -> ASGIApp:
        # Nearly all requests go to one path: skip the router, which tries the routes one by one.
        shortcut = self._shortcut
        if shortcut is None or scope["path"] != shortcut.path or scope.get("root_path"):
            return self._app
        return shortcut.app

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        shortcut, sockets = self._shortcut, self._sockets
        if sockets is not None and shortcut is not None and path in {shortcut.path, f"{shortcut.path}/"}:
            await sockets(scope, receive, send)
        else:
            problem = HttpError(404, "NOT_FOUND", "No WebSockets are served at this URL.")
            await refuse_socket(scope, send, problem)

    def _completed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = dict(headers)
        if self._names.isdisjoint(present):
            return [*headers, *self._headers]
        return [*headers, *(each for each in self._headers if each[0] not in present)]


def _identified(send: Send, own_header: tuple[bytes, bytes]) -> Send:
    """Adds a header to the response to a WebSocket handshake."""

    def send_identified(message: Message) -> Awaitable[None]:
        if message["type"] in {"websocket.accept", "websocket.http.response.start"}:
            message["headers"] = [*message.get("headers", ()), own_header]
        return send(message)

    return send_identified


async def _send_failure(send: Send, incident: str) -> None:
    body = errors_body("INTERNAL", "Internal server error.", incident=incident)
    await _send_json(send, 500, body)


async def _send_aborted(send: Send) -> None:
    body = errors_body("SERVICE_UNAVAILABLE", "The server is shutting down and did not finish this request.")
    await _send_json(send, 503, body, (b"retry-after", b"1"))


async def _send_json(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    own = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def _relative(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Removes scheme and host from a `Location`; all our redirects stay on this server."""
    name, value = header
    return (name, _OWN_ADDRESS.sub(b"/", value, count=1)) if name.lower() == b"location" else header


def _id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    values = [value for name, value in headers if name == _REQUEST_ID]
    if len(values) == 1 and _ID.fullmatch(values[0]):
        return values[0].decode()
    # Random, so that ids don't reveal how many requests the server handles. They are no secrets, so they cost
    # no system call.
    return f"{_RANDOM.getrandbits(80):020x}"
