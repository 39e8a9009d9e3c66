"""The data browser as an ASGI application, created at the first request."""

from collections.abc import Sequence
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infocus_graphql.admin.cookie import TO_SET
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.context import Services
from infocus_graphql.http.auth import is_own_origin
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.proxies import scheme_of

log = structlog.get_logger("infocus.admin")

PATH: Final = "/admin"
_SAFE_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # With `no-referrer`, browsers send `Origin: null` with forms, which `is_own_origin` rejects.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_STATICS: Final = f"{PATH}/statics/"


class DataBrowser:
    """Rejects changes that other pages send, and sets security headers and the session cookie."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pages: tuple[ASGIApp, Sequence[BaseRoute]] | None = None

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The routes of its pages, with which `url_for` builds URLs."""
        return self._browser[1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        rejection = self._rejection(scope) if scope["type"] == "http" else None
        if rejection is not None:
            await rejection(scope, receive, send)
            return
        scope = {**scope, "state": {}, "scheme": self._scheme(scope)}
        if scope.get("method") == "HEAD":  # the library treats any method but GET as a submitted form
            scope["method"] = "GET"

        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(_SAFE_HEADERS)
                if scope["path"].startswith(_STATICS) and message["status"] == 200:
                    headers["Cache-Control"] = "public, max-age=86400"
                cookie = scope["state"].get(TO_SET)
                if cookie is not None:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        try:
            await self._browser[0](scope, receive, send_guarded)
        except Exception as error:
            if started or classify_transient(error) is None:
                raise
            log.warning("data browser: database unavailable", reason=type(error).__name__)
            response = PlainTextResponse("The database is unavailable.", 503, {"Retry-After": "1"})
            await response(scope, receive, send_guarded)

    def _scheme(self, scope: Scope) -> str:
        """The scheme of the absolute URLs that the library writes into pages."""
        settings = self._services.settings
        if settings.secure_cookies or scope["type"] != "http":
            return "https"
        return scheme_of(scope, RequestHeaders(scope["headers"]), settings)

    def _rejection(self, scope: Scope) -> PlainTextResponse | None:
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return PlainTextResponse("The URL contains a NUL character.", 400)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        headers = RequestHeaders(scope["headers"])
        if not is_own_origin(headers):
            return PlainTextResponse("Only the data browser's own pages may send this.", 403)
        length = headers.first(b"content-length") or ""
        if not length.isdecimal():
            return PlainTextResponse("Content-Length is required.", 411)
        if int(length) > self._services.settings.max_body_bytes:
            return PlainTextResponse("The body is too large.", 413)
        return None

    @property
    def _browser(self) -> tuple[ASGIApp, Sequence[BaseRoute]]:
        if self._pages is None:
            # Not at start-up: few processes ever serve it, and importing the library takes 0.25 seconds.
            from infocus_graphql.admin.pages import make_pages  # noqa: PLC0415 - see above

            self._pages = make_pages(self._services, PATH)
        return self._pages


def data_browser(services: Services) -> Mount:
    """The route of the data browser."""
    return Mount(PATH, DataBrowser(services), name="admin")
