"""Limits of sockets: connections, slow and silent clients, hostile frames, malformed handshakes."""

import os
import socket as sockets
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import OTHER_USER, HandshakeRefused, LiveServer, live_server, wait_until

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
PING = 0x9


def masked(opcode: int, data: bytes = b"", *, final: bool = True) -> bytes:
    """A client's frame, masked with zeros."""
    assert len(data) < 126
    return bytes([opcode | (0x80 if final else 0), 0x80 | len(data)]) + b"\0\0\0\0" + data


def raw(server: LiveServer, request: bytes) -> bytes:
    """Sends bytes, and reads until the server closes the connection or sends a frame."""
    parts = urlsplit(server.url)
    with sockets.create_connection((parts.hostname, parts.port), 10) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65_536):
            received += part
            if b"\r\n\r\n" in received and b"connection: close" not in received.lower():
                break
        return received


def test_connections_are_limited_in_total_and_per_user() -> None:
    with live_server(max_live_connections=4, max_live_connections_per_user=2) as server:
        payload = {"authorization": server.token()}
        first, second = server.ready(payload), server.ready(payload)
        third = server.connect()
        third.send(type="connection_init", payload=payload)
        assert third.closed() == (1013, "Too many connections; the limit is 2")
        others = [server.ready({"authorization": server.token(OTHER_USER)}) for _ in range(2)]
        with pytest.raises(HandshakeRefused) as refused:
            server.connect()
        assert refused.value.status == 503
        assert refused.value.headers["Retry-After"] == "1"
        assert b'"SERVICE_UNAVAILABLE"' in (refused.value.body or b"")
        assert httpx.get(f"{server.url}/livez").status_code == 200
        first.abort()
        wait_until(lambda: len(server.app.state.live) == 3)
        assert server.ready(payload).still_works()
        assert all(each.still_works() for each in (second, *others))


def test_operations_on_sockets_take_points_as_requests_do() -> None:
    with live_server(rate_limits="memory", rate_user="3/m", rate_anonymous="3/m") as server:
        socket = server.ready({"authorization": server.token()})
        types = []
        for number in range(5):
            socket.subscribe(str(number), "{ hello }")
            message = socket.receive()
            types.append(message["type"])
            if message["type"] == "next":
                assert socket.receive()["type"] == "complete"
        assert types == ["next"] * 3 + ["error"] * 2
        (error,) = message["payload"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["extensions"]["retryAfter"] > 0
        assert socket.still_works()
        body = {"query": "{ hello }"}
        response = httpx.post(f"{server.url}/graphql", json=body, headers={"Authorization": server.token()})
        assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


def test_all_connections_count_towards_the_limit_of_the_server() -> None:
    with live_server(max_connections=2) as server:
        server.ready()
        server.ready()
        assert httpx.get(f"{server.url}/livez").status_code == 503


def test_a_dead_client_is_disconnected() -> None:
    with live_server(socket_ping_seconds=0.3) as server:
        alive = server.ready()
        silent, stream = server.subscribed()
        while not stream.closed:
            assert alive.still_works()  # it responds to pings meanwhile
            time.sleep(0.05)
        received = silent.connection.recv(1000)
        assert [received[0] & 0xF, received[6] & 0xF] == [
            PING,
            0x8,
        ]  # a ping of six bytes, then the close frame


def test_a_slow_consumer_is_disconnected_and_others_are_not_delayed() -> None:
    with live_server(send_seconds=1) as server:
        slow, stream = server.subscribed()
        other, others = server.subscribed()
        big = f'"{"x" * 100_000}"'
        stream.feed(*[big] * 200)
        time.sleep(0.1)
        others.feed("1")
        began = time.monotonic()
        assert other.receive()["payload"] == {"data": {"tick": 1}}
        assert time.monotonic() - began < 0.5
        wait_until(lambda: stream.closed == 1)
        assert slow.closed() == (4008, "Slow consumer; reconnect and resume")
        assert other.still_works()


def test_a_client_that_never_reads_is_reset() -> None:
    with live_server(send_seconds=0.3) as server:
        slow, stream = server.subscribed()
        stream.feed(*[f'"{"x" * 100_000}"'] * 200)
        wait_until(lambda: len(server.app.state.live) == 0)
        time.sleep(1)
        with pytest.raises(ConnectionResetError):
            slow.closed()


def test_a_flood_of_pings_fills_no_memory(server: LiveServer) -> None:
    flooding, other = server.ready(), server.ready()
    flooding.connection.settimeout(0.5)
    data = masked(PING, b"x" * 100) * 500_000
    with pytest.raises(TimeoutError):  # the server stops reading while this client does not read its pongs
        flooding.connection.sendall(data)
    began = time.monotonic()
    assert other.still_works()
    assert time.monotonic() - began < 1
    flooding.abort()


def test_many_messages_at_once_delay_no_one(server: LiveServer) -> None:
    flooding, other = server.ready(), server.ready()
    flooding.connection.sendall(masked(0x1, b'{"type":"pong"}') * 12_000)
    began = time.monotonic()
    assert other.still_works()
    assert time.monotonic() - began < 1
    assert flooding.still_works()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (masked(0x1, b"\xff\xfe"), 1007),
        (masked(0x1, b"a", final=False) + masked(0x0, b"", final=False) * 1001, 1009),
        (masked(0x3), 1002),
        (masked(0x0), 1002),
        (masked(0x1, b"a", final=False) + masked(0x1, b"b"), 1002),
        (b"\x81\x01a", 1002),
        (masked(0x8, b"\x03\xe8"), 1000),
    ],
    ids=["UTF-8", "fragments", "opcode", "continuation", "interleaved", "unmasked", "close"],
)
def test_invalid_frames_close_the_socket(server: LiveServer, frames: bytes, code: int) -> None:
    socket, stream = server.subscribed()
    socket.connection.sendall(frames)
    assert socket.closed()[0] == code
    wait_until(lambda: stream.closed == 1)


