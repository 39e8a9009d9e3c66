"""Fixtures: the application with a tiny schema, and clients for it."""

import asyncio
import logging
import math
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import strawberry
import structlog
import uvicorn
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Context
from infocus_graphql.observability.operation_log import operation_log
from infocus_graphql.server.protocol import HardenedConfig
from infocus_graphql.settings import Environment, Settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
KEYS = {"one": "k" * 32}


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"

    @strawberry.field
    def number(self, value: int) -> int:
        return value

    @strawberry.field
    def me(self, info: strawberry.Info[Context, None]) -> str | None:
        viewer = info.context.viewer
        return viewer.id or (viewer.fault.value if viewer.fault else None)

    @strawberry.field
    def client(self, info: strawberry.Info[Context, None]) -> list[str | None]:
        client = info.context.client
        return [client.ip_prefix, client.user_agent, client.refresh_cookie]

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("the secret is 4711")

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "awake"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def sign_in(self, info: strawberry.Info[Context, None], token: str = "abc-_1") -> bool:
        info.context.response.refresh_cookie = token
        info.context.response.refresh_cookie_seconds = 60
        return True

    @strawberry.mutation
    def sign_out(self, info: strawberry.Info[Context, None]) -> bool:
        info.context.response.refresh_cookie = ""
        return True


SCHEMA = strawberry.Schema(Query, Mutation)
MakeApp = Callable[..., Starlette]


def make_settings(**values: Any) -> Settings:
    """Returns settings that ignore the environment."""
    defaults: dict[str, Any] = {
        "env": Environment.TEST,
        "jwt_keys": KEYS,
        "argon2_memory_kib": 8,
        "argon2_time_cost": 1,
    }
    return Settings(_env_file=None, **(defaults | values))


def make_app(database_url: str = NOWHERE, **values: Any) -> Starlette:
    """Returns the application with the tiny schema."""
    settings = make_settings(database_url=database_url, **values)
    app = create_app(settings, database_url=database_url, schema=SCHEMA)
    # There is no database to check for revoked sessions, so the data counts as always fresh.
    app.state.services.tokens.revoked.update((), as_of=math.inf)
    return app


@asynccontextmanager
async def client_of(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client that calls the application directly."""
    transport = httpx.ASGITransport(app=app, client=("203.0.113.77", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://infocus.test") as client:
        yield client


@contextmanager
def served(app: Any, settings: Settings | None = None, **options: Any) -> Iterator[str]:
    """Serves the application on a socket with the product's HTTP protocol; yields the URL."""
    used = settings or make_settings()
    with served_as(HardenedConfig(app, used, log_config=None, access_log=False, **options)) as url:
        yield url


@contextmanager
def served_as(config: uvicorn.Config) -> Iterator[str]:
    """Runs uvicorn with this configuration on a socket; yields the URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def app() -> Starlette:
    """The application with test settings."""
    return make_app()


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Restores the logging configuration after the test."""
    root, level, lines = list(logging.root.handlers), logging.root.level, operation_log.lines
    ours = logging.getLogger("infocus").level
    configured = structlog.get_config()
    yield
    logging.root.handlers[:], logging.root.level, operation_log.lines = root, level, lines
    logging.getLogger("infocus").setLevel(ours)
    structlog.configure(**configured)
