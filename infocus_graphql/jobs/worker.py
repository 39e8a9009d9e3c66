"""The worker: dequeues and runs jobs, within a server process or on its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final, Protocol

import asyncpg
import structlog
from pgqueuer import AsyncpgDriver, PgQueuer
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.domain.types import Channel

from infocus_graphql.core.tasks import retrieve
from infocus_graphql.db.database import Database
from infocus_graphql.jobs.adapter import NAMES, queries_on
from infocus_graphql.jobs.job_types import Handler, JobType, RetryableJobError, Schedule
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.jobs.runner import JobRunner

log = structlog.get_logger("infocus.jobs")


def _not_logged_by_us(record: logging.LogRecord) -> bool:
    """Drops the library's log records about failures that `JobRunner` has logged already."""
    return not (record.exc_info and isinstance(record.exc_info[1], RetryableJobError))


logging.getLogger("pgqueuer").addFilter(_not_logged_by_us)

Connect = Callable[[], Awaitable[asyncpg.Connection]]

_BATCH: Final = 5
_MAX_CONCURRENT_JOBS: Final = 10
_LONGEST_PAUSE: Final = 5.0
_GOODBYE_SECONDS: Final = 1.0
_SAME_TICK: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class WorkerTiming:
    """The time limits of a worker.

    A worker keeps renewing its lease of a job; `lease` after the last renewal another worker may take the job
    over. `poll` is the longest interval between two checks of the queue without a notification. Together they
    bound how long a killed worker's job waits. `grace` is the time that running jobs get at shutdown.
    """

    lease: timedelta = timedelta(seconds=6)
    poll: timedelta = timedelta(seconds=2)
    grace: timedelta = timedelta(seconds=10)


class Companion(Protocol):
    """A task that runs beside the jobs of a worker, and is woken by notifications on a channel."""

    channel: str

    def wake(self) -> None:
        """Called for each notification."""

    async def run(self) -> None:
        """Runs until it is cancelled."""


class Worker:
    """Runs jobs until it is stopped; reconnects if the database is unavailable."""

    def __init__(
        self,
        database: Database,
        connect: Connect,
        handlers: Mapping[JobType, Handler],
        schedules: Sequence[Schedule] = (),
        pace: WorkerTiming | None = None,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._database = database
        self._connect = connect
        self._handlers = handlers
        self._schedules = schedules
        self._pace = pace or WorkerTiming()
        self._companions = companions
        self._stopping = asyncio.Event()
        self._aborting = asyncio.Event()
        self._shutdown: asyncio.Event | None = None

    def stop(self) -> None:
        """Stops dequeuing jobs. A second call also aborts the running ones."""
        if self._stopping.is_set():
            self._aborting.set()
        self._stopping.set()
        if self._shutdown is not None:
            self._shutdown.set()

    async def run(self) -> None:
        """Runs until `stop`; returns when running jobs are done, or requeued after the grace period."""
        serving = asyncio.create_task(self._serve())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                grace = self._pace.grace.total_seconds()
                alarm = asyncio.get_running_loop().call_later(grace, self._aborting.set)
                await asyncio.wait((serving,), timeout=grace + _GOODBYE_SECONDS)
                alarm.cancel()
        finally:
            stopping.cancel()
            serving.cancel()
            serving.add_done_callback(retrieve)  # raised below, unless this is cancelled
            await asyncio.wait((serving, stopping), timeout=_GOODBYE_SECONDS)
        if serving.done() and not serving.cancelled():
            serving.result()

    async def _serve(self) -> None:
        """Serves on one connection after another until the worker is stopped."""
        pause = 0.0
        while not self._stopping.is_set():
            began = monotonic()
            try:
                await self._serve_on(await self._connect())
            except Exception as error:  # reconnect after any error
                if monotonic() - began > _LONGEST_PAUSE:
                    pause = 0.0
                pause = min(_LONGEST_PAUSE, 2 * pause or 0.25)
                log.warning("worker waits for the database", reason=type(error).__name__, seconds=pause)
                await _either(self._stopping, pause)

    async def _serve_on(self, connection: asyncpg.Connection) -> None:
        abandoned = asyncio.Event()
        # Without its connection a worker can't renew its leases, and other workers will run its jobs.
        connection.add_termination_listener(lambda _: abandoned.set())
        driver = AsyncpgDriver(connection)
        library = PgQueuer(driver, Channel(NAMES.channel), queries=queries_on(driver))
        for kind, handler in self._handlers.items():
            attempts = JobRunner(kind, handler, driver, abandoned)
            library.entrypoint(kind.name, on_failure="hold", accepts_context=False)(attempts.run)
        for schedule in self._schedules:
            run_schedule = self._enqueue_when_due(schedule)
            library.schedule(schedule.kind.name, schedule.cron, accepts_context=False)(run_schedule)
        self._shutdown = library.shutdown
        if self._stopping.is_set():
            library.shutdown.set()
        for each in self._companions:
            await connection.add_listener(each.channel, partial(_wake, each))
        tasks = [asyncio.create_task(_follow(self._aborting, abandoned))]
        tasks += [asyncio.create_task(each.run()) for each in self._companions]
        try:
            log.info("worker started", kinds=len(self._handlers), schedules=len(self._schedules))
            await library.run(
                dequeue_timeout=self._pace.poll,
                batch_size=_BATCH,
                max_concurrent_tasks=_MAX_CONCURRENT_JOBS,
                heartbeat_timeout=self._pace.lease,
                log_aggregation_interval=timedelta(0),  # we don't use the statistics
            )
        finally:
            for task in tasks:
                task.cancel()
            self._shutdown = None
            connection.terminate()
            await asyncio.wait(tasks, timeout=_GOODBYE_SECONDS)

    def _enqueue_when_due(self, schedule: Schedule) -> Callable[[Due], Awaitable[None]]:
        """A function that enqueues a due job, once for all workers."""

        async def enqueue_due(due: Due) -> None:
            # Clock skew: a worker whose clock is behind considers the same minute due again. Both times here
            # are the database's (`updated` is now), and cron schedules are at least a minute apart.
            if due.last_run is not None and due.updated - due.last_run < _SAME_TICK:
                return
            key = f"schedule:{schedule.kind.name}"
            await self._database.transaction(enqueue, schedule.kind, {}, key=key)

        return enqueue_due


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Worker]:
    """Runs the worker for the duration of the block."""
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running


def _wake(companion: Companion, *_: object) -> None:
    companion.wake()


async def _follow(leader: asyncio.Event, follower: asyncio.Event) -> None:
    await leader.wait()
    follower.set()


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Waits for the event, at most this long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
