"""Several workers on one port: connections are spread, and none is lost when a worker is."""

import itertools
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from infocus_graphql.cli.problems import Problem
from infocus_graphql.cli.serving import listen
from infocus_graphql.cli.workers import spread

from .conftest import PATIENCE, Run, Server, Start

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems don't spread connections")


@LINUX
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_connections_are_spread_over_the_sockets(host: str) -> None:
    with listen(host, 0, "serve") as listener, ExitStack() as stack:
        listeners = spread(listener, 4, 100, stack)
        address = ("127.0.0.1" if host == "0.0.0.0" else host, listener.getsockname()[1])
        clients = [stack.enter_context(socket.create_connection(address, PATIENCE)) for _ in range(64)]
        taken = [accepted(each) for each in listeners]
        assert sum(taken) == len(clients)
        assert min(taken) > 0
        with pytest.raises(Problem, match="is taken"):
            listen(host, address[1], "serve")


@LINUX
def test_who_came_before_does_not_stand_in_the_way() -> None:
    with listen("127.0.0.1", 0, "serve") as listener, ExitStack() as stack:
        stack.enter_context(socket.create_connection(listener.getsockname(), PATIENCE))
        listeners = spread(listener, 3, 100, stack)
        assert len({each.fileno() for each in listeners}) == 3
        with pytest.raises(Problem, match="is taken"):
            listen("127.0.0.1", listener.getsockname()[1], "serve")


def accepted(listener: socket.socket) -> int:
    """How many connections wait at a socket; they are taken and closed."""
    listener.setblocking(False)
    for number in itertools.count():
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError


@LINUX
def test_where_sockets_cannot_be_added_one_is_shared(caplog: pytest.LogCaptureFixture) -> None:
    first, second = socket.socketpair()  # which are bound to nothing that could be shared
    with first, second, ExitStack() as stack:
        assert spread(first, 3, 100, stack) == [first] * 3
    assert "share one socket" in caplog.text


def test_a_killed_worker_is_replaced_and_no_connection_is_lost(start: Start, run: Run) -> None:
    nowhere = {"INFOCUS_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    server = start("serve", "--port", "0", "--workers", "2", **nowhere)
    url = server.url()
    all_alive(url)
    first, second = workers_of(server)
    os.kill(second, signal.SIGKILL)
    all_alive(url)
    still, fresh = workers_of(server)
    assert still == first
    assert fresh != second
    taken = run("serve", "--port", str(urlsplit(url).port), "--workers", "2", **nowhere)
    assert taken.returncode == 1
    assert "is taken" in taken.stderr
    assert server.end(signal.SIGTERM) == 0, server.text
    assert server.remains() == []
    assert "Traceback" not in server.text


def all_alive(url: str) -> None:
    """So many connections come to both workers."""
    for _ in range(20):
        assert httpx.get(f"{url}/livez", timeout=PATIENCE).json() == {"status": "alive"}


def workers_of(server: Server) -> list[int]:
    """The processes of the workers, in the order of their start."""
    found = subprocess.run(
        ["ps", "-ww", "-eo", "pgid=,pid=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 2) for line in found.stdout.splitlines())
    group = str(server.process.pid)
    return sorted(int(pid) for pgid, pid, args in rows if pgid == group and "spawn_main" in args)
