"""Half-open connections are detected before, or with, the first request that uses them."""

from time import monotonic
from typing import Any

import pytest

from infocus_graphql.app import create_app
from infocus_graphql.db import asyncpg_pool, connection_health
from infocus_graphql.settings import Settings
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.raw_http import Wire

ME = "{ viewer { email } }"
CREATE = 'mutation { createFamily(input: {name: "Ours"}) { family { id } errors { code } } }'
RENAME = 'mutation { updateProfile(input: {bio: "Hello"}) { viewer { email } errors { code } } }'
PING_TIMEOUT = 0.2


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortens the timeouts for dead connections."""
    monkeypatch.setattr(connection_health, "PING_TIMEOUT_SECONDS", PING_TIMEOUT)
    monkeypatch.setattr(connection_health, "_CLOSE_SECONDS", 0.1)


async def codes(api: Api, query: str) -> list[str]:
    """Returns the error codes of a query's response."""
    response = await api.http.post("/graphql", json={"query": query}, headers=api.headers)
    result: dict[str, Any] = response.json()
    return [error["extensions"]["code"] for error in result.get("errors", [])]


async def test_idle_half_open_connections_are_replaced_before_use(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (connection_health, asyncpg_pool):
        monkeypatch.setattr(place, "IDLE_SECONDS", 0.0)
    async with Wire.to(database_url) as (url, wire):
        app = create_app(settings, database_url=url)
        async with app.router.lifespan_context(app), Api.of(app, app.state.services) as api:
            mine = api.as_(await Factories(app.state.services).user())
            for query in (ME, CREATE, RENAME):
                assert await codes(mine, query) == []
            assert wire.goes_dead() >= 2, "one for reading, one for changing"
            for query in (ME, CREATE, RENAME):
                began = monotonic()
                assert await codes(mine, query) == []
                assert monotonic() - began < 2 * PING_TIMEOUT + 1
            families = await mine.data("{ viewer { families { totalCount } } }")
            assert families == {"families": {"totalCount": 2}}, "and done once"


async def test_a_connection_lost_in_use_invalidates_idle_ones(settings: Settings, database_url: str) -> None:
    hurried = settings.model_copy(update={"statement_timeout_ms": 50})  # the driver gives up a second later
    async with Wire.to(database_url) as (url, wire):
        app = create_app(hurried, database_url=url)
        async with app.router.lifespan_context(app), Api.of(app, app.state.services) as api:
            mine = api.as_(await Factories(app.state.services).user())
            plans = app.state.services.database.engines.plans
            for used in [await plans.acquire() for _ in range(3)]:
                plans.release(used)
            assert await codes(mine, ME) == []
            assert wire.goes_dead() >= 3
            assert await codes(mine, ME) == ["TIMEOUT"]
            assert await codes(mine, ME) == []
