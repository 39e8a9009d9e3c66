"""Fixtures: both engines on one database with varied data, which the tests only read."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from infocus_graphql.app import make_services
from infocus_graphql.settings import Environment, Settings
from tests.plan.engines import Engines
from tests.plan.world import build_world
from tests.support.server import Server


@pytest.fixture(scope="session")
async def engines(
    server: Server, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engines]:
    """Both engines on the varied data; one database per test worker."""
    settings = Settings(
        _env_file=None,
        env=Environment.TEST,
        data_dir=tmp_path_factory.mktemp("plan"),
        jwt_keys={"test": SecretStr("a key for tests that is long enough to sign")},
        argon2_memory_kib=8,
        argon2_time_cost=1,
        pool_size=2,
        log_level="WARNING",
    )
    url = await server.create_database(template)
    services = make_services(settings, url)
    yield Engines(services, await build_world(services), url.replace("postgresql+asyncpg:", "postgresql:", 1))
    await services.database.dispose()
    services.passwords.close()
    await server.drop_database(url)
