"""Neither engine leaves exceptions that asyncio reports as never retrieved."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from infocus_graphql.app import make_services
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.operation import Request
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.schema import schema
from infocus_graphql.settings import Settings
from tests.support.factories import Factories
from tests.support.server import Server

TABLES = ("families", "family_memberships", "users", "watchlist_entries", "media_items", "profiles")
QUERY = """
query ($family: ID!) {
  viewer {
    email
    user { name }
    watchlist(first: 5) { totalCount nodes { status mediaItem { title genres } } }
    auditLog(first: 2) { nodes { id } }
  }
  node(id: $family) {
    ... on Family {
      name
      members(first: 5) { totalCount nodes { role user {
        name
        watchlist(first: 5) { totalCount nodes { mediaItem { title streamingProviders { provider } } } }
      } } }
    }
  }
  discoverMedia(first: 5) { totalCount nodes { title streamingProviders { provider } } }
}
"""


@pytest.fixture
async def impatient(settings: Settings, database_url: str) -> AsyncIterator[Services]:
    """Services whose statements don't wait for locks."""
    services = make_services(settings.model_copy(update={"lock_timeout_ms": 20}), database_url)
    yield services
    await services.database.dispose()
    services.passwords.close()


# graphql-core doesn't await the coroutines of fields beside one that failed; they hold no exception.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("way", ["plans", "loaders"])
async def test_failures_and_cancellations_leave_no_unretrieved_exception(
    impatient: Services, server: Server, database_url: str, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    make = Factories(impatient)
    ann, ben = await make.user("Ann"), await make.user("Ben")
    family = await make.family(ann, ben)
    for person in (ann, ben):
        for _ in range(3):
            await make.entry(person)
    planner = Planner(schema, impatient.database.engines.plans, impatient.cursor_key)
    engine = Engine(
        schema,
        introspection=True,
        limits=Limits.of(impatient.settings),
        planner=planner if way == "plans" else None,
    )
    asked = (engine, impatient, ann.id, family.id)
    assert not await run(*asked, 60)
    other = await server.connect(database_url)
    chance = random.Random(4)
    failed = 0
    for table in TABLES * 4:
        async with other.transaction():
            await other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            failed += sum(
                await asyncio.gather(*(run(engine, impatient, ann.id, family.id, 5) for _ in range(3)))
            )
        running = [run(*asked, chance.random() * 0.05) for _ in range(3)]
        await asyncio.gather(*running, killed(other, chance.random() * 0.03))
    await other.close()
    gc.collect()
    await asyncio.sleep(0.1)
    assert failed >= len(TABLES)
    assert [each.getMessage() for each in caplog.records if each.name == "asyncio"] == []


async def run(engine: Engine, services: Services, user_id: str, family_id: str, patience: float) -> bool:
    """Runs a query and cancels it after a while. Returns whether it failed because of the database."""
    context = Context(services, Viewer(user_id))
    try:
        async with asyncio.timeout(patience):
            response = await engine.run(
                Request(QUERY, None, {"family": family_id}), context, queries_only=False
            )
        content = response.content()
        assert b"GRAPHQL_VALIDATION_FAILED" not in content, content
        return b'"TIMEOUT"' in content or b'"SERVICE_UNAVAILABLE"' in content
    except TimeoutError:
        return True
    finally:
        await context.close()


async def killed(connection: asyncpg.Connection, after: float) -> None:
    """Terminates all other connections to the database."""
    await asyncio.sleep(after)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
