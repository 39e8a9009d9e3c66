"""Tokens of sockets: how they are sent, renewed and revoked; and pages of other origins."""

import time
from datetime import timedelta
from typing import Any

import pytest

from infocus_graphql.core.clock import now

from .conftest import OTHER_USER, USER, HandshakeRefused, LiveServer, live_server, wait_until

ME = "{ me }"


def me(server: LiveServer, socket: Any) -> str | None:
    """The viewer of a query on the socket."""
    socket.subscribe("me", ME)
    found: str | None = socket.receive()["payload"]["data"]["me"]
    assert socket.receive()["type"] == "complete"
    return found


def soon(seconds: float) -> Any:
    """A time for the expiry of a token; tokens have whole seconds."""
    return now() + timedelta(seconds=seconds)


def test_the_token_comes_with_init_or_with_the_handshake(server: LiveServer) -> None:
    token = server.token()
    assert me(server, server.ready()) is None
    assert me(server, server.ready({"authorization": token})) == USER
    assert me(server, server.ready({"Authorization": token})) == USER
    assert me(server, server.ready(headers={"Authorization": token})) == USER
    both = server.ready({"authorization": token}, headers={"Authorization": server.token(OTHER_USER)})
    assert me(server, both) == USER


def test_an_invalid_token_is_refused(server: LiveServer) -> None:
    expired = server.token(not_after=soon(-10))
    for authorization, reason in (
        ("Bearer nonsense", "the token is not valid, or its session has ended"),
        ("Basic eDp5", "the token is not valid, or its session has ended"),
        ("", "the token is not valid, or its session has ended"),
        (expired, "token expired"),
    ):
        socket = server.connect()
        socket.send(type="connection_init", payload={"authorization": authorization})
        assert socket.closed() == (4401, reason)
    socket = server.connect(headers={"Authorization": "Bearer nonsense"})
    socket.send(type="connection_init")
    assert socket.closed()[0] == 4401


def test_an_expired_token_ends_the_socket(server: LiveServer) -> None:
    socket, stream = server.subscribed(payload={"authorization": server.token(not_after=soon(2))})
    began = time.monotonic()
    assert socket.closed() == (4401, "token expired")
    assert time.monotonic() - began < 5
    wait_until(lambda: stream.closed == 1)


def test_a_revoked_session_ends_the_socket(server: LiveServer) -> None:
    session = "se" + "r" * 25
    socket, stream = server.subscribed(payload={"authorization": server.token(session=session)})
    other = server.ready({"authorization": server.token()})
    server.app.state.services.tokens.revoked.add(session)
    began = time.monotonic()
    assert socket.closed() == (4401, "the token is not valid, or its session has ended")
    assert time.monotonic() - began < 5
    wait_until(lambda: stream.closed == 1)
    assert other.still_works()


def test_a_revoked_session_can_start_nothing(server: LiveServer) -> None:
    session = "se" + "q" * 25
    socket = server.ready({"authorization": server.token(session=session)})
    server.app.state.services.tokens.revoked.add(session)
    socket.subscribe("1", ME)
    assert socket.closed()[0] == 4401


def test_a_ping_renews_the_token(server: LiveServer) -> None:
    socket, stream = server.subscribed(payload={"authorization": server.token(not_after=soon(2))})
    renewed = server.token(session="se" + "n" * 25)
    socket.send(type="ping", payload={"authorization": renewed})
    assert socket.receive() == {"type": "pong"}  # the token is not sent back
    assert stream.viewer.session_id == "se" + "n" * 25
    time.sleep(3)
    assert me(server, socket) == USER
    stream.feed("1")
    assert socket.receive()["payload"] == {"data": {"tick": 1}}


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [(USER, OTHER_USER, 4403), (None, USER, 4403), (USER, "nonsense", 4401), (USER, None, 4400)],
)
def test_only_a_token_of_the_same_user_renews(
    server: LiveServer, before: str | None, after: str | None, code: int
) -> None:
    socket = server.ready(None if before is None else {"authorization": server.token(before)})
    token: Any = {None: 5, "nonsense": "Bearer nonsense"}.get(after) or server.token(after or "")
    socket.send(type="ping", payload={"authorization": token})
    assert socket.closed()[0] == code


def test_a_token_can_not_be_renewed_before_init(server: LiveServer) -> None:
    socket = server.connect()
    socket.send(type="ping", payload={"authorization": server.token()})
    assert socket.closed()[0] == 4401


def test_cookies_are_neither_read_nor_set(server: LiveServer) -> None:
    socket = server.ready(headers={"Cookie": "infocus_refresh=secret", "User-Agent": "Phone"})
    socket.subscribe("1", "{ client }")
    assert socket.receive()["payload"]["data"]["client"] == ["127.0.0.0/24", "Phone", None]
    assert socket.receive()["type"] == "complete"


def test_pages_of_other_origins_are_refused() -> None:
    with live_server(cors_origins="https://app.example.org") as server:
        host = server.url.removeprefix("http://")
        for origin in (
            "https://evil.example.com",
            "null",
            "http://localhost:1",
            "https://app.example.org.evil.com",
        ):
            with pytest.raises(HandshakeRefused) as refused:
                server.connect(headers={"Origin": origin})
            assert refused.value.status == 403, origin
            assert b'"CROSS_ORIGIN"' in (refused.value.body or b"")
        for origin in ("https://app.example.org", f"http://{host}"):
            assert server.ready(headers={"Origin": origin}).still_works()
    with live_server(cors_local_pages=True) as server:
        assert server.ready(headers={"Origin": "http://localhost:3000"}).still_works()


def test_the_address_comes_from_a_trusted_proxy_only() -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    for trusted, expected in (("127.0.0.0/8", "203.0.113.0/24"), ("10.0.0.0/8", "127.0.0.0/24")):
        with live_server(trusted_proxies=trusted) as server:
            socket = server.ready(headers=forwarded)
            socket.subscribe("1", "{ client }")
            assert socket.receive()["payload"]["data"]["client"][0] == expected
