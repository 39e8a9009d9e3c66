"""A client for the local TMDB of the tests."""

from collections.abc import AsyncIterator

import pytest

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.tmdb.breaker import CircuitBreaker
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.transport import Transport
from tests.support.tmdb import TMDB_KEY, ServedTmdb


class Unlimited:
    """A throttle that never waits, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.pauses: list[float] = []

    async def acquire(self, seconds: float, *, bulk: bool = False) -> bool:
        """Counts a call."""
        self.calls += 1
        return True

    async def pause(self, seconds: float) -> None:
        """Remembers a pause."""
        self.pauses.append(seconds)


@pytest.fixture
def local(tmdb: LocalTmdb) -> LocalTmdb:
    """The local TMDB."""
    return tmdb


@pytest.fixture
def tmdb_url(served_tmdb: ServedTmdb) -> str:
    """The base URL of its API."""
    return served_tmdb.url


@pytest.fixture
def breaker() -> CircuitBreaker:
    """The circuit breaker of the client."""
    return CircuitBreaker()


@pytest.fixture
async def client(tmdb_url: str, breaker: CircuitBreaker) -> AsyncIterator[TmdbClient]:
    """A client for the local TMDB."""
    async with TmdbClient(
        Transport(TMDB_KEY, base_url=tmdb_url, throttle=Unlimited(), breaker=breaker)
    ) as client:
        yield client
