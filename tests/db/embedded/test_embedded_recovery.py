"""Starts after a crash, with stale files, or with a server that can't be reached."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from infocus_graphql.db.embedded import EmbeddedPostgres, EmbeddedPostgresError

from .servers import QUICK, postgres_below, postmaster_pid, query_value


def test_a_killed_server_restarts_with_its_data(home: Path) -> None:
    first = EmbeddedPostgres(home, settings=QUICK)
    first.start()
    query_value(first, "CREATE TABLE kept AS SELECT 7 AS n")
    killed = postmaster_pid(home)
    os.kill(killed, signal.SIGKILL)
    assert (home / "data/postmaster.pid").exists()
    assert (home / "run/.s.PGSQL.5432.lock").exists()
    with EmbeddedPostgres(home, settings=QUICK) as second:
        assert query_value(second, "SELECT n FROM kept") == 7
        assert postmaster_pid(home) != killed
        # The first user hasn't released the server, so the second isn't the last.
        assert second.release() is False
    assert first.release() is True


def test_the_same_user_can_restart_a_killed_server(home: Path) -> None:
    with EmbeddedPostgres(home, settings=QUICK) as server:
        os.kill(postmaster_pid(home), signal.SIGKILL)
        server.start()
        assert query_value(server, "SELECT 1") == 1
        assert server.release() is True


def test_releasing_after_the_server_was_killed_is_no_error(home: Path) -> None:
    server = EmbeddedPostgres(home, settings=QUICK)
    server.start()
    pid = postmaster_pid(home)
    os.kill(pid, signal.SIGKILL)
    while pid in postgres_below(home):
        time.sleep(0.01)
    assert server.release() is False
    _wait_for_no_process(home)


@pytest.mark.parametrize("stranger", ["sleep", "postgres of another cluster", "nobody"])
def test_a_reused_pid_is_stale(home: Path, tmp_path: Path, stranger: str) -> None:
    with EmbeddedPostgres(home, settings=QUICK):
        lines = (home / "data/postmaster.pid").read_text().split("\n")
    other = EmbeddedPostgres(tmp_path / "other", settings=QUICK)
    process = subprocess.Popen(["sleep", "60"])
    pid = process.pid
    if stranger == "postgres of another cluster":
        other.start()
        pid = postmaster_pid(tmp_path / "other")
    elif stranger == "nobody":
        process.kill()
        process.wait()
    lines[0] = str(pid)
    (home / "data/postmaster.pid").write_text("\n".join(lines))
    (home / "run/.s.PGSQL.5432.lock").write_text("\n".join(lines))
    with EmbeddedPostgres(home, settings=QUICK) as server:
        assert query_value(server, "SELECT 1") == 1
        assert postmaster_pid(home) != pid
    if stranger == "sleep":
        assert process.poll() is None
    assert other.release() is (stranger == "postgres of another cluster")
    process.kill()
    process.wait()


def test_a_damaged_pid_file_is_stale(home: Path) -> None:
    for content in ("", "no number\n", "-\n"):
        (home / "data/postmaster.pid").write_text(content)
        with EmbeddedPostgres(home, settings=QUICK) as server:
            assert query_value(server, "SELECT 1") == 1


def test_a_server_without_its_socket_is_replaced(home: Path) -> None:
    first = EmbeddedPostgres(home, settings=QUICK)
    first.start()
    shutil.rmtree(home / "run")
    with EmbeddedPostgres(home, settings=QUICK) as second:
        assert query_value(second, "SELECT 1") == 1
    assert first.release() is True


def test_a_home_moved_while_its_server_runs_works(home: Path, tmp_path: Path) -> None:
    before = EmbeddedPostgres(home, settings=QUICK)
    before.start()
    moved = home.rename(tmp_path / "moved")
    with pytest.raises(EmbeddedPostgresError, match="directory"):
        before.release()
    with EmbeddedPostgres(moved, settings=QUICK) as server:
        assert query_value(server, "SELECT 1") == 1
        assert server.socket_dir == moved / "run"


def test_a_start_waits_for_a_server_that_is_stopping(home: Path) -> None:
    first = EmbeddedPostgres(home, settings=QUICK)
    first.start()
    os.kill(postmaster_pid(home), signal.SIGINT)
    with EmbeddedPostgres(home, settings=QUICK) as second:
        assert query_value(second, "SELECT 1") == 1
    assert first.release() is True


def _wait_for_no_process(home: Path) -> None:
    while postgres_below(home):
        time.sleep(0.01)
