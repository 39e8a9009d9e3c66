"""Fixtures: two servers on one database behind HAProxy."""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE, Start, starting
from tests.support.process import in_production
from tests.support.server import Server

CONFIGURATION = """\
global
    stats socket {stats}

defaults
    mode http
    # Nothing is tried a second time: a refused connection would be a failed request.
    retries 0
    timeout connect 10s
    timeout client 60s
    timeout server 60s

frontend all
    bind 127.0.0.1:{port}
    default_backend infocus

backend infocus
    option httpchk GET /readyz
    http-check expect status 200
    timeout check 5s
    default-server check inter 300ms fall 1 rise 1
    server one 127.0.0.1:{one}
    server two 127.0.0.1:{two}
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers that are stopped after the test."""
    with starting(tmp_path, tmp_path) as start_command:
        yield start_command


@pytest.fixture
async def variables(server: Server, template: str) -> AsyncIterator[dict[str, str]]:
    """Yields the settings of servers that share a new database."""
    url = await server.create_database(template)
    yield in_production(url, INFOCUS_DRAIN_SECONDS="3")
    await server.drop_database(url)


@dataclass(frozen=True)
class Balancer:
    """A running HAProxy process."""

    url: str
    stats: Path

    def waits_for(self, *names: str) -> None:
        """Waits until these servers are up."""
        deadline = time.monotonic() + PATIENCE
        while not set(names) <= self._up():
            assert time.monotonic() < deadline, self._up()
            time.sleep(0.1)

    def _up(self) -> set[str]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.stats))
            connection.sendall(b"show stat\n")
            shown = b""
            while data := connection.recv(65536):
                shown += data
        rows = [line.split(",") for line in shown.decode().splitlines() if line.startswith("infocus,")]
        return {row[1] for row in rows if row[17] == "UP"}


@dataclass(frozen=True)
class Ports:
    """The ports of HAProxy and the servers."""

    balancer: int
    one: int
    two: int


@pytest.fixture
def ports() -> Ports:
    """Free ports."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    found = Ports(*(each.getsockname()[1] for each in sockets))
    for each in sockets:
        each.close()
    return found


@pytest.fixture
def balancer(tmp_path: Path, ports: Ports) -> Iterator[Balancer]:
    """A running HAProxy; it must be installed."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert program, "HAProxy is missing; on Debian and Ubuntu: apt-get install haproxy"
    stats = tmp_path / "stats"
    file = tmp_path / "haproxy.cfg"
    file.write_text(
        CONFIGURATION.format(stats=stats, port=ports.balancer, one=ports.one, two=ports.two), "utf-8"
    )
    process = subprocess.Popen([program, "-db", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        while not stats.exists():
            assert process.poll() is None, "HAProxy does not start"
            time.sleep(0.05)
        yield Balancer(f"http://127.0.0.1:{ports.balancer}", stats)
    finally:
        process.terminate()
        process.wait(PATIENCE)
