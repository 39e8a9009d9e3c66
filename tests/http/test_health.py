"""Health checks: live without a database, ready only with a reachable and migrated one."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import UnguardedTables, create_app, from_environment
from infocus_graphql.db import migrations, visibility
from infocus_graphql.db.embedded import EmbeddedPostgres

from .conftest import SCHEMA, client_of, make_app, make_settings, served


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for this module, because the tests stop it."""
    home: Path = tmp_path_factory.mktemp("pg")
    server = EmbeddedPostgres(home, settings={"fsync": "off"})
    server.start()
    yield server
    server.release()


async def ready(app: Starlette) -> httpx.Response:
    """Returns the response of `/readyz`."""
    async with client_of(app) as http:
        return await http.get("/readyz")


async def test_without_a_database_the_server_is_live_but_not_ready(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/livez")).json() == {"status": "alive"}
    response = await http.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "can't be reached", "schema": "not known"}


async def test_the_server_starts_without_a_database() -> None:
    with served(make_app()) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.post("/graphql", json={"query": "{ hello }"})).status_code == 200
            assert (await http.get("/readyz")).status_code == 503


async def test_readiness_times_out_if_the_database_does_not_respond() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client gives up
        writer.close()
        await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    response = await ready(make_app(f"postgresql://x@127.0.0.1:{port}/x"))
    assert time.monotonic() - started < 2.5
    assert response.status_code == 503
    assert "1.5 seconds" in response.json()["checks"]["database"]
    await asyncio.wait_for(gone.wait(), 5)
    server.close()
    await server.wait_closed()


async def test_readiness_follows_migrations_and_the_database(postgres: EmbeddedPostgres) -> None:
    url = postgres.dsn()
    app = make_app(url)
    before = await ready(app)
    assert before.status_code == 503
    assert before.json()["checks"]["database"] == "ok"
    assert before.json()["checks"]["schema"] == "not the revision of this server"

    await migrations.upgrade(url)
    await asyncio.sleep(0.6)
    after = await ready(app)
    assert (after.status_code, after.json()["status"]) == (200, "ready")

    await asyncio.to_thread(postgres.release)
    await asyncio.sleep(0.6)
    assert (await ready(app)).status_code == 503
    await asyncio.to_thread(postgres.start)
    await asyncio.sleep(0.6)
    assert (await ready(app)).status_code == 200

    async with app.router.lifespan_context(app):
        pass
    stopping = await ready(app)
    assert (stopping.status_code, stopping.json()["status"]) == (503, "stopping")


def test_a_model_without_visibility_prevents_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(iter(visibility._predicates))
    monkeypatch.delitem(visibility._predicates, first)
    with pytest.raises(UnguardedTables, match=first.__name__):
        create_app(make_settings(), database_url="postgresql://x@/x", schema=SCHEMA)


def test_other_asgi_servers_need_a_database_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("INFOCUS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # a folder without .env
    with pytest.raises(ValueError, match="INFOCUS_DATABASE_URL"):
        from_environment()
