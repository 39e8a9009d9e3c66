"""Assembles the data browser from the library's pages and ours."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqladmin import Admin, ModelView
from sqladmin.authentication import login_required
from sqladmin.templating import Jinja2Templates
from starlette.applications import Starlette
from starlette.datastructures import URL, FormData
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, NoMatchFound, Route
from starlette.types import ASGIApp

from infocus_graphql.admin.cookie import SessionCookie
from infocus_graphql.admin.overview import overview
from infocus_graphql.admin.records import RECORD_VIEWS
from infocus_graphql.admin.references import as_text, wrapping
from infocus_graphql.admin.sign_in import SignIn
from infocus_graphql.admin.views import view_of
from infocus_graphql.graph.context import Services

_TEMPLATES: Final = Path(__file__).with_name("templates")
# The library's pages that are served.
_PAGES: Final = {"statics", "index", "list", "details", "edit", "login", "logout"}


class _Pages(Admin):
    def init_templating_engine(self) -> Jinja2Templates:
        templates = super().init_templating_engine()
        templates.env.globals["menu"] = RECORD_VIEWS
        templates.env.filters["as_text"] = as_text
        templates.env.filters["wrapping"] = wrapping
        return templates

    @login_required
    async def index(self, request: Request) -> Response:
        async with self.session_maker() as session:
            found = await overview(session)
        return await self.templates.TemplateResponse(request, "sqladmin/index.html", {"overview": found})

    @staticmethod
    def get_save_redirect_url(request: Request, form: FormData, model_view: ModelView, obj: Any) -> str | URL:
        try:
            return Admin.get_save_redirect_url(request, form, model_view, obj)
        except NoMatchFound:  # a button that our form doesn't have, for creating another row
            return request.url_for("admin:list", identity=request.path_params["identity"])


def make_pages(services: Services, path: str) -> tuple[ASGIApp, Sequence[BaseRoute]]:
    """The pages as an ASGI application, and their routes."""
    # The library logs rejected edits as failures.
    logging.getLogger("sqladmin").setLevel(logging.CRITICAL)
    cookie = SessionCookie(
        services.tokens.derived_key("admin"), path, secure=services.settings.secure_cookies
    )
    sign_in = SignIn(services, cookie)
    admin = _Pages(
        Starlette(),
        # PostgreSQL rejects writes on these connections; changes go through use cases.
        session_maker=services.database.read_sessions,
        base_url=path,
        title="InFocus",
        favicon_url="data:,",
        templates_dir=str(_TEMPLATES),
        authentication_backend=sign_in,
    )
    sign_in.admin = admin
    for shown in RECORD_VIEWS:
        admin.add_view(view_of(shown))
    router = admin.admin.router
    router.routes[:] = [
        each for each in router.routes if isinstance(each, Route | Mount) and each.name in _PAGES
    ]
    # Without the library's error page, because `RequestMiddleware` handles unexpected errors.
    return ExceptionMiddleware(router, handlers=dict(admin.admin.exception_handlers)), router.routes
