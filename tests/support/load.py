"""Clients that send requests without pause, each on a new connection, and record the outcomes."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 60.0


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request."""

    began: float
    seconds: float
    status: int  # 0 if there was no response
    error: str = ""


class Load:
    """A group of clients that send requests until `stop`."""

    def __init__(self, url: str, request: bytes, clients: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._request = request
        self._stopping = threading.Event()
        self._outcomes: list[Outcome] = []
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def start(self) -> None:
        """Starts the clients."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> Sequence[Outcome]:
        """Waits for the last responses. Returns the outcomes in the order in which the requests started."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(LONGEST)
        return sorted(self._outcomes, key=lambda each: each.began)

    def last(self, number: int) -> None:
        """Waits for this number of further responses."""
        until = time.monotonic() + LONGEST
        enough = len(self._outcomes) + number
        while len(self._outcomes) < enough:
            assert time.monotonic() < until, "no responses"
            time.sleep(0.01)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                status, error = exchange(self._address, self._request), ""
            except OSError as problem:
                status, error = 0, type(problem).__name__
            self._outcomes.append(Outcome(began, time.monotonic() - began, status, error))
            time.sleep(0.005)


@contextmanager
def load(url: str, request: bytes, clients: int = 4) -> Iterator[Load]:
    """Yields clients that send `request` until the end of the block."""
    made = Load(url, request, clients)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def exchange(address: tuple[str, int], request: bytes) -> int:
    """Sends a request on a new connection and returns the status. Raises OSError without a response."""
    with socket.create_connection(address, LONGEST) as connection:
        connection.sendall(request)
        received = b""
        while data := connection.recv(65536):
            received += data
    if not received.startswith(b"HTTP/1.1 "):
        raise ConnectionResetError("closed without a response")
    return int(received[9:12])


def get(path: str) -> bytes:
    """Returns a GET request that closes its connection."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def post(path: str, body: bytes, *, keep: bool = False) -> bytes:
    """Returns a POST request with JSON that closes its connection unless `keep`."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
