"""The applications and the workers have a TMDB client when a key is configured."""

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.records import TitleType
from tests.http.conftest import NOWHERE


async def test_the_application_has_a_client_and_closes_it(
    app: Starlette, services: Services, tmdb: LocalTmdb
) -> None:
    assert services.tmdb is not None
    assert tmdb.faults.requests == []  # starting needs no TMDB
    assert (await services.tmdb.title(TitleType.TV, 70523)).title == "Dark"
    async with app.router.lifespan_context(app):
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await services.tmdb.title(TitleType.TV, 70523)


async def test_without_a_key_there_is_no_client(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"tmdb_key": None}), database_url=NOWHERE)
    assert app.state.services.tmdb is None
    async with app.router.lifespan_context(app):
        pass


async def test_readiness_does_not_depend_on_tmdb(settings: Settings, database_url: str) -> None:
    without = settings.model_copy(update={"tmdb_url": "http://127.0.0.1:1/3"})
    app = create_app(without, database_url=database_url)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as http,
    ):
        assert (await http.get("/readyz")).status_code == 200
