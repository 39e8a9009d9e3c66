"""The applications and the workers have a TMDB client when a key is configured."""

from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.cli.tmdb_source import catalogue_source
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


def test_dev_has_a_local_tmdb_only_without_a_key(settings: Settings) -> None:
    with catalogue_source(settings) as (used, name):
        assert used is settings
        assert name == settings.tmdb_url
    with catalogue_source(settings.model_copy(update={"tmdb_key": None})) as (used, name):
        assert "INFOCUS_TMDB_KEY" in name
        assert used.tmdb_key is not None
        path, key = f"{used.tmdb_url}/movie/550", used.tmdb_key.get_secret_value()
        found = httpx.get(path, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        assert found.json()["title"] == "Fight Club"
        today = datetime.now(UTC).date()
        export = httpx.get(f"{used.tmdb_exports_url}/movie_ids_{today:%m_%d_%Y}.json.gz", timeout=30)
        assert export.content[:2] == b"\x1f\x8b"
    with pytest.raises(httpx.ConnectError):
        httpx.get(path)
