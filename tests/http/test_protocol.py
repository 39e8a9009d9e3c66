"""Limits on connections over real sockets: oversized requests, slow clients, clients that don't read."""

import asyncio
import itertools
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from starlette.types import Receive, Scope, Send

from .conftest import make_app, make_settings, served

QUICK: dict[str, Any] = {"header_seconds": 0.3, "body_seconds": 0.3, "send_seconds": 0.3}
PATIENCE = 10.0
BODY = orjson.dumps({"query": "{ hello }"})
HEAD = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n"
BIG = 20_000_000

Connect = Callable[[], socket.socket]


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application with a large response."""
    if scope["type"] == "lifespan":
        return
    headers = [(b"content-length", b"%d" % BIG)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * BIG})


@contextmanager
def server(app: Any = None, **settings: Any) -> Iterator[Connect]:
    """Runs a server with short timeouts; yields a function that connects to it."""
    options = {"lifespan": "off"} if app is respond else {}
    used = QUICK | settings
    with served(app or make_app(**used), make_settings(**used), **options) as url:
        parts = urlsplit(url)
        opened: list[socket.socket] = []

        def connect() -> socket.socket:
            opened.append(socket.create_connection((parts.hostname, parts.port), PATIENCE))
            return opened[-1]

        yield connect
        for each in opened:
            each.close()


def to_the_end(connection: socket.socket) -> bytes:
    """Reads until the server closes the connection."""
    received = bytearray()
    while part := connection.recv(65_536):
        received += part
    return bytes(received)


def refusal(connection: socket.socket) -> tuple[int, str]:
    """Returns the status and the error code of the only response."""
    head, _, body = to_the_end(connection).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"connection: close" in lines
    assert b"content-length: %d" % len(body) in lines
    assert not [line for line in lines if line.startswith(b"server:")]
    (error,) = orjson.loads(body)["errors"]
    return int(lines[0].split()[1]), error["extensions"]["code"]


def is_alive(connect: Connect) -> bool:
    """Whether the server serves other connections."""
    with connect() as connection:
        try:
            connection.sendall(WHOLE)
            return b'"Hello, world!"' in connection.recv(65_536)
        except ConnectionError:
            return False


def wait_until(done: Callable[[], bool]) -> None:
    """Polls until the condition is true."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "head",
    [
        GET + b"".join(b"X-%d: y\r\n" % number for number in range(100)) + b"\r\n",
        GET + b"X-Many: y\r\n" * 101,
        GET + b"X-Long: " + b"y" * 40_000 + b"\r\n\r\n",
        GET + b"X-Endless: " + b"y" * 1_000_000,
        b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["many", "many so far", "long", "endless", "address"],
)
def test_too_large_heads_are_rejected(head: bytes) -> None:
    with server(header_seconds=5) as connect:
        connection = connect()
        connection.sendall(head)
        assert refusal(connection) == (431, "HEADERS_TOO_LARGE")
        assert is_alive(connect)


@pytest.mark.parametrize("endless", [b"X-Endless: " + b"y" * 4_000_000, b"X-Many: y\r\n" * 300_000])
def test_trailers_are_limited(endless: bytes) -> None:
    with server(body_seconds=5) as connect:
        connection = connect()
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n" + endless)
        assert refusal(connection) == (413, "PAYLOAD_TOO_LARGE")


def test_large_heads_within_the_limits_are_accepted() -> None:
    with server() as connect:
        connection = connect()
        many = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 300) for number in range(98))
        connection.sendall(GET + many + b"\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_malformed_http_gets_a_json_error() -> None:
    with server() as connect:
        connection = connect()
        connection.sendall(b"hello?\r\n\r\n")
        assert refusal(connection) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        (GET, b"HTTP/1.1 408 Request Timeout"),
        (b"P", b"HTTP/1.1 408 Request Timeout"),
        (HEAD + b"Content-Length: 100\r\n\r\n{", b"HTTP/1.1 408 Request Timeout"),
        (GET + b"Content-Length: 100\r\n\r\n{", b"HTTP/1.1 200 OK"),
    ],
    ids=["head", "first byte", "body", "unread body"],
)
def test_requests_that_take_too_long_time_out(beginning: bytes, expected: bytes) -> None:
    with server() as connect:
        connection = connect()
        started = time.monotonic()
        connection.sendall(beginning)
        connection.settimeout(0.05)
        received = b""
        for sent in range(100):  # single bytes don't extend the timeout
            try:
                part = connection.recv(65_536)
            except TimeoutError:
                with suppress(ConnectionError):
                    connection.send(b"OST"[sent : sent + 1] if len(beginning) == 1 else b"x")
                continue
            received += part
            if not part:
                break
        assert time.monotonic() - started < 3
        response = received.partition(b"\r\n")[0]
        assert response == expected
        assert is_alive(connect)


