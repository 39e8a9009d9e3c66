"""A server process with a graceful shutdown that loses no request behind a load balancer."""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from infocus_graphql.server.protocol import HardenedConfig
from infocus_graphql.server.waiting import Waiting, accept_waiting

log = logging.getLogger("infocus.serving")

_TICK: Final = 0.1
_GIVING_UP_SECONDS: Final = 2.0
_SHARE_OF_DRAIN: Final = 0.8  # in which clients reconnect; the rest is for those that are late
_RECONNECT_SECONDS: Final = 3.0  # without draining


class Server(uvicorn.Server):
    """uvicorn's server, which drains before it stops listening.

    The first signal makes `/readyz` fail while the server keeps serving for `drain_seconds`, so that load
    balancers remove it; a second signal skips the rest of this time. Then it stops listening, and running
    requests may finish within the configured grace period; another signal skips that too.
    """

    config: HardenedConfig

    def __init__(
        self, config: HardenedConfig, *, drain_seconds: float, others: Sequence[socket.socket] = ()
    ) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._others = others
        self._closing = False

    def drain(self) -> None:
        """Starts the shutdown with draining, unless it has started already."""
        self.should_exit = True

    def stop(self) -> None:
        """Starts the shutdown without draining, for example when another process has taken over."""
        self._drain_seconds = 0
        self.should_exit = True

    def hasten(self) -> None:
        """Skips the rest of the current shutdown phase."""
        if self._closing:
            self.force_exit = True
        else:
            self._closing = self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handles a termination signal."""
        if self.should_exit:
            self.hasten()
        else:
            self.drain()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles signals while the server runs, without re-raising them at the end as uvicorn does."""
        before = [(number, signal.signal(number, self.handle_exit)) for number in HANDLED_SIGNALS]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening, unless the shutdown has started before that."""
        if not self.should_exit:
            await super().startup(sockets)

    async def main_loop(self) -> None:
        """Serves until a signal, then drains."""
        waiting = Waiting(self._others, self.make_protocol, self._has_room)
        try:
            await super().main_loop()
            await self._drain()
        finally:
            await waiting.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, waits for running requests, and shuts down the application."""
        self._closing = self.config.leaving = True
        self._end_live_connections(min(_RECONNECT_SECONDS, self._grace / 3))
        listeners = (*(sockets or ()), *self._others)
        for listener in listeners:
            await accept_waiting(listener, self.make_protocol)
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        for client in list(self.server_state.connections):
            client.shutdown()
        await self._finish()
        await self.lifespan.shutdown()

    def make_protocol(self) -> asyncio.Protocol:
        """Creates the protocol of a new connection."""
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def _drain(self) -> None:
        if self._drain_seconds > 0:
            self.config.loaded_app.state.health.stop()
            self.config.leaving = True
            self._end_live_connections(self._drain_seconds * _SHARE_OF_DRAIN)
        until = monotonic() + self._drain_seconds
        ticks = 0
        while monotonic() < until and not self._closing:
            await asyncio.sleep(_TICK)
            ticks += 1
            await self.on_tick(ticks)  # keeps the Date header up to date

    async def _finish(self) -> None:
        """Waits for connections and requests, and aborts those that exceed the grace period."""
        state = self.server_state
        until = monotonic() + self._grace
        # uvicorn's sets have no event to wait for.
        while (state.connections or state.tasks) and monotonic() < until and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(_TICK)
        if requests := list(state.tasks):
            log.warning("%s requests aborted at shutdown", len(requests))
            for request in requests:
                request.cancel()
            # They still use the database, which the application closes at its shutdown.
            await asyncio.wait(requests, timeout=_GIVING_UP_SECONDS)

    @property
    def _grace(self) -> float:
        return self.config.timeout_graceful_shutdown or 0

    def _end_live_connections(self, seconds: float) -> None:
        """Makes clients with WebSockets and event streams reconnect, spread over time."""
        live = getattr(getattr(self.config.loaded_app, "state", None), "live", None)
        if live is not None:
            live.drain(seconds)

    def _has_room(self) -> bool:
        return len(self.server_state.connections) < self.config.bounds.connections


class ReloadedServer(Server):
    """The server under a reloader, which forwards signals that a terminal sends to both processes."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles only SIGTERM, because Ctrl-C would arrive twice."""
        with super().capture_signals():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            yield
