"""The composition root: builds the ASGI application from the settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from infocus_graphql.admin.browser import data_browser
from infocus_graphql.db.base import Base
from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import connector, make_engines
from infocus_graphql.db.visibility import models_without_predicate
from infocus_graphql.domains.catalogue.fetching import TitleFetcher
from infocus_graphql.domains.events.feed import EventFeed
from infocus_graphql.domains.idempotency.store import PostgresIdempotencyStore
from infocus_graphql.domains.persisted_documents.store import PostgresDocumentStore
from infocus_graphql.domains.viewer_lengths import ViewerLengths
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.expensive_lane import Lane
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.persisted import PersistedDocuments, trusted_documents
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.http.cors import Cors
from infocus_graphql.http.endpoint import OPERATION_SECONDS, Endpoint
from infocus_graphql.http.errors import show_http_exception
from infocus_graphql.http.explorer import ExplorerConfig, explorer_routes
from infocus_graphql.http.exports import Exports
from infocus_graphql.http.health import Health
from infocus_graphql.http.live.connections import LiveConnections
from infocus_graphql.http.live.sockets import SocketEndpoint
from infocus_graphql.http.mail_link_pages import page_routes, serves_pages
from infocus_graphql.http.middleware import RequestMiddleware
from infocus_graphql.http.unsubscribe import Unsubscribe
from infocus_graphql.observability.logging import configure_logs
from infocus_graphql.rate_limiting.limiter import RateLimiter
from infocus_graphql.schema import schema as own_schema
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.security.api_token_cache import ApiTokenCache
from infocus_graphql.security.passwords import Passwords
from infocus_graphql.security.revocation_listener import RevocationListener, stop
from infocus_graphql.settings import Settings
from infocus_graphql.settings.errors import UnusableSetting
from infocus_graphql.settings.unknown_names import warn_of_unknown_settings
from infocus_graphql.tmdb.cached_pages import CachedPages
from infocus_graphql.tmdb.opening import tmdb_client

GRAPHQL_PATH = "/graphql"
EXPLORER_PATH = "/graphiql"
KEYS_PATH = "/.well-known/jwks.json"


class UnguardedTables(Exception):
    """Some tables have no visibility predicate; the server refuses to start."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"No visibility predicate for {', '.join(sorted(names))}: "
            "declare one for each in the domain's policy.py."
        )


class Application(Starlette):
    """Starlette with a single outermost middleware, which also handles unexpected errors."""

    envelope: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """Builds the middleware stack without Starlette's own error page."""
        return self.envelope(ExceptionMiddleware(self.router, handlers=dict(self.exception_handlers)))


def from_environment() -> Starlette:
    """The application for any ASGI server, configured by `INFOCUS_…` variables alone."""
    settings = Settings()
    configure_logs(settings)
    warn_of_unknown_settings(Settings)
    if settings.database_url is None:
        raise UnusableSetting("INFOCUS_DATABASE_URL is not set; `infocus dev` starts its own database.")
    return create_app(settings, database_url=settings.database_url.get_secret_value())


