"""The hardened protocol sends the same bytes as uvicorn itself."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from .conftest import served, served_as

Headers = list[tuple[bytes, bytes]]
PLAIN: Headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
# Status, headers and body chunks by path; None stands for an exception.
ANSWERS: dict[str, tuple[int, Headers, list[bytes | None]]] = {
    "/plain": (200, PLAIN, [b"hello"]),
    "/refused": (404, PLAIN, [b"hello"]),
    "/unknown-status": (599, PLAIN, [b"hello"]),
    "/empty": (200, [(b"content-length", b"0")], [b""]),
    "/large": (200, [(b"content-length", b"300000")], [b"x" * 300_000]),
    "/parts": (200, PLAIN, [b"he", b"llo"]),
    "/unmeasured": (200, [(b"x-a", b"1")], [b"hello"]),
    "/no-content": (204, [], [b""]),
    "/not-modified": (304, [(b"etag", b'"a"')], [b""]),
    "/last": (200, [*PLAIN, (b"connection", b"close")], [b"hello"]),
    "/upper-case": (200, [(b"Content-Length", b"5")], [b"hello"]),
    "/too-short": (200, PLAIN, [b"hell"]),
    "/too-long": (200, PLAIN, [b"hello!"]),
    "/line-break": (200, [*PLAIN, (b"x-a", b"1\r\nx-b: 2")], [b"hello"]),
    "/half-a-line-break": (200, [*PLAIN, (b"x-a", b"1\rx-b: 2")], [b"hello"]),
    "/zero": (200, [*PLAIN, (b"x-a", b"1\x00")], [b"hello"]),
    "/fails-late": (200, PLAIN, [b"he", None]),
}
UNFIT = {"/line-break", "/half-a-line-break", "/zero"}
REQUESTS = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n" for path in ANSWERS] + [
    "HEAD /plain HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /plain HTTP/1.0\r\nHost: a\r\n\r\n",
    "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /plain HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
    "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n" * 3,
    "GET /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /parts HTTP/1.1\r\nHost: a\r\n\r\n",
]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends the response of the table."""
    status, headers, parts = ANSWERS[scope["path"]]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for number, part in enumerate(parts, 1):
        if part is None:
            raise ValueError
        await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})


@pytest.fixture(scope="module")
def responses() -> dict[str, tuple[bytes, bytes]]:
    """The bytes that both servers send for each request; all requests are sent concurrently."""
    options: dict[str, Any] = {"log_config": None, "access_log": False, "server_header": False}
    stock = uvicorn.Config(app, http="httptools", lifespan="off", **options)
    with served(app, lifespan="off") as ours, served_as(stock) as theirs, ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(received, address, text) for text in REQUESTS for address in (ours, theirs)]
        found = [each.result() for each in asked]
    return dict(zip(REQUESTS, zip(found[::2], found[1::2], strict=True), strict=True))


def received(url: str, request: str) -> bytes:
    """Sends a request and returns all received bytes, until the server closes or is idle."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(request.encode())
        connection.settimeout(1)
        found = bytearray()
        try:
            while part := connection.recv(65_536):
                found += part
        except TimeoutError:
            found += b"(waits)"
        except ConnectionResetError:
            found += b"(cut)"
    return re.sub(rb"date: [^\r]*", b"date: now", bytes(found))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda text: text.split(" HTTP")[0] + f" {len(text)}")
def test_both_servers_send_the_same_bytes(responses: dict[str, tuple[bytes, bytes]], request_: str) -> None:
    ours, theirs = responses[request_]
    assert bool(ours) == (request_.split()[1] not in UNFIT)  # for these nothing is sent
    assert ours[:2000] == theirs[:2000]
    assert ours == theirs
