"""Runs one attempt of a job, and decides whether it is done, retried or failed permanently."""

import asyncio
import random
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Final, NoReturn

import orjson
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import JobId

from infocus_graphql.core.tasks import retrieve
from infocus_graphql.jobs.job_types import Handler, JobType, PermanentJobError, RetryableJobError

log = structlog.get_logger("infocus.jobs")

_MAX_CRASHES: Final = 5
# How often workers have picked the job since it was last enqueued; each pick but the last one was by a
# worker that crashed.
_PICKS: Final = """
    SELECT count(*) FROM pgqueuer_log WHERE job_id = $1 AND status = 'picked' AND id > coalesce((
        SELECT max(id) FROM pgqueuer_log WHERE job_id = $1 AND status = 'queued'
    ), 0)
"""


class _Abandoned(Exception):
    """The worker has to stop, or has lost its connection and with it its claim to the job."""


class JobRunner:
    """Runs jobs of one type on one connection, and reports the outcome to the library."""

    def __init__(
        self, kind: JobType, handler: Handler, driver: AsyncpgDriver, abandoned: asyncio.Event
    ) -> None:
        self._kind = kind
        self._handler = handler
        self._driver = driver
        self._abandoned = abandoned

    async def run(self, job: Job) -> None:
        """Runs a job. Raises RetryRequested to retry it, RetryableJobError to make it a dead letter.

        It raises no other exceptions, and none with a cause: the library stores their messages in the
        database, and they could contain personal data.
        """
        began = monotonic()
        try:
            crashes = await self._crashes(job.id)
            if crashes >= _MAX_CRASHES:
                raise PermanentJobError(f"{crashes} workers crashed while running this job")
            await self._finished(self._handler(orjson.loads(job.payload or b"{}")))
        except (_Abandoned, asyncio.CancelledError):
            # Also for a cancelled task, because the library deletes a job that ends with CancelledError.
            log.info("job requeued", kind=self._kind.name, job=job.id)
            raise RetryRequested(reason="the worker stopped") from None
        except Exception as error:
            self._failed(job, error)
        ms = round((monotonic() - began) * 1000, 1)
        log.info("job done", kind=self._kind.name, job=job.id, attempt=job.attempts + 1, ms=ms)

    async def _finished(self, work: Coroutine[Any, Any, None]) -> None:
        """Waits for the handler; cancels it after the timeout, or if the worker has to give up the job."""
        handling = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self._abandoned.wait())
        try:
            seconds = self._kind.timeout.total_seconds()
            done, _ = await asyncio.wait(
                (handling, leaving), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if handling in done:
                handling.result()
            elif leaving in done:
                raise _Abandoned
            else:
                raise RetryableJobError(f"timed out after {seconds:g} seconds")
        finally:
            leaving.cancel()
            if not handling.done():
                handling.cancel()
                await asyncio.wait((handling,))
            retrieve(handling)  # an exception during cancellation is not the reason for the failure

    async def _crashes(self, job: JobId) -> int:
        (row,) = await self._driver.fetch(_PICKS, job)
        return max(int(str(row["count"])) - 1, 0)

    def _failed(self, job: Job, error: Exception) -> NoReturn:
        """Raises the exception that makes the library retry the job later or keep it as a dead letter."""
        expected = isinstance(error, RetryableJobError)
        reason = str(error) if expected else type(error).__name__
        about = {"kind": self._kind.name, "job": job.id, "attempt": job.attempts + 1, "reason": reason}
        trace = None if expected else error
        if isinstance(error, PermanentJobError) or job.attempts + 1 >= self._kind.attempts:
            log.error("job failed permanently", **about, exc_info=trace)
            raise RetryableJobError(reason) from None
        delay = self._kind.delay(job.attempts, random.random())  # noqa: S311 - jitter
        log.warning("job failed", **about, again_in=round(delay.total_seconds(), 1), exc_info=trace)
        raise RetryRequested(delay, reason) from None
