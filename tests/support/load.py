"""Clients that never pause: each makes a new connection for every request, and notes what became of it."""

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
    """What became of a request."""

    began: float
    seconds: float
    status: int  # 0 for none
    error: str = ""


class Load:
    """Some clients at work, until told to stop."""

    def __init__(self, url: str, request: bytes, clients: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._request = request
        self._stopping = threading.Event()
        self._outcomes: list[Outcome] = []
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def start(self) -> None:
        """Sends the first requests."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> Sequence[Outcome]:
        """Waits for the last responses; what became of all requests, in the order of their beginning."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(LONGEST)
        return sorted(self._outcomes, key=lambda each: each.began)

    def last(self, number: int) -> None:
        """Waits until so many more requests were answered."""
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
    """Clients that send `request` until the end of the block."""
    made = Load(url, request, clients)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def exchange(address: tuple[str, int], request: bytes) -> int:
    """The status of the response to one request on a connection of its own. OSError where there is none."""
    with socket.create_connection(address, LONGEST) as connection:
        connection.sendall(request)
        received = b""
        while data := connection.recv(65536):
            received += data
    if not received.startswith(b"HTTP/1.1 "):
        raise ConnectionResetError("closed without a response")
    return int(received[9:12])


def get(path: str) -> bytes:
    """A request that ends its connection."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def post(path: str, body: bytes, *, keep: bool = False) -> bytes:
    """A request with JSON, that ends its connection unless it is to be kept."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
