"""Starting an embedded server: cluster, settings, address and error messages."""

import asyncio
import os
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from infocus_graphql.db.embedded import EmbeddedPostgres, EmbeddedPostgresError, postmaster

from .servers import QUICK, Holder, postgres_below, query_value


def test_the_first_start_creates_a_cluster_and_later_starts_reuse_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert server.created
        assert server.version.startswith("18")
        assert query_value(server, "CREATE TABLE kept AS SELECT 7 AS n") is None
    assert not postgres_below(tmp_path)
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert not server.created
        assert query_value(server, "SELECT n FROM kept") == 7
    assert [path.name for path in home.glob("data*")] == ["data"]


def test_an_interrupted_start_stops_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(data: Path, pid: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(postmaster, "wait_until_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres(home, settings=QUICK).start()
    assert not postgres_below(home)


def test_ctrl_c_is_deferred_until_the_server_process_is_known(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, came = subprocess.run, []

    def pressed(command: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        done = run(command, **options)
        came.append(int(done.stdout))
        return done

    monkeypatch.setattr("infocus_graphql.db.embedded.postmaster.subprocess.run", pressed)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres(home, settings=QUICK).start()
    assert len(came) == 1
    assert not postgres_below(home)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_default_and_given_settings_are_applied(home: Path) -> None:
    expected = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "data_checksums": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "fsync": "off",
        "application_name": "it's a \\ name",
    }
    settings = {**QUICK, "application_name": expected["application_name"]}
    with EmbeddedPostgres(home, settings=settings) as server:
        seen = {
            name: query_value(server, f"SELECT reset_val FROM pg_settings WHERE name = '{name}'")
            for name in expected
        }
        seen["application_name"] = (
            (home / "data/postgresql.auto.conf").read_text().split("application_name = ")[1].split("\n")[0]
        )
        expected["application_name"] = "'it''s a \\\\ name'"
        seen["unix_socket_permissions"] = query_value(server, "SHOW unix_socket_permissions")
        assert seen == expected
        collation = "SELECT datcollate FROM pg_database WHERE datname = 'infocus'"
        assert query_value(server, collation) in {"C.UTF-8", "C"}


@pytest.mark.parametrize("name", ["own (x) it's", 'Ünï "q" $HOME `id`', "50% a+b#c?d=e&f:g@h"])
def test_directories_with_unusual_names_work(home: Path, tmp_path: Path, name: str) -> None:
    home = home.rename(tmp_path / name)
    if "Ü" in name:
        # Also with initdb; the prepared cluster is moved away.
        (home / "data").rename(home / "old")
        (tmp_path / "home").mkdir()
        (home / "old").rename(tmp_path / "home" / "data")
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert server.socket_dir == home / "run"
        assert asyncio.run(_database_by_address(server.dsn())) == "infocus"
        assert asyncio.run(_database_by_address(server.dsn("postgres"))) == "postgres"


@pytest.mark.parametrize("name", ["long" * 30, "a,b"])
def test_a_path_too_long_for_a_socket_uses_a_private_directory(home: Path, tmp_path: Path, name: str) -> None:
    home = home.rename(tmp_path / name)
    with EmbeddedPostgres(home, settings=QUICK) as server:
        directory = server.socket_dir
        assert directory.parent == Path("/tmp")
        assert directory.name.startswith(f"infocus-{os.geteuid()}-")
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert asyncio.run(_database_by_address(server.dsn())) == "infocus"
    assert not directory.exists()


@pytest.mark.parametrize("trap", ["open to others", "a link"])
def test_a_socket_directory_of_another_user_is_rejected(
    shell_of_a_home: Path, tmp_path: Path, trap: str
) -> None:
    server = EmbeddedPostgres(shell_of_a_home.rename(tmp_path / ("long" * 30)), settings=QUICK)
    directory = server.socket_dir
    if trap == "a link":
        directory.symlink_to(tmp_path)
    else:
        directory.mkdir()
        directory.chmod(0o777)
    try:
        with pytest.raises(EmbeddedPostgresError, match="not accessible to other"):
            server.start()
    finally:
        directory.unlink() if directory.is_symlink() else directory.rmdir()


def test_a_copied_home_becomes_private_again(home: Path) -> None:
    (home / "run").mkdir(exist_ok=True)
    (home / "run").chmod(0o755)
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700


def test_no_files_outside_of_the_home_change(home: Path, tmp_path: Path) -> None:
    parent = tmp_path / "private"
    parent.mkdir(mode=0o700)
    home.rename(parent / "home")
    users = Path("/etc/passwd").read_bytes()
    with EmbeddedPostgres(parent / "home", settings=QUICK) as server:
        assert (server.socket_dir.stat().st_mode & 0o777) == 0o700
        owners = {path.stat().st_uid for path in (parent / "home").rglob("*")}
        assert owners == {os.geteuid()}
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    assert Path("/etc/passwd").read_bytes() == users


def test_an_interrupted_initdb_leaves_no_partial_cluster(
    tmp_path: Path, hold: Callable[[Path], Holder]
) -> None:
    home = tmp_path / "home"
    holder = hold(home)
    while not list(home.glob("data.init-*/base")):
        assert holder.process.poll() is None
    holder.kill()
    assert not (home / "data").exists()
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert server.created
        assert query_value(server, "SELECT 1") == 1


def test_a_directory_with_other_files_is_not_touched(tmp_path: Path) -> None:
    mine = tmp_path / "home" / "data" / "letters.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("dear")
    with pytest.raises(EmbeddedPostgresError, match="move them away"):
        EmbeddedPostgres(tmp_path / "home").start()
    assert mine.read_text() == "dear"


def test_data_of_another_version_prints_a_solution(shell_of_a_home: Path) -> None:
    (shell_of_a_home / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match=r"infocus db dump.*infocus db restore"):
        EmbeddedPostgres(shell_of_a_home).start()


def test_a_failed_start_prints_the_end_of_the_log_and_can_be_retried(home: Path) -> None:
    broken = EmbeddedPostgres(home, settings={**QUICK, "shared_buffers": "a lot"})
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)postgres\.log.*shared_buffers"):
        broken.start()
    assert broken.release() is False
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert query_value(server, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("listen_addresses", "*"), ("port", "1"), ("work_mem\nport", "1"), ("work_mem", "1\n2")],
)
def test_settings_that_would_break_the_life_cycle_are_rejected(
    shell_of_a_home: Path, name: str, value: str
) -> None:
    with pytest.raises(EmbeddedPostgresError):
        EmbeddedPostgres(shell_of_a_home, settings={name: value}).start()


def test_new_settings_apply_from_the_next_start(home: Path) -> None:
    with EmbeddedPostgres(home, settings={**QUICK, "max_connections": "31"}) as server:
        assert query_value(server, "SHOW max_connections") == "31"
        other = EmbeddedPostgres(home, settings={**QUICK, "work_mem": "7MB"})
        with other:
            # A shared server reloads settings that need no restart and keeps its users.
            assert query_value(server, "SHOW max_connections") == "31"
            assert query_value(other, "SHOW work_mem") == "7MB"
    with EmbeddedPostgres(home, settings={**QUICK, "max_connections": "32"}) as server:
        assert query_value(server, "SHOW max_connections") == "32"


def test_a_server_can_be_started_within_a_running_event_loop(home: Path) -> None:
    async def inside() -> None:
        with EmbeddedPostgres(home, settings=QUICK) as server:
            assert await _database_by_address(server.dsn()) == "infocus"

    asyncio.run(inside())


def test_libpq_environment_variables_are_ignored(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "example.org", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(home, settings=QUICK) as server:
        with (tmp_path / "out").open("wb") as out:
            server.run_tool("psql", "-Atc", "SELECT current_database()", stdout=out)
    assert (tmp_path / "out").read_text() == "infocus\n"


def test_a_dump_can_be_restored(home: Path, tmp_path: Path) -> None:
    with EmbeddedPostgres(home, settings=QUICK) as server:
        query_value(server, "CREATE TABLE films AS SELECT 'Alien' AS title")
        with (tmp_path / "dump").open("wb") as out:
            server.run_tool("pg_dump", "--format=custom", "--table=films", stdout=out)
        query_value(server, "DROP TABLE films")
        with (tmp_path / "dump").open("rb") as dump:
            server.run_tool("pg_restore", "--dbname=infocus", stdin=dump)
        assert query_value(server, "SELECT title FROM films") == "Alien"


def test_a_failing_client_program_prints_its_own_error(home: Path) -> None:
    server = EmbeddedPostgres(home, settings=QUICK)
    with pytest.raises(EmbeddedPostgresError, match="Start the embedded PostgreSQL"):
        server.run_tool("psql")
    with server:
        with pytest.raises(EmbeddedPostgresError, match=r"status 3: .*no_such_table"):
            server.run_tool("psql", "-v", "ON_ERROR_STOP=1", stdin=_pipe(b"TABLE no_such_table;\n"))
        with pytest.raises(EmbeddedPostgresError, match="pg_nothing is missing"):
            server.run_tool("pg_nothing")


def _pipe(content: bytes) -> int:
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    return read


async def _database_by_address(dsn: str) -> str:
    engine = create_async_engine(dsn)
    try:
        async with engine.connect() as connection:
            return str((await connection.execute(text("SELECT current_database()"))).scalar_one())
    finally:
        await engine.dispose()