def test_fragmented_messages_are_joined(server: LiveServer) -> None:
    socket = server.ready()
    text = '{"type":"ping","payload":{"a":"ä"}}'.encode()
    middle = text.index("ä".encode()) + 1  # inside of the character
    parts = masked(0x1, text[:middle], final=False) + masked(PING, b"between") + masked(0x0, text[middle:])
    for byte in parts:
        socket.connection.sendall(bytes([byte]))
    assert socket.receive() == {"type": "pong", "payload": {"a": "ä"}}


def test_malformed_handshakes_are_plain_requests(server: LiveServer) -> None:
    for old, new in (
        (b"Version: 13", b"Version: 8"),
        (b"Sec-WebSocket-Version: 13\r\n", b""),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        (b"Host: a\r\n", b"Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        (b"Upgrade: websocket\r\n", b""),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nUpgrade: h2c"),
        (b"Host: a\r\n", b"Host: a\r\nContent-Length: 0\r\n"),
    ):
        received = raw(server, HANDSHAKE.replace(old, new) + b"Accept: */*\r\n\r\n")
        assert received.startswith(b"HTTP/1.1 400"), new
        assert b"sec-websocket-version: 13" in received.lower(), new
    assert raw(server, HANDSHAKE + b"\r\n").startswith(b"HTTP/1.1 101")
    no_host = HANDSHAKE.replace(b"Host: a\r\n", b"") + b"\r\n"
    assert raw(server, no_host).startswith(b"HTTP/1.1 400")
    long_line = HANDSHAKE + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n"
    assert raw(server, long_line).startswith(b"HTTP/1.1 431")
    many = HANDSHAKE + b"".join(b"X-%d: y\r\n" % number for number in range(100)) + b"\r\n"
    assert raw(server, many).startswith(b"HTTP/1.1 431")
    cookies = HANDSHAKE + b"Cookie: " + b"x" * 9000 + b"\r\n\r\n"
    assert raw(server, cookies).startswith(b"HTTP/1.1 431")


def test_data_around_a_handshake_is_refused(server: LiveServer) -> None:
    hidden = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: hidden\r\n\r\n"
    for request in (
        HANDSHAKE + b"\r\n" + hidden,
        HANDSHAKE + b"\r\n" + masked(PING),
        HANDSHAKE + b"\r\n" + b"x" * 100_000,
    ):
        received = raw(server, request)
        assert b"101 Switching" not in received
        assert b"hidden" not in received
    slow = b'{"query":"{ slow(seconds: 0.2) }"}'
    first = (
        b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(slow)
    )
    received = raw(server, first + slow + HANDSHAKE + b"\r\n")
    assert b'"awake"' in received
    assert b"101 Switching" not in received


def test_a_socket_survives_the_timeouts_of_requests() -> None:
    quick: dict[str, Any] = {"header_seconds": 0.2, "body_seconds": 0.2, "send_seconds": 0.2}
    with live_server(keep_alive_seconds=1, **quick) as server:
        socket, stream = server.subscribed()
        time.sleep(1.3)
        stream.feed("1")
        assert socket.receive()["payload"] == {"data": {"tick": 1}}


def test_a_thousand_sockets_leave_nothing_behind() -> None:
    with live_server(max_live_connections_per_user=1000) as server:
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
        for _ in range(10):
            opened = [server.subscribed()[0] for _ in range(20)]
            for each in opened:
                each.abort()
        wait_until(lambda: all(stream.closed == 1 for stream in server.streams))
        assert len(server.app.state.live) == 0
        if before is not None:
            wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 2)