def test_the_second_request_of_a_connection_has_the_same_timeout() -> None:
    with server() as connect:
        connection = connect()
        connection.sendall(WHOLE)
        assert b"Hello" in connection.recv(65_536)
        connection.sendall(HEAD)
        assert refusal(connection) == (408, "REQUEST_TIMEOUT")


def test_idle_connections_are_closed_without_a_response() -> None:
    with server() as connect:
        assert to_the_end(connect()) == b""


SLOW = orjson.dumps({"query": "{ slow(seconds: 0.3) }"})
SLOW_WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(SLOW) + SLOW
CLOSING = WHOLE.replace(b"Host: a", b"Host: a\r\nConnection: close")
GARBAGE = {
    "garbage": b"\0garbage\r\n\r\n",
    "a line break": b"\n\0",
    "another protocol": b"\x16\x03\x01\x02\0",
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "too many headers": GET + b"X-Many: y\r\n" * 101 + b"\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a broken body": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZ\r\n",
    "a half head": HEAD,
    "a half body": HEAD + b"Content-Length: 100\r\n\r\n{",
}


def replies(received: bytes) -> list[tuple[int, bytes]]:
    """Returns the statuses and bodies of all responses, which must be complete."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        (length,) = re.findall(rb"content-length: (\d+)", head)
        found.append((int(head.split()[1]), rest[: int(length)]))
        assert len(rest) >= int(length)
        received = rest[int(length) :]
    return found


@pytest.mark.parametrize("fault", GARBAGE)
def test_valid_pipelined_requests_before_an_invalid_one_are_served(fault: str) -> None:
    seconds = {} if fault.startswith("a half") else {"header_seconds": 5, "body_seconds": 5}
    pairs = [(SLOW_WHOLE + WHOLE, 2), (WHOLE + SLOW_WHOLE, 2), (WHOLE, 1), (SLOW_WHOLE, 1)]
    with server(**seconds) as connect:
        for (valid, number), pause in itertools.product(pairs, (None, 0.1)):
            connection = connect()
            if pause is None:
                connection.sendall(valid + GARBAGE[fault])
            else:
                connection.sendall(valid)
                time.sleep(pause)  # until the response is in progress or complete
                connection.sendall(GARBAGE[fault])
            *answered, last = replies(to_the_end(connection))
            assert [status for status, _ in answered] == [200] * number
            assert all(b"Hello, world!" in body or b"awake" in body for _, body in answered)
            assert last[0] in {400, 408, 431}
        assert is_alive(connect)


def test_data_after_the_last_request_is_ignored() -> None:
    with server(header_seconds=5) as connect:
        for behind in (b"\0garbage\r\n\r\n", WHOLE, b"\r\n"):
            connection = connect()
            connection.sendall(CLOSING + behind)
            ((status, body),) = replies(to_the_end(connection))
            assert (status, orjson.loads(body)) == (200, {"data": {"hello": "Hello, world!"}})


def test_a_websocket_elsewhere_is_a_plain_request_and_the_connection_stays_open() -> None:
    asked = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    asked += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with server(header_seconds=5) as connect:
        connection = connect()
        connection.sendall(GET + asked + CLOSING)
        (ignored, _), (answered, _) = replies(to_the_end(connection))
        assert (ignored, answered) == (200, 200)


def test_http_1_1_needs_exactly_one_valid_host() -> None:
    invalid: list[list[str]] = [
        [], ["a b"], ["user@x"], [""], ["a", "a"], ["a", "b"], ["a,b"], ["a:b"], ["a:65536"], ["a:-1"], ["*"],
        ["a:80:80"], ["a/b"], ["http://a"], ["a?b"], ["a#b"], ["[::1"], ["::1"], ["[::g]"], ["[]"], ["\xe4"],
        ["[1.2.3.4]"], ["a\tb"], ["<a>"], ["a%00b"], ["a\\b"], [":80"], ["a" * 256], ['"a"'],
    ]  # fmt: skip
    with server(header_seconds=5) as connect:
        for hosts in invalid:
            lines = b"".join(b"Host: %s\r\n" % host.encode("latin-1") for host in hosts)
            for request in (
                WHOLE.replace(b"Host: a\r\n", lines),
                GET.replace(b"Host: a\r\n", lines) + b"\r\n",
            ):
                connection = connect()
                connection.sendall(request)
                assert refusal(connection) == (400, "BAD_REQUEST"), hosts
            # HTTP/1.0 doesn't need a Host header, but an invalid one is rejected.
            connection = connect()
            connection.sendall(b"GET /livez HTTP/1.0\r\n" + lines + b"\r\n")
            assert to_the_end(connection).startswith(b"HTTP/1.1 400" if hosts else b"HTTP/1.1 200"), hosts


def test_valid_hosts_are_served() -> None:
    valid = (
        "a", "localhost:8000", "API.Example.ORG", "xn--bcher-kva.example", "a_b-c.d.", "127.0.0.1:0", "a:",
        "[::1]", "[::1]:65535", "[2001:db8::192.0.2.1]:80", "1",
    )  # fmt: skip
    with server(header_seconds=5) as connect:
        for host in valid:
            connection = connect()
            connection.sendall(CLOSING.replace(b"Host: a", b"Host:  " + host.encode() + b" "))
            assert to_the_end(connection).startswith(b"HTTP/1.1 200"), host


def test_disconnecting_a_client_with_pipelined_requests_logs_no_error() -> None:
    failed: list[BaseException] = []
    gone, ended = threading.Event(), threading.Event()

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(gone.wait, PATIENCE)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            await send({"type": "http.response.body", "body": b"x"})
        except RuntimeError as error:
            failed.append(error)
        ended.set()

    with served(late, make_settings(), lifespan="off") as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), PATIENCE) as connection:
            connection.sendall((GET + b"\r\n") * 2 + b"\0garbage\r\n\r\n")
            # Closed with a reset, which is distinct from the end of the response.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.set()
        assert ended.wait(PATIENCE)
    assert failed == []


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"h2c\r\nUpgrade: foo"])
@pytest.mark.parametrize("pause", [None, 0, 5])
def test_upgrade_requests_are_served_as_http_1_1_with_their_body(protocol: bytes, pause: int | None) -> None:
    hidden = WHOLE.replace(b"Host: a", b"X-Request-Id: hidden")
    offer = b"Connection: keep-alive, Upgrade\r\nUpgrade: " + protocol + b"\r\n"
    for body, expected in ((BODY, [b"200"]), (hidden, [b"400"])):
        head = HEAD + offer + b"Content-Length: %d\r\n\r\n" % len(body)
        sent = head + body + WHOLE.replace(b"Host: a", b"Host: a\r\nConnection: close")
        with server() as connect:
            connection = connect()
            if pause is not None:  # the body is sent separately
                connection.sendall(sent[: len(head) + pause])
                time.sleep(0.05)
                sent = sent[len(head) + pause :]
            connection.sendall(sent)
            received = to_the_end(connection)
        statuses = re.findall(rb"HTTP/1\.1 (\d+)", received)
        assert statuses == [*expected, b"200"]
        assert b"hidden" not in received


@pytest.mark.parametrize("closing", [b"", b"Connection: close\r\n"])
def test_clients_that_do_not_read_the_response_are_disconnected(closing: bytes) -> None:
    with server(respond) as connect:
        connection = connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(GET + closing + b"\r\n")
        time.sleep(0.6)
        started = time.monotonic()
        with pytest.raises(ConnectionResetError):
            to_the_end(connection)
        assert time.monotonic() - started < 5


def test_clients_that_read_slowly_get_the_whole_response() -> None:
    with server(respond) as connect:
        connection = connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.sendall(GET + b"Connection: close\r\n\r\n")
        received, started = 0, time.monotonic()
        while part := connection.recv(400_000):
            received += len(part)
            time.sleep(0.01)
        assert received > BIG
        assert time.monotonic() - started > 3 * QUICK["send_seconds"]


def test_connections_above_the_limit_are_rejected() -> None:
    with server(max_connections=2, header_seconds=5) as connect:
        idle = [connect(), connect()]
        assert refusal(connect()) == (503, "SERVICE_UNAVAILABLE")
        idle[0].close()
        wait_until(lambda: is_alive(connect))


def test_the_request_timeout_starts_with_the_request() -> None:
    settings = make_settings(**QUICK)
    with served(make_app(**QUICK), settings) as url, httpx.Client(base_url=url) as client:
        for _ in range(2):
            assert client.post("/graphql", json={"query": "{ hello }"}).json()["data"]
            time.sleep(0.4)
