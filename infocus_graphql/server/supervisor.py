"""The supervisor of several server processes: starts, replaces and stops them."""

import logging
import signal
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Final

from infocus_graphql.server.worker_process import Order, Report, run_worker

if TYPE_CHECKING:
    from infocus_graphql.server.protocol import HardenedConfig

log = logging.getLogger("infocus.serving")

NOT_STARTED: Final = 3  # exit status of a worker that can't start and would fail again
_PING_SECONDS: Final = 0.5
_HUNG: Final = 40  # pings without a pong; counted, because the clock jumps after a suspended machine resumes
_AGAIN_SECONDS: Final = 2.0  # between two starts after a worker died while starting
_MARGIN_SECONDS: Final = 10.0  # added to the drain time and the grace period
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(eq=False)
class _Worker:
    """The state of a worker process."""

    slot: int
    process: SpawnProcess
    pipe: "connection.Connection[bytes, bytes]"
    ready: bool = False
    leaving: bool = False
    silent: bool = False  # the worker has closed its end of the pipe
    replaces: "_Worker | None" = None
    unanswered: int = 0

    def order(self, order: Order) -> None:
        """Sends an order, unless the worker has ended."""
        try:
            self.pipe.send_bytes(order.value)
        except OSError:
            log.debug("worker %s has ended", self.process.pid)


class Supervisor:
    """Keeps one worker running for each listening socket.

    Every worker has all sockets and also accepts connections that wait at those of the others
    (`server/waiting.py`), so that no connection waits for a dead worker. A worker that dies is replaced at
    once. SIGHUP replaces all workers one by one, and SIGTERM to a worker replaces that one; a worker stops
    when its replacement is ready. SIGINT and SIGTERM to the supervisor stop all workers gracefully
    (`server/server.py`).
    """

    def __init__(
        self, config: "HardenedConfig", listeners: Sequence[socket.socket], *, drain: float, grace: float
    ) -> None:
        self._config, self._listeners = config, listeners
        self._drain = drain
        self._longest = drain + grace + _MARGIN_SECONDS
        self._workers: list[_Worker] = []
        self._to_replace: deque[_Worker] = deque()
        self._not_before = [0.0] * len(listeners)
        self._signals: deque[int] = deque()
        self._ending = self._failed = self._ever_ready = False
        self._killing_at = float("inf")
        self._pinging_at = 0.0

    def run(self) -> bool:
        """Runs until all workers have ended; returns False if they could not start."""
        with self._woken_by_signals() as woken:
            while self._workers or not self._ending:
                self._handle_signals()
                self._start_and_check_workers()
                pipes = [each.pipe for each in self._workers if not each.silent]
                sentinels = [each.process.sentinel for each in self._workers]
                if woken in connection.wait([woken, *pipes, *sentinels], _PING_SECONDS):
                    woken.recv(1024)
                for worker in list(self._workers):
                    self._read_reports(worker)
                    if worker.process.exitcode is not None:
                        self._remove(worker)
        return not self._failed

    def _handle_signals(self) -> None:
        while self._signals:
            if self._signals.popleft() == signal.SIGHUP:
                self._to_replace.extend(each for each in self._workers if not each.leaving)
            elif self._ending:
                self._order_all(Order.HASTEN)
            else:
                self._end()

    def _end(self) -> None:
        self._ending = True
        self._killing_at = monotonic() + self._longest
        for listener in self._listeners:
            listener.close()  # otherwise connections would queue here that no worker accepts
        for worker in self._workers:
            if worker.ready:
                worker.order(Order.DRAIN)
            else:
                worker.process.terminate()

    def _order_all(self, order: Order) -> None:
        for worker in self._workers:
            worker.order(order)

    def _start_and_check_workers(self) -> None:
        """Starts missing workers and replacements, and kills workers that hang."""
        if self._ending:
            if monotonic() > self._killing_at:
                for worker in self._workers:
                    worker.process.kill()
            return
        served = {each.slot for each in self._workers if not each.leaving}
        for slot, not_before in enumerate(self._not_before):
            if slot not in served and monotonic() >= not_before:
                self._start(slot)
        if self._to_replace and not any(each.replaces for each in self._workers if not each.ready):
            old = self._to_replace.popleft()
            if old in self._workers and not old.leaving:
                self._start(old.slot, replaces=old)
        if monotonic() >= self._pinging_at:
            self._pinging_at = monotonic() + _PING_SECONDS
            self._ping()

    def _start(self, slot: int, replaces: _Worker | None = None) -> None:
        # A new interpreter runs the code that is installed now, for example after SIGHUP. A fork server would
        # share memory, but it ends at a SIGTERM to the process group, and its workers would then seem dead.
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe()
        arguments = (self._config, self._listeners, slot, theirs, self._drain)
        process = spawn.Process(target=run_worker, args=arguments)
        resource_tracker.ensure_running()  # started later, it would reset the signal mask
        # While Python starts, Ctrl-C in a terminal would end the worker with a traceback.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()  # the worker has its own copy; only then does its exit close the pipe
        self._workers.append(_Worker(slot, process, ours, replaces=replaces))

    def _ping(self) -> None:
        for worker in self._workers:
            if worker.unanswered >= _HUNG:
                log.error("worker %s hangs and is killed", worker.process.pid)
                worker.process.kill()
            elif worker.ready and not worker.leaving:
                worker.unanswered += 1
                if worker.unanswered == 1:
                    worker.order(Order.PING)

    def _read_reports(self, worker: _Worker) -> None:
        try:
            while not worker.silent and worker.pipe.poll():
                report = Report(worker.pipe.recv_bytes())
                if report is Report.PONG:
                    worker.unanswered = 0
                elif report is Report.STOP_REQUESTED:
                    self._to_replace.append(worker)
                else:
                    worker.ready = self._ever_ready = True
                    if worker.replaces is not None:
                        worker.replaces.leaving = True
                        worker.replaces.order(Order.STOP)
                        worker.replaces = None
        except (EOFError, OSError):
            worker.silent = True

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.pipe.close()
        if self._ending or worker.leaving:
            return
        log.error("worker %s ended with status %s", worker.process.pid, worker.process.exitcode)
        if not worker.ready:
            self._not_before[worker.slot] = monotonic() + _AGAIN_SECONDS
        if worker.replaces is not None:
            log.error("replacement of the workers aborted")
            self._to_replace.clear()
        elif worker.process.exitcode == NOT_STARTED and not self._ever_ready:
            self._failed = True
            self._end()

    @contextmanager
    def _woken_by_signals(self) -> Iterator[socket.socket]:
        """A socket that becomes readable after a signal."""
        woken, waking = socket.socketpair()

        def take(number: int, frame: FrameType | None) -> None:
            self._signals.append(number)
            with suppress(BlockingIOError):  # the buffer is full, so the socket is readable anyway
                waking.send(b"\0")

        woken.setblocking(False)
        waking.setblocking(False)
        before = [(number, signal.signal(number, take)) for number in _SIGNALS]
        try:
            with woken, waking:
                yield woken
        finally:
            for number, handler in before:
                signal.signal(number, handler)
