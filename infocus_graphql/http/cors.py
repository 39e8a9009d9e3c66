"""CORS: lets web pages of the configured origins use the API."""

import re
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infocus_graphql.http.auth import is_own_origin
from infocus_graphql.http.errors import HttpError, error_body
from infocus_graphql.http.headers import Headers, RequestHeaders
from infocus_graphql.http.media_types import JSON
from infocus_graphql.settings import Settings

log = structlog.get_logger("infocus.http")

_PREFLIGHT_SECONDS: Final = 600
_METHODS: Final = b"GET, POST"
_LOCAL: Final = re.compile(r"https?://(([a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
_HEADER_NAME: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_EXPOSED: Final = (
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
    "Content-Disposition",
)
# Clients can send any origin, so the log is bounded.
_MAX_LOGGED: Final = 100
_MAX_SHOWN: Final = 200


class CorsPolicy:
    """The origins that may use the API, and the headers that their requests and responses may have."""

    def __init__(self, settings: Settings) -> None:
        self._origins = frozenset(settings.cors_origins)
        self._local = settings.allows_local_pages
        names = [name.lower() for name in settings.cors_headers]
        self._names = frozenset(names)
        # `graphql-client-*` matches all names with this prefix, `*` all names.
        self._beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
        self.exposed = ", ".join(dict.fromkeys((*_EXPOSED, *settings.cors_exposed_headers))).encode()

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may use the API, including its cookie."""
        return origin in self._origins or (self._local and _LOCAL.fullmatch(origin) is not None)

    def allows_header(self, name: str) -> bool:
        """Whether requests from other origins may have this header (name in lower case)."""
        return name in self._names or name.startswith(self._beginnings)


class Cors:
    """ASGI middleware that handles preflights, adds CORS headers, and logs each rejected origin once.

    `Access-Control-Allow-Origin` is always the request's origin and never `*`, because `*` excludes cookies.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._policy = CorsPolicy(settings)
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request with or without an `Origin`."""
        origin = _origin_of(scope)
        if origin is None:
            await self._app(scope, receive, send)
            return
        headers = RequestHeaders(scope["headers"])
        is_preflight = scope["method"] == "OPTIONS" and headers.first(b"access-control-request-method")
        if self._policy.allows(origin):
            if is_preflight:
                await _send(send, 204, self._permission(origin, headers))
            else:
                await self._app(scope, receive, self._sharing(origin, send))
            return
        if not is_own_origin(headers):
            self._log("origin refused", origin, "INFOCUS_CORS_ORIGINS")
            if is_preflight:
                message = "This origin may not use the API; it is not in INFOCUS_CORS_ORIGINS."
                await _refuse(send, HttpError(403, "CROSS_ORIGIN", message))
                return
        await self._app(scope, receive, send)

    def _permission(self, origin: str, headers: RequestHeaders) -> Headers:
        requested = ",".join(headers.all(b"access-control-request-headers")).lower().split(",")
        names = [name for each in requested if _HEADER_NAME.fullmatch(name := each.strip())]
        allowed = [name for name in names if self._policy.allows_header(name)]
        if len(allowed) < len(names):
            refused = ", ".join(name for name in names if name not in allowed)
            self._log("request headers refused", refused, "INFOCUS_CORS_HEADERS")
        return [
            *_shared_with(origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", ", ".join(allowed).encode()),
            (b"access-control-max-age", b"%d" % _PREFLIGHT_SECONDS),
            (b"vary", b"Origin, Access-Control-Request-Headers"),
        ]

    def _sharing(self, origin: str, send: Send) -> Send:
        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                exposed = b"access-control-expose-headers", self._policy.exposed
                headers = [*message.get("headers", ()), *_shared_with(origin), exposed]
                message["headers"] = _varying(headers)
            await send(message)

        return shared

    def _log(self, event: str, value: str, setting: str) -> None:
        """Logs each value once; every further request of the page would repeat it."""
        shown = value[:_MAX_SHOWN]
        key = f"{event} {shown}"
        if key not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(key)
            log.warning(event, value=shown, setting=setting)


def _origin_of(scope: Scope) -> str | None:
    """The `Origin` header; a plain loop, because most requests have none and should pay little."""
    for name, value in scope["headers"]:
        if name == b"origin":
            origin: str = value.decode("latin-1")
            return origin
    return None


def _shared_with(origin: str) -> Headers:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
    ]


def _varying(headers: Headers) -> Headers:
    """The headers with a single `Vary` that includes `Origin`."""
    varies = [value for name, value in headers if name == b"vary"]
    others = [(name, value) for name, value in headers if name != b"vary"]
    return [*others, (b"vary", b", ".join([*varies, b"Origin"]))]


async def _refuse(send: Send, problem: HttpError) -> None:
    headers = [(b"content-type", f"{JSON}; charset=utf-8".encode())]
    await _send(send, problem.status, headers, error_body(problem))


async def _send(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
