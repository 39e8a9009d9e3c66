"""The pages that links in mails point to, for servers without a web application."""

from functools import partial
from pathlib import Path
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from infocus_graphql.mail import links
from infocus_graphql.settings import Settings
from infocus_graphql.settings.mail import MailBackend

FOLDER: Final = Path(__file__).resolve().parent.parent / "static" / "pages"
TITLES: Final = {
    links.VERIFY_EMAIL: "Confirm your address",
    links.RESET_PASSWORD: "Choose a new password",
    links.CONFIRM_EMAIL_CHANGE: "Confirm your new address",
    links.INVITATION: "You are invited",
    links.SIGN_IN: "Sign in",
    links.FORGOTTEN_PASSWORD: "Forgotten password",
}
_MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}


def serves_pages(settings: Settings) -> bool:
    """Whether this server serves the pages."""
    if settings.mail_backend is MailBackend.OFF:
        return False
    return settings.web_url is None if settings.mail_pages is None else settings.mail_pages


def page_routes() -> list[BaseRoute]:
    """The routes of the pages, their script and style. The script reads the token from the URL fragment."""
    template = Template((FOLDER / "index.html").read_text("utf-8"))
    pages = {
        path: _response(template.substitute(page=path.lstrip("/"), title=title), "text/html")
        for path, title in TITLES.items()
    }
    assets = {
        f"/pages/{file.name}": _response(file.read_text("utf-8"), _MEDIA_TYPES[file.suffix])
        for file in sorted(FOLDER.iterdir())
        if file.suffix in _MEDIA_TYPES
    }
    return [
        Route(path, partial(_show, response), methods=["GET"]) for path, response in (pages | assets).items()
    ]


async def _show(response: Response, request: Request) -> Response:
    return response


def _response(text: str, media_type: str) -> Response:
    return Response(text, media_type=media_type, headers=_HEADERS)
