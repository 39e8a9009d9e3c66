"""One application for all cases of a module: each case has its own users, and all of them share its plans."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Services
from infocus_graphql.observability.logging import configure_logs
from infocus_graphql.settings import Settings
from tests.api.sessions.conftest import clock
from tests.conftest import settings_in
from tests.support.client import Api
from tests.support.comparing import ComparingEngine
from tests.support.databases import Databases
from tests.support.factories import Factories
from tests.support.tmdb import ServedTmdb

__all__ = ["clock"]


@pytest.fixture(scope="module")
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """The URL of a migrated, empty database."""
    url = await databases.acquire()
    yield url
    await databases.release(url)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, served_tmdb: ServedTmdb) -> Settings:
    """Settings with a data folder of the module."""
    return settings_in(tmp_path_factory.mktemp("payloads"), served_tmdb)


@pytest.fixture(scope="module")
async def app(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    """The application. Its client compares the results of both engines."""
    configure_logs(settings)
    app = create_app(settings, database_url=database_url, engine_class=ComparingEngine)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="module")
def services(app: Starlette) -> Services:
    """The application's services."""
    found: Services = app.state.services
    return found


@pytest.fixture(scope="module")
def make(services: Services) -> Factories:
    """Creates rows."""
    return Factories(services)


@pytest.fixture(scope="module")
async def api(app: Starlette, services: Services) -> AsyncIterator[Api]:
    """A client of the API."""
    async with Api.of(app, services) as api:
        yield api
