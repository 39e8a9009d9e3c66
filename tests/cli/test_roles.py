"""Commands with ordinary roles: the owner of the database migrates, and a restricted role serves."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from infocus_graphql.db.embedded import EmbeddedPostgres
from tests.support.server import FAST

from .conftest import Run

ROLES = """
CREATE ROLE "the owner" LOGIN;
CREATE ROLE "Serving" LOGIN;
CREATE DATABASE films OWNER "the owner";
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings for two roles, on a PostgreSQL where neither is a superuser."""
    with EmbeddedPostgres(tmp_path / "postgres", settings=FAST) as postgres:

        async def prepare() -> None:
            connection = await asyncpg.connect(host=str(postgres.socket_dir), user="infocus")
            for statement in filter(str.strip, ROLES.split(";")):
                await connection.execute(statement)
            await connection.close()

        asyncio.run(prepare())
        address = "postgresql://{}@/films?host=" + os.fspath(postgres.socket_dir)
        yield {
            "INFOCUS_DATABASE_URL": address.format("Serving"),
            "INFOCUS_MIGRATION_DATABASE_URL": address.format("the%20owner"),
        }


def test_the_owner_migrates_and_a_restricted_role_serves(run: Run, settings: dict[str, str]) -> None:
    def done(*words: str, **more: str) -> str:
        finished = run(*words, **settings, **more)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    done("db", "upgrade")
    done("db", "status", "--check")
    done("seed", "demo")
    done("db", "dump", "roles.dump")
    done("db", "reset", "--yes")
    done("db", "restore", "roles.dump", "--yes")
    done("user", "promote", "maya@example.com")
    assert "needs no grant" in done("db", "grant", "the owner")
    assert "can serve" in done("db", "grant", "Serving")
    unknown = run("db", "grant", "nobody-here", **settings)
    assert (unknown.returncode, "role 'nobody-here' does not exist" in unknown.stderr) == (1, True)
    alone = settings["INFOCUS_DATABASE_URL"]
    refused = run("db", "reset", "--yes", INFOCUS_DATABASE_URL=alone)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
