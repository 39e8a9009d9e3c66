"""Several processes that share one server: start, stop, and killed processes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from infocus_graphql.db.embedded import EmbeddedPostgres

from .servers import QUICK, Holder, postgres_below, postmaster_pid, query_value

Hold = Callable[[Path], Holder]


def test_four_concurrent_starts_share_one_new_cluster(tmp_path: Path, hold: Hold) -> None:
    holders = [hold(tmp_path / "home") for _ in range(4)]
    reports = [holder.hear() for holder in holders]
    assert sorted(report["created"] for report in reports) == [False, False, False, True]
    assert len({report["postmaster"] for report in reports}) == 1
    assert [holder.release() for holder in holders] == [False, False, False, True]
    assert not postgres_below(tmp_path)


def test_two_users_within_one_process_count_as_two(home: Path) -> None:
    first, second = (EmbeddedPostgres(home, settings=QUICK) for _ in range(2))
    first.start()
    second.start()
    assert first.release() is False
    assert query_value(second, "SELECT 1") == 1
    assert first.release() is False
    assert query_value(second, "SELECT 1") == 1
    assert second.release() is True
    assert second.release() is False


def test_starting_twice_counts_as_one_user(home: Path) -> None:
    server = EmbeddedPostgres(home, settings=QUICK)
    server.start()
    server.start()
    assert server.release() is True


def test_a_killed_user_does_not_count(home: Path, hold: Hold) -> None:
    holder = hold(home)
    holder.hear()
    with EmbeddedPostgres(home, settings=QUICK) as server:
        holder.kill()
        assert query_value(server, "SELECT 1") == 1
        assert server.release() is True


def test_after_all_users_were_killed_the_next_takes_over_the_server(home: Path, hold: Hold) -> None:
    holders = [hold(home), hold(home)]
    pids = {holder.hear()["postmaster"] for holder in holders}
    for holder in holders:
        holder.kill()
    assert pids <= set(postgres_below(home))
    server = EmbeddedPostgres(home, settings=QUICK)
    server.start()
    assert {postmaster_pid(home)} == pids
    assert server.release() is True
    assert not postgres_below(home)


def test_new_settings_restart_an_unused_server(home: Path, hold: Hold) -> None:
    holder = hold(home)
    holder.hear()
    holder.kill()
    with EmbeddedPostgres(home, settings={**QUICK, "max_connections": "33"}) as server:
        assert query_value(server, "SHOW max_connections") == "33"


def test_ctrl_c_does_not_reach_the_server(home: Path, hold: Hold) -> None:
    holder = hold(home)
    started = holder.hear()
    os.killpg(holder.process.pid, signal.SIGINT)
    assert holder.hear() == {"interrupted": True, "value": 43}
    assert holder.hear() == {"stopped": True}
    assert started["postmaster"] not in postgres_below(home)


def test_the_server_does_not_inherit_locks(home: Path) -> None:
    with EmbeddedPostgres(home, settings=QUICK):
        files = Path(f"/proc/{postmaster_pid(home)}/fd").iterdir()
        names = {Path(os.readlink(file)).name for file in files}
    assert not names & {"lease.lock", "control.lock"}


def test_a_forked_child_cannot_release_for_its_parent(home: Path) -> None:
    with EmbeddedPostgres(home, settings=QUICK) as server:
        child = os.fork()
        if child == 0:
            os._exit(1 if server.release() else 0)
        assert os.waitpid(child, 0)[1] == 0
        assert query_value(server, "SELECT 1") == 1
        assert server.release() is True
