"""Common fixtures: a PostgreSQL server, a database per test, the application, a client."""

import signal
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.observability.logging import configure_logs
from infocus_graphql.server.gc_tuning import freeze_startup_objects
from infocus_graphql.settings import Environment, Settings
from tests.support.client import Api
from tests.support.comparing import ComparingEngine
from tests.support.databases import Databases
from tests.support.factories import Factories
from tests.support.server import TEMPLATE, Administer, Server
from tests.support.tmdb import TMDB_KEY, ServedTmdb, serving_tmdb

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores SIGINT for background processes, and the tested programs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Excludes the schema and the collected tests from garbage collection, as a server does at its start."""
    freeze_startup_objects()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """The PostgreSQL server of this test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    server = Server(shared / "postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def template(server: Server) -> str:
    """The name of the migrated template database."""
    await server.make_template()
    return TEMPLATE


@pytest.fixture(scope="session")
async def databases(server: Server, template: str) -> AsyncIterator[Databases]:
    """The databases of this worker's tests."""
    databases = Databases(server, template)
    yield databases
    await databases.close()


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """The URL of a migrated, empty database that no other test uses at the same time."""
    url = await databases.acquire()
    yield url
    await databases.release(url)


@pytest.fixture
async def administer(server: Server, database_url: str) -> AsyncIterator[Administer]:
    """Runs statements as the superuser, such as changes of the schema."""
    connection = await server.connect(database_url)
    yield connection.execute
    await connection.close()


@pytest.fixture(scope="session")
def served_tmdb() -> Iterator[ServedTmdb]:
    """The local TMDB of this process. Tests use `tmdb`."""
    with serving_tmdb() as served:
        yield served


@pytest.fixture
def tmdb(served_tmdb: ServedTmdb) -> Iterator[LocalTmdb]:
    """The TMDB of the test's application: `tmdb.faults.plan(Fault.SLOW)`, `tmdb.catalogue.change(…)`.

    It has the well-known titles of `local_tmdb/titles.json` and a hundred made-up ones. It is reset after the
    test; a test that changes nothing needn't ask for it.
    """
    served_tmdb.tmdb.reset()
    yield served_tmdb.tmdb
    served_tmdb.tmdb.reset()


@cache
def _settings(tmdb_url: str, exports_url: str) -> Settings:
    """Settings for tests: fast password hashes, fixed keys, a local TMDB, nothing from the environment."""
    return Settings(
        _env_file=None,
        env=Environment.TEST,
        jwt_keys={"test": "a key for tests that is long enough to sign"},
        argon2_memory_kib=8,
        argon2_time_cost=1,
        pool_size=10,
        # The time runs from Parse to Sync, so a busy machine would end statements that wait for their client.
        statement_timeout_ms=15_000,
        tmdb_key=TMDB_KEY,
        tmdb_url=tmdb_url,
        tmdb_exports_url=exports_url,
        tmdb_requests_per_second=1000,
        log_format="console",
        log_level="WARNING",
    )


def settings_in(folder: Path, served_tmdb: ServedTmdb) -> Settings:
    """The settings for tests with a data folder. They are validated once."""
    settings = _settings(served_tmdb.url, served_tmdb.exports_url)
    return settings.model_copy(update={"data_dir": folder})


@pytest.fixture
def settings(tmp_path: Path, served_tmdb: ServedTmdb) -> Settings:
    """Settings with a data folder of this test."""
    return settings_in(tmp_path, served_tmdb)


@pytest.fixture
async def app(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    """The application on this test's database. Its client compares the results of both engines."""
    configure_logs(settings)
    app = create_app(settings, database_url=database_url, engine_class=ComparingEngine)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def services(app: Starlette) -> Services:
    """The application's services."""
    found: Services = app.state.services
    return found


@pytest.fixture
def make(services: Services) -> Factories:
    """Creates rows: `ann = await make.user()`."""
    return Factories(services)


@pytest.fixture
async def api(app: Starlette, services: Services) -> AsyncIterator[Api]:
    """A client of the API: `await api.as_(ann).data("{ viewer { email } }")`."""
    async with Api.of(app, services) as api:
        yield api
