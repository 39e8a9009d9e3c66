"""A server process under a supervisor, and the messages between the two."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from types import FrameType
from typing import TYPE_CHECKING

from infocus_graphql.server.server import Server

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from infocus_graphql.server.protocol import HardenedConfig


class Order(Enum):
    """A message from the supervisor to a worker."""

    PING = b"ping"
    DRAIN = b"drain"
    STOP = b"stop"
    HASTEN = b"hasten"


class Report(Enum):
    """A message from a worker to the supervisor."""

    READY = b"ready"
    PONG = b"pong"
    STOP_REQUESTED = b"stop requested"  # the worker received SIGTERM or SIGINT


def run_worker(
    config: "HardenedConfig",
    listeners: Sequence[socket.socket],
    number: int,
    pipe: "Connection[bytes, bytes]",
    drain: float,
) -> None:
    """Serves on the listener with this number until the supervisor orders a stop, or has ended."""
    own = listeners[number]
    others = [each for each in listeners if each.fileno() != own.fileno()]
    _WorkerServer(config, pipe, drain_seconds=drain, others=others).run([own])


class _WorkerServer(Server):
    """A server that obeys orders; it only reports signals, as terminals and systemd signal all processes."""

    def __init__(
        self,
        config: "HardenedConfig",
        pipe: "Connection[bytes, bytes]",
        *,
        drain_seconds: float,
        others: Sequence[socket.socket],
    ) -> None:
        super().__init__(config, drain_seconds=drain_seconds, others=others)
        self._pipe = pipe

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._take_order)
        self._report(Report.READY)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the supervisor
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.started:
            self._report(Report.STOP_REQUESTED)
        else:
            self.stop()

    def _take_order(self) -> None:
        try:
            order = Order(self._pipe.recv_bytes())
        except (EOFError, OSError):  # the supervisor has ended
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self.drain()
            return
        if order is Order.PING:
            self._report(Report.PONG)
        elif order is Order.DRAIN:
            self.drain()
        elif order is Order.STOP:
            self.stop()
        else:
            self.hasten()

    def _report(self, report: Report) -> None:
        try:
            self._pipe.send_bytes(report.value)
        except OSError:
            self.drain()
