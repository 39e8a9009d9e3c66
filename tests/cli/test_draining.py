"""Graceful shutdown: not ready first, then closed to new connections, then ended."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Self
from urllib.parse import urlsplit

import pytest

from tests.support.load import exchange, get, post

from .conftest import PATIENCE, Server, Start

NOWHERE = {"INFOCUS_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
BODY = b'{"query": "{ __typename }"}'
ASK = post("/graphql", BODY, keep=True)
DRAIN = 3.0
Address = tuple[str, int]
Connect = Callable[[Address], "Client"]


@pytest.fixture
def server(start: Start) -> Iterator[Server]:
    """A server with a drain period."""
    started = start("serve", "--port", "0", **NOWHERE, INFOCUS_DRAIN_SECONDS=f"{DRAIN}")
    exchange(address_of(started), get("/livez"))
    yield started
    assert "Traceback" not in started.text


@pytest.fixture
def connect() -> Iterator[Callable[[Address], "Client"]]:
    """Opens connections that are closed after the test."""
    with ExitStack() as stack:
        yield lambda address: stack.enter_context(Client(address))


def address_of(server: Server) -> Address:
    """Returns the server's address."""
    parts = urlsplit(server.url())
    return parts.hostname or "", parts.port or 0


def test_a_server_drains_before_it_closes_and_completes_all_requests(
    server: Server, connect: Connect
) -> None:
    address = address_of(server)
    kept = connect(address)
    assert kept.ask(ASK)[0] == 200
    slow = connect(address)
    slow.send(ASK[:-5])

    server.process.send_signal(signal.SIGTERM)
    signalled = time.monotonic()
    while exchange(address, get("/livez")) == 200 and status(address) != "stopping":
        assert time.monotonic() - signalled < DRAIN / 2

    # It isn't ready but still accepts connections; keep-alive connections are closed with their next
    # response.
    assert exchange(address, post("/graphql", BODY)) == 200
    code, response = kept.ask(ASK)
    assert code == 200
    assert b"connection: close" in response.lower()
    assert kept.ended()

    fresh = closed_to_new_ones(address, connect)
    assert time.monotonic() - signalled >= DRAIN
    assert fresh.ask(get("/livez"))[0] == 200
    assert server.process.poll() is None
    slow.send(ASK[-5:])
    assert slow.response()[0] == 200
    assert server.process.wait(PATIENCE) == 0


def test_further_signals_shorten_the_shutdown(start: Start, connect: Connect) -> None:
    server = start(
        "serve", "--port", "0", **NOWHERE, INFOCUS_DRAIN_SECONDS="600", INFOCUS_SHUTDOWN_SECONDS="600"
    )
    address = address_of(server)
    slow = connect(address)
    slow.send(ASK[:-5])
    exchange(address, get("/livez"))
    server.process.send_signal(signal.SIGTERM)
    while status(address) != "stopping":
        time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    closed_to_new_ones(address, connect)
    assert server.process.poll() is None  # a request is in progress
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE) == 0
    assert b"SERVICE_UNAVAILABLE" in slow.response()[1]
    assert slow.ended()
    assert "Traceback" not in server.text


def test_a_second_signal_shortens_the_shutdown_of_several_workers(start: Start) -> None:
    server = start("serve", "--port", "0", "--workers", "2", **NOWHERE, INFOCUS_DRAIN_SECONDS="600")
    address = address_of(server)
    exchange(address, get("/livez"))
    server.process.send_signal(signal.SIGINT)
    while status(address) != "stopping":
        time.sleep(0.05)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(PATIENCE) == 0
    assert server.remains() == []
    assert "Traceback" not in server.text


def status(address: Address) -> str:
    """Returns the status in `/readyz`."""
    with Client(address) as client:
        _, response = client.ask(get("/readyz"))
    return "stopping" if b'"stopping"' in response else "serving"


def closed_to_new_ones(address: Address, connect: Connect) -> "Client":
    """Waits until the server refuses connections. Returns one that was opened just before."""
    deadline = time.monotonic() + PATIENCE
    last = connect(address)
    while time.monotonic() < deadline:
        time.sleep(0.01)
        try:
            last, before = connect(address), last
        except ConnectionRefusedError:
            return last
        before.close()
    raise AssertionError("it does not close")


class Client:
    """A keep-alive connection."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Sends part of a request."""
        self._socket.sendall(data)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request and returns the response."""
        self.send(request)
        return self.response()

    def response(self) -> tuple[int, bytes]:
        """Returns the status and the bytes of the next response."""
        received = b""
        while b"\r\n\r\n" not in received:
            data = self._socket.recv(65536)
            assert data, "no response"
            received += data
        return int(received[9:12]), received + self._rest(received)

    def _rest(self, received: bytes) -> bytes:
        head, _, body = received.partition(b"\r\n\r\n")
        (length,) = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        rest = b""
        while len(body) + len(rest) < int(length):
            rest += self._socket.recv(65536)
        return rest

    def ended(self) -> bool:
        """Whether the server has closed the connection."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True
