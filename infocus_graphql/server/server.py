"""A server process that ends in steps, so that a load balancer never sends it a request in vain."""

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
from infocus_graphql.server.waiting import Waiting, take

log = logging.getLogger("infocus.serving")

_TICK: Final = 0.1
_GIVING_UP_SECONDS: Final = 2.0


class Server(uvicorn.Server):
    """uvicorn's server, which drains before it stops listening.

    The first signal makes `/readyz` fail, and the server goes on for `drain_seconds`, in which balancers take
    it out; the second signal ends this time. Then it stops listening, and running requests get the grace of
    the configuration to finish; one more signal ends that, too.
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
        """Begins the end; does nothing when it has begun."""
        self.should_exit = True

    def stop(self) -> None:
        """Begins the end without draining, as when another process goes on in place of this one."""
        self._drain_seconds = 0
        self.should_exit = True

    def hasten(self) -> None:
        """Ends the present step of the end."""
        if self._closing:
            self.force_exit = True
        else:
            self._closing = self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes a signal that ends the process."""
        if self.should_exit:
            self.hasten()
        else:
            self.drain()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes signals for as long as the server runs, and keeps them to itself."""
        before = [(number, signal.signal(number, self.handle_exit)) for number in HANDLED_SIGNALS]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, unless it has been told to end before that."""
        if not self.should_exit:
            await super().startup(sockets)

    async def main_loop(self) -> None:
        """Serves until a signal, and goes on until balancers know."""
        waiting = Waiting(self._others, self.make_protocol, self._has_room)
        try:
            await super().main_loop()
            await self._drain()
        finally:
            await waiting.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, lets running requests finish, and ends the application."""
        self._closing = self.config.leaving = True
        listeners = (*(sockets or ()), *self._others)
        for listener in listeners:
            await take(listener, self.make_protocol)
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        for client in list(self.server_state.connections):
            client.shutdown()
        await self._finish()
        await self.lifespan.shutdown()

    def make_protocol(self) -> asyncio.Protocol:
        """What reads requests from a connection."""
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def _drain(self) -> None:
        if self._drain_seconds > 0:
            self.config.loaded_app.state.health.stop()
            self.config.leaving = True
        until = monotonic() + self._drain_seconds
        ticks = 0
        while monotonic() < until and not self._closing:
            await asyncio.sleep(_TICK)
            ticks += 1
            await self.on_tick(ticks)  # the time in the headers goes on

    async def _finish(self) -> None:
        """Waits for connections and requests, and gives up those that take longer than the grace."""
        state = self.server_state
        until = monotonic() + (self.config.timeout_graceful_shutdown or 0)
        # uvicorn's sets have no event that could be waited for.
        while (state.connections or state.tasks) and monotonic() < until and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(_TICK)
        if requests := list(state.tasks):
            log.warning("%s requests aborted at shutdown", len(requests))
            for request in requests:
                request.cancel()
            # They still use the database, which the application closes at its end.
            await asyncio.wait(requests, timeout=_GIVING_UP_SECONDS)

    def _has_room(self) -> bool:
        return len(self.server_state.connections) < self.config.bounds.connections


class ReloadedServer(Server):
    """The server below a process that watches the code and passes on what a terminal sends to both."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes SIGTERM alone, or Ctrl-C would come twice."""
        with super().capture_signals():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            yield