def create_app(
    settings: Settings,
    *,
    database_url: str,
    schema: strawberry.Schema | None = None,
    explorer: ExplorerConfig | None = None,
    engine_class: type[Engine] = Engine,
) -> Starlette:
    """The ASGI application. It also starts without a reachable database; `/readyz` then fails."""
    refuse_unguarded_tables()
    services = make_services(settings, database_url)
    shown = schema or own_schema
    engines = services.database.engines
    planner = Planner(shown, engines.plans, services.cursor_key, engines.expensive)
    engine = _make_engine(engine_class, shown, services, planner)
    health = Health(services.database.engines.read, planner.warnings)
    live = LiveConnections(services)
    endpoint = Endpoint(engine, services, live, body_seconds=settings.body_seconds)
    sockets = SocketEndpoint(engine, services, live, operation_seconds=OPERATION_SECONDS)
    graphql = Route(GRAPHQL_PATH, Cors(endpoint, settings))
    routes: list[BaseRoute] = [
        graphql,
        Route(f"{GRAPHQL_PATH}/", graphql.app),
        *health.routes(),
        *Exports(services).routes(),
        *Unsubscribe(services).routes(),
        Route("/", _show_explorer if settings.serves_graphiql else _show_name, methods=["GET"]),
    ]
    if services.tokens.public_keys:
        routes.append(Route(KEYS_PATH, partial(_show_keys, services.tokens), methods=["GET"]))
    if settings.serves_data_browser:
        routes.append(data_browser(services))
    if serves_pages(settings):
        routes += page_routes()
    if settings.serves_graphiql:
        config = explorer or ExplorerConfig(endpoint=GRAPHQL_PATH)
        routes += explorer_routes(path=EXPLORER_PATH, config=config)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(services.sessions.run())
        counting = asyncio.create_task(services.rates.run())
        delivering = asyncio.create_task(services.events.run())
        checking = asyncio.create_task(live.run())
        try:
            yield
        finally:
            health.stop()
            await stop(watching)
            await stop(counting)
            services.events.close()
            await stop(delivering)
            await stop(checking)
            await services.api_tokens.finish()
            await services.titles.close()
            if services.tmdb is not None:
                await services.tmdb.close()
            await services.database.dispose()
            services.passwords.close()

    app = Application(
        routes=routes,
        exception_handlers={HTTPException: show_http_exception},
        lifespan=lifespan,
    )
    app.envelope = partial(RequestMiddleware, https=settings.production, shortcut=graphql, sockets=sockets)
    app.state.services = services
    app.state.engine = engine
    app.state.health = health
    app.state.live = live
    return app


def _make_engine(
    engine_class: type[Engine], schema: strawberry.Schema, services: Services, planner: Planner
) -> Engine:
    settings, engines = services.settings, services.database.engines
    return engine_class(
        schema,
        introspection=settings.allows_introspection,
        suggestions=settings.makes_suggestions,
        planner=planner,
        limits=Limits.of(settings),
        documents=PersistedDocuments(
            PostgresDocumentStore(engines.changes) if settings.persisted_queries else None,
            trusted_documents(settings.trusted_documents) if settings.trusted_documents else None,
        ),
        idempotency_store=PostgresIdempotencyStore(engines.changes, engines.plans),
        lengths=ViewerLengths(engines.plans),
        lane=Lane(settings.expensive_operations),
    )


def make_services(settings: Settings, database_url: str) -> Services:
    """The services that operations share in this process; opens no connection yet."""
    tokens = AccessTokens(settings)
    engines = make_engines(database_url, settings)
    listening = connector(database_url, settings, "infocus-sessions")
    database, tmdb = Database(engines), tmdb_client(settings, engines.changes)
    events = EventFeed(
        engines.plans,
        engines.changes,
        connector(database_url, settings, "infocus-events"),
        kept_days=settings.keep_events_days,
    )
    database.committed = events.wake
    return Services(
        settings=settings,
        database=database,
        passwords=Passwords(settings),
        tokens=tokens,
        rates=RateLimiter(settings, engines.changes),
        sessions=RevocationListener(tokens.revoked, engines.plans, listening),
        api_tokens=ApiTokenCache(engines.plans, engines.changes),
        cursor_key=tokens.derived_key("cursor").hex(),
        tmdb=tmdb,
        tmdb_pages=None if tmdb is None else CachedPages(tmdb),
        titles=TitleFetcher(database, tmdb),
        events=events,
    )


def refuse_unguarded_tables() -> None:
    """Raises UnguardedTables if a table of this package has no visibility predicate."""
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    mapped = [each for each in classes if each.__module__.startswith(f"{__package__}.")]
    unguarded = models_without_predicate(mapped)
    if unguarded:
        raise UnguardedTables(unguarded)


async def _show_explorer(request: Request) -> Response:
    return RedirectResponse(EXPLORER_PATH.lstrip("/"), 307)


async def _show_keys(tokens: AccessTokens, request: Request) -> Response:
    return JSONResponse({"keys": tokens.public_keys}, headers={"Cache-Control": "public, max-age=300"})


async def _show_name(request: Request) -> Response:
    return JSONResponse({"name": "InFocus GraphQL", "graphql": GRAPHQL_PATH})
