"""The GraphiQL page: configuration, static files and security headers, served from our own origin."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from infocus_graphql.http.compression import best_coding

STATIC_DIR: Final = Path(__file__).resolve().parent.parent / "static"
BUILT_PAGE: Final = STATIC_DIR / "graphiql"
# A small hand-written page, served if GraphiQL was not built.
FALLBACK_PAGE: Final = STATIC_DIR / "fallback"

CONFIG_BLOCK: Final = '<script type="application/json" id="infocus-config">{}</script>'
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # The code editor writes colours and line positions as inline styles.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
# In order of preference. The build writes .gz files; packagers may add .br files.
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
_SAME_ORIGIN_PATH: Final = re.compile(r"/?[\w.~-][\w.~/-]*|/")


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A demo account that the sign-in panel offers; never a real user's."""

    label: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExampleTab:
    """An operation that opens in a tab on the first visit and is listed among the examples."""

    query: str
    title: str | None = None
    variables: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ExplorerConfig:
    """The configuration of the page: path of the API, demo accounts, example operations."""

    endpoint: str = "/graphql"
    demo_accounts: tuple[DemoAccount, ...] = ()
    tabs: tuple[ExampleTab, ...] = ()

    def __post_init__(self) -> None:
        # The content security policy allows connections to the page's own origin only.
        if not _SAME_ORIGIN_PATH.fullmatch(self.endpoint):
            raise ValueError(
                f"The explorer's endpoint must be a path on its own origin, not {self.endpoint!r}."
            )

    def to_json(self) -> str:
        """JSON that is safe inside an HTML script block: ASCII without `<`, `>` and `&`."""
        accounts = [{"label": a.label, "email": a.email, "password": a.password} for a in self.demo_accounts]
        tabs = [{"title": t.title, "query": t.query, "variables": t.variables} for t in self.tabs]
        compact = [{name: value for name, value in tab.items() if value is not None} for tab in tabs]
        text = json.dumps(
            {"endpoint": self.endpoint, "demoAccounts": accounts, "tabs": compact}, ensure_ascii=True
        )
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@dataclass(frozen=True, slots=True)
class _File:
    """One file of an asset (plain or compressed), with its response headers."""

    path: Path
    headers: Mapping[str, str]


# The files of an asset by content encoding; "identity" is always present.
_Forms = Mapping[str, _File]


def explorer_routes(
    *, path: str = "/graphiql", config: ExplorerConfig, static_dir: Path | None = None
) -> list[BaseRoute]:
    """The routes of the page at `path` and its assets; serves the fallback page if GraphiQL was not built."""
    if not re.fullmatch(r"(/[\w.~-]+)+", path):
        raise ValueError(f"The explorer's path must look like /graphiql, not {path!r}.")
    folder = BUILT_PAGE if static_dir is None else static_dir
    if not (folder / "index.html").is_file():
        folder = FALLBACK_PAGE
    page = _page(folder / "index.html", config, mount=path.rsplit("/", 1)[-1])
    assets = _index(folder)
    etag = _etag(page)

    async def show_page(request: Request) -> Response:
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache", "ETag": etag}
        if _is_known(request, etag):
            return Response(status_code=304, headers=headers)
        response = Response(page, media_type="text/html", headers=headers)
        return _without_body(response) if request.method == "HEAD" else response

    async def show_asset(request: Request) -> Response:
        name: str = request.path_params["name"]
        if not name:
            return _to_page(request)
        # Looks up only files found at start-up, so a name with `..` is not found.
        forms = assets.get(name)
        if forms is None:
            return Response("Not found", status_code=404, media_type="text/plain", headers=SECURITY_HEADERS)
        return _asset(request, forms)

    return [
        Route(path, show_page, methods=["GET"], name="explorer"),
        Route(path + "/{name:path}", show_asset, methods=["GET"], name="explorer-asset"),
    ]


def _page(index: Path, config: ExplorerConfig, *, mount: str) -> bytes:
    """The page with its configuration; relative URLs are rewritten to resolve from the page's own path."""
    html = index.read_text("utf-8")
    if CONFIG_BLOCK not in html:
        raise RuntimeError(f"{index.name} has no configuration block; build the page again.")
    html = html.replace('="./', f'="./{mount}/')
    return html.replace(CONFIG_BLOCK, CONFIG_BLOCK.replace("{}", config.to_json())).encode()


@cache
def _index(folder: Path) -> Mapping[str, _Forms]:
    """The files that the page may request, with their compressed forms, by name below the page.

    They do not change while the process runs. Reading them takes most of the time of creating an application.
    """
    found: dict[str, _Forms] = {}
    for file in sorted(folder.rglob("*")):
        media_type = MEDIA_TYPES.get(file.suffix)
        if media_type is None or not file.is_file():
            continue
        name = file.relative_to(folder).as_posix()
        copies = {encoding: file.with_name(file.name + suffix) for encoding, suffix in ENCODINGS.items()}
        forms = {encoding: copy for encoding, copy in copies.items() if copy.is_file()} | {"identity": file}
        # Names in assets/ contain a content hash, so browsers may cache them forever.
        lasting = name.startswith("assets/")
        found[name] = {
            encoding: _File(form, _asset_headers(form, media_type, encoding, lasting=lasting))
            for encoding, form in forms.items()
        }
    return found


def _asset_headers(file: Path, media_type: str, encoding: str, *, lasting: bool) -> dict[str, str]:
    headers = {
        **SECURITY_HEADERS,
        "Content-Type": media_type,
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "ETag": _etag(file.read_bytes()),
        "Vary": "Accept-Encoding",
    }
    return headers if encoding == "identity" else headers | {"Content-Encoding": encoding}


def _asset(request: Request, forms: _Forms) -> Response:
    offered = tuple(each for each in forms if each != "identity")
    coding = best_coding(request.headers.getlist("accept-encoding"), offered)
    file = forms[coding or "identity"]
    if _is_known(request, file.headers["ETag"]):
        return Response(status_code=304, headers=file.headers)
    return FileResponse(file.path, headers=file.headers)


def _to_page(request: Request) -> Response:
    """Redirects `/graphiql/` to the page; relative, so that it works behind a proxy's path prefix."""
    page = request.url.path.rstrip("/").rsplit("/", 1)[-1]
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"../{page}{query}", status_code=307, headers=SECURITY_HEADERS)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _is_known(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` has this tag, so that 304 is the response."""
    known = request.headers.get("if-none-match", "")
    # A compressing proxy marks the tag as weak (W/"…"); GET compares weakly.
    return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))


def _without_body(response: Response) -> Response:
    """The response to HEAD: the same headers, Content-Length included, without a body."""
    response.body = b""
    return response
