"""A local TMDB on a loopback port, and a client for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.catalogue import Catalogue
from infocus_graphql.tmdb.breaker import CircuitBreaker
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.transport import Transport

TOKEN = "eyJhbGciOiJIUzI1NiJ9.read-access-token"


class Unlimited:
    """A rate limit that never waits, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    async def acquire(self) -> None:
        """Counts a call."""
        self.calls += 1


class Server(uvicorn.Server):
    """A server that leaves the signals to pytest, and ends without waiting for slow responses."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serves an application on a free loopback port; the URL of its API."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/3"
    server.should_exit = server.force_exit = True
    await serving


@pytest.fixture
def local() -> LocalTmdb:
    """A local TMDB with its well-known titles and a hundred made-up ones."""
    return LocalTmdb(Catalogue(made_up=100))


@pytest.fixture
async def tmdb_url(local: LocalTmdb) -> AsyncIterator[str]:
    """Where it is served."""
    async with served(local.app) as url:
        yield url


@pytest.fixture
def breaker() -> CircuitBreaker:
    """The circuit breaker of the client."""
    return CircuitBreaker()


@pytest.fixture
async def client(tmdb_url: str, breaker: CircuitBreaker) -> AsyncIterator[TmdbClient]:
    """A client for the local TMDB."""
    async with TmdbClient(
        Transport(TOKEN, base_url=tmdb_url, throttle=Unlimited(), breaker=breaker)
    ) as client:
        yield client
