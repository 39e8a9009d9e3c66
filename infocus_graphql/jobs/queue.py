"""The job queue: enqueues jobs in a transaction, counts them, and manages dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Executable, bindparam, text
from sqlalchemy.types import ARRAY, BigInteger, Interval

from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.jobs.job_types import JobData, JobType

_BATCH_SIZE: Final = 1000

# Servers enqueue with statements of ours, because the library's import takes 60 ms and 8 MiB, which only
# workers need. The statements do what its `enqueue` and `requeue_jobs` do.
_ENQUEUE: Final = text("""
    WITH added AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
        VALUES (0, :kind, :payload, now() + :delay, :key, 'queued')
        ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING
        RETURNING id, entrypoint, priority
    )
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
    SELECT id, 'queued', entrypoint, priority FROM added
    RETURNING job_id
""").bindparams(bindparam("delay", type_=Interval(native=True)))
_COUNTS: Final = text("""
    SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS waiting,
        count(*) FILTER (WHERE status = 'queued' AND execute_after > now()) AS delayed,
        count(*) FILTER (WHERE status = 'picked') AS running,
        count(*) FILTER (WHERE status = 'failed') AS dead
    FROM pgqueuer
""")
_DEAD: Final = text("""
    SELECT job.id, job.entrypoint AS kind, job.attempts + 1 AS attempts, job.created AS created_at,
        job.updated AS failed_at, coalesce(last.reason, '') AS reason
    FROM pgqueuer AS job
    LEFT JOIN LATERAL (
        SELECT traceback ->> 'exception_message' AS reason FROM pgqueuer_log
        WHERE job_id = job.id AND status = 'failed' ORDER BY created DESC, id DESC LIMIT 1
    ) AS last ON true
    WHERE job.status = 'failed'
    ORDER BY job.id
    LIMIT :limit
""")
# A job with a key that a newer job holds stays a dead letter, because the two must not run concurrently.
_REVIVABLE: Final = text("""
    SELECT job.id FROM pgqueuer AS job
    WHERE job.status = 'failed' AND job.id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM pgqueuer AS other
        WHERE other.dedupe_key = job.dedupe_key AND other.status IN ('queued', 'picked')
    )
    ORDER BY job.id
    FOR UPDATE
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_REVIVE: Final = text("""
    WITH revived AS (
        UPDATE pgqueuer SET status = 'queued', execute_after = now(), updated = now(), attempts = 0,
            queue_manager_id = NULL
        WHERE id = ANY(:ids) AND status = 'failed'
        RETURNING id, entrypoint, priority
    )
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
    SELECT id, 'queued', entrypoint, priority FROM revived
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_DROP: Final = text("""
    WITH dropped AS (
        DELETE FROM pgqueuer WHERE status = 'failed' AND id = ANY(:ids) RETURNING id, entrypoint, priority
    ), noted AS (
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'deleted', entrypoint, priority FROM dropped
    )
    SELECT id FROM dropped ORDER BY id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_PURGE_DEAD: Final = text("""
    DELETE FROM pgqueuer WHERE id IN (
        SELECT id FROM pgqueuer WHERE status = 'failed' AND updated < now() - :age
        LIMIT :most FOR UPDATE SKIP LOCKED
    )
""").bindparams(bindparam("age", type_=Interval(native=True)))
_PURGE_LOG: Final = text("""
    DELETE FROM pgqueuer_log WHERE id IN (
        SELECT id FROM pgqueuer_log WHERE created < now() - :age LIMIT :most FOR UPDATE SKIP LOCKED
    )
""").bindparams(bindparam("age", type_=Interval(native=True)))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A permanently failed job with its reason, without its data, which may contain secrets."""

    id: int
    kind: str
    attempts: int
    created_at: datetime
    failed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of jobs in each state; finished jobs are deleted."""

    waiting: int
    delayed: int
    running: int
    dead: int


async def enqueue(
    work: UnitOfWork, kind: JobType, data: JobData, *, key: str | None = None, delay: timedelta = timedelta()
) -> bool:
    """Adds a job in the caller's transaction; workers see it after the commit.

    At most one job with the same `key` waits or runs at a time: returns False if there is one already.
    """
    values = {"kind": kind.name, "payload": orjson.dumps(dict(data)), "delay": delay, "key": key}
    return await work.session.scalar(_ENQUEUE, values) is not None


def counts_statement() -> Executable:
    """A SELECT of one row with the columns of `Counts`."""
    return _COUNTS


async def counts(unit: ReadUnit) -> Counts:
    """The number of jobs in each state."""
    row = (await unit.execute(_COUNTS)).one()
    return Counts(*row)


async def dead_letters(unit: ReadUnit, *, limit: int = _BATCH_SIZE) -> list[DeadLetter]:
    """The permanently failed jobs, oldest first."""
    rows = await unit.execute(_DEAD.bindparams(limit=limit))
    return [DeadLetter(*row) for row in rows]


async def retry(work: UnitOfWork, ids: Sequence[int]) -> list[int]:
    """Enqueues dead letters again with all their attempts; returns the ids of those that could be."""
    found: list[Any] = list(await work.session.scalars(_REVIVABLE, {"ids": list(ids)}))
    await work.session.execute(_REVIVE, {"ids": found})
    return found


async def drop(work: UnitOfWork, ids: Sequence[int]) -> list[int]:
    """Deletes dead letters with their data; returns the ids of those that existed."""
    return list(await work.session.scalars(_DROP, {"ids": list(ids)}))


async def purge_dead_jobs(work: UnitOfWork, age: timedelta) -> bool:
    """Deletes a batch of dead letters older than `age`; returns whether there may be more."""
    return await _purge(work, _PURGE_DEAD, age)


async def purge_job_log(work: UnitOfWork, age: timedelta) -> bool:
    """Deletes a batch of job log entries older than `age`; returns whether there may be more."""
    return await _purge(work, _PURGE_LOG, age)


async def _purge(work: UnitOfWork, statement: Executable, age: timedelta) -> bool:
    result: Any = await work.session.execute(statement, {"age": age, "most": _BATCH_SIZE})
    return bool(result.rowcount == _BATCH_SIZE)
