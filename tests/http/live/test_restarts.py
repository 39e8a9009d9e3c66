"""A server that stops ends its live connections spread over time, and none loses a result."""

import asyncio
import re
import time
from typing import Any

import pytest

from .conftest import HandshakeRefused, LiveServer, event_stream, live_server, wait_until

RESTART = (1012, "The server is restarting; reconnect")


def drain(server: LiveServer, seconds: float) -> None:
    """Does what the server does at shutdown."""
    loop: asyncio.AbstractEventLoop = server.stream()._loop
    loop.call_soon_threadsafe(server.app.state.live.drain, seconds)


def test_clients_are_told_to_reconnect_spread_over_time() -> None:
    with live_server() as server:
        opened = [server.subscribed()[0] for _ in range(15)]
        began = time.monotonic()
        drain(server, 1.0)
        ends = []
        for each in opened:
            assert each.closed() == RESTART
            ends.append(time.monotonic() - began)
        assert 0.4 < max(ends) < 3
        wait_until(lambda: all(stream.closed == 1 for stream in server.streams))


def test_results_of_running_operations_arrive_before_the_end() -> None:
    with live_server() as server:
        socket, stream = server.subscribed()
        socket.subscribe("2", "mutation { signIn }")
        assert [socket.receive()["id"] for _ in range(2)] == ["2", "2"]
        socket.subscribe("3", "{ slow(seconds: 0.5) }")
        assert socket.still_works()
        drain(server, 0)
        stream.feed("1")
        assert socket.receive()["payload"] == {"data": {"tick": 1}}
        assert socket.receive()["payload"] == {"data": {"slow": "awake"}}
        assert socket.closed() == RESTART


def test_a_stopping_server_accepts_no_further_connections() -> None:
    with live_server() as server:
        server.subscribed()
        drain(server, 5)
        wait_until(lambda: bool(server.app.state.live._draining))
        with pytest.raises(HandshakeRefused) as refused:
            server.connect()
        assert refused.value.status == 503
        with event_stream(server) as response:
            assert response.status_code == 503


def test_an_event_stream_ends_incomplete_with_a_random_pause() -> None:
    pauses: set[Any] = set()
    for _ in range(3):
        with live_server() as server, event_stream(server) as response:
            server.stream().feed("1")
            drain(server, 0.2)
            found = re.fullmatch(
                rb"retry: 3000\n\n(?:id: ev_1\nevent: next\ndata: \{.*\}\n\n)?retry: (\d+)\n\n",
                response.read(),
            )
            assert found is not None
            pauses.add(int(found[1]))
    assert all(1000 <= pause <= 10_000 for pause in pauses)
    assert len(pauses) > 1
