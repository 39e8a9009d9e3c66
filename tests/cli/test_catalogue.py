"""`infocus catalogue import`, `refresh`, `show` and `stats`, as processes on a database and a local TMDB."""

import asyncio
import gzip
import signal
import subprocess
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from infocus_graphql.cli.catalogue import catalogue
from infocus_graphql.cli.errors import CliError
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.exports import export_of
from infocus_graphql.local_tmdb.faults import Fault
from tests.cli.conftest import COMMAND, PATIENCE, environment
from tests.support.commands import run_command
from tests.support.server import Server
from tests.support.tmdb import TMDB_KEY, ServedTmdb


@pytest.fixture
def variables(database_url: str, served_tmdb: ServedTmdb) -> dict[str, str]:
    """The environment of the commands."""
    return {
        "INFOCUS_DATABASE_URL": database_url,
        "INFOCUS_TMDB_URL": served_tmdb.url,
        "INFOCUS_TMDB_KEY": TMDB_KEY,
        "INFOCUS_TMDB_REQUESTS_PER_SECOND": "1000",
    }


async def _run(folder: Path, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `infocus catalogue` while this process serves TMDB."""
    words = ("catalogue", *arguments)
    return await asyncio.to_thread(
        run_command, words, folder, environment(**variables), stdin="", timeout=PATIENCE
    )


def _start(folder: Path, variables: dict[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    command = [*COMMAND, "catalogue", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _titles(tmdb: LocalTmdb) -> list[str]:
    """The paths of all requests for films."""
    return [
        path
        for path in tmdb.faults.requests
        if path.startswith("/movie/") and path.removeprefix("/movie/").isdigit()
    ]


async def test_an_import_that_was_killed_continues_and_imports_share_the_titles(
    tmp_path: Path, variables: dict[str, str], tmdb: LocalTmdb, server: Server
) -> None:
    connection = await server.connect(variables["INFOCUS_DATABASE_URL"])
    killed = _start(tmp_path, variables, "import", "--popular", "160")
    while len(_titles(tmdb)) < 20:  # noqa: ASYNC110 - the local TMDB has no event for it
        await asyncio.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    await asyncio.to_thread(killed.wait)
    before = set(await _stored(connection))
    assert len(before) < 160
    # The claims of the killed import expire after two minutes.
    await connection.execute("UPDATE title_fetches SET claimed_until = now() WHERE claim IS NOT NULL")
    tmdb.faults.clear()
    first, second = await asyncio.gather(
        *(_run(tmp_path, variables, "import", "--popular", "160") for _ in range(2))
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    stored = set(await _stored(connection))
    assert len(stored) == 160 and before <= stored
    requests = _titles(tmdb)
    assert len(requests) == len(set(requests)) <= 80  # none twice, and none that was stored before
    assert not before & {("movie", int(path.removeprefix("/movie/"))) for path in requests}
    await connection.close()


async def test_titles_of_an_export_are_imported(
    tmp_path: Path, variables: dict[str, str], tmdb: LocalTmdb
) -> None:
    day = tmdb.changes.today
    name = f"tv_series_ids_{day:%m_%d_%Y}.json.gz"
    packed = export_of(tmdb.catalogue.all(), name, day)
    assert packed is not None
    broken = gzip.decompress(packed) + b'{"id": "not a number"}\n'
    (tmp_path / name).write_bytes(gzip.compress(broken))
    done = await _run(tmp_path, variables, "import", "--from-export", name, "--popular", "5")
    assert done.returncode == 0, done.stderr
    assert "5 titles listed, 5 to fetch." in done.stdout
    assert "1 lines can't be read" in done.stderr
    stats = await _run(tmp_path, variables, "stats")
    numbers = {line[:24].strip(): line[24:].strip() for line in stats.stdout.splitlines()}
    assert (numbers["series"], numbers["films"], numbers["with details"]) == ("5", "0", "5")
    wrong = tmp_path / "people.json.gz"
    wrong.write_bytes(packed)
    done = await _run(tmp_path, variables, "import", "--from-export", str(wrong))
    assert done.returncode == 1 and "movie_ids" in done.stderr


async def test_a_title_is_refreshed_and_compared(
    tmp_path: Path, variables: dict[str, str], tmdb: LocalTmdb
) -> None:
    done = await _run(tmp_path, variables, "refresh", "tv", "70523")
    assert done.stdout.startswith("1 stored"), done.stderr
    tmdb.catalogue.change("tv", 70523, title="Darker", seasons=(10, 8))
    shown = await _run(tmp_path, variables, "show", "tv", "70523")
    assert shown.returncode == 0, shown.stderr
    assert "title              Darker\n" in shown.stdout
    assert "  title: Dark, at TMDB Darker\n" in shown.stdout
    assert "  seasons: 4, at TMDB 3\n" in shown.stdout
    unknown = await _run(tmp_path, variables, "refresh", "movie", "70523")
    assert unknown.returncode == 1 and "1 not at TMDB" in unknown.stdout
    tmdb.faults.plan(Fault.KEY_REJECTED)
    rejected = await _run(tmp_path, variables, "refresh", "tv", "70523")
    assert rejected.returncode == 1 and len(rejected.stderr.splitlines()) == 1


def test_missing_arguments_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["import"],
        ["import", "--popular", "20001"],
        ["refresh"],
        ["refresh", "tv", "1", "--due"],
    ):
        done = CliRunner().invoke(catalogue, arguments)
        assert isinstance(done.exception, CliError), arguments


async def _stored(connection: asyncpg.Connection) -> list[tuple[str, int]]:
    rows = await connection.fetch("SELECT tmdb_type::text, tmdb_id FROM media_items")
    return [tuple(row) for row in rows]
