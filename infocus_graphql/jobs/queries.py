"""The queue's tables as SELECTs for displaying jobs. The data of jobs is never selected."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from infocus_graphql.db.sql_types import SqlExpression, SqlSelect

_JOBS: Final = table(
    "pgqueuer",
    column("id", BigInteger),
    column("entrypoint", Text),
    column("status"),
    column("attempts", Integer),
    column("created", DateTime(timezone=True)),
    column("updated", DateTime(timezone=True)),
    column("execute_after", DateTime(timezone=True)),
)
_LOG: Final = table(
    "pgqueuer_log",
    column("id", BigInteger),
    column("job_id", BigInteger),
    column("status"),
    column("traceback", JSONB),
)
_OVERDUE_AFTER: Final = timedelta(minutes=5)
_QUEUED: Final[SqlExpression] = literal_column("'queued'")
_PICKED: Final[SqlExpression] = literal_column("'picked'")
_FAILED: Final[SqlExpression] = literal_column("'failed'")


def failed_jobs() -> SqlSelect:
    """The permanently failed jobs with their reasons, which contain no personal data."""
    job, log = _JOBS.alias("job"), _LOG.alias("job_log")
    last = (
        select(log.c.traceback["exception_message"].astext.label("reason"))
        .where(log.c.job_id == job.c.id, log.c.status == _FAILED)
        .order_by(log.c.id.desc())
        .limit(1)
        .lateral("job_end")
    )
    return (
        select(
            cast(job.c.id, Text).label("id"),
            job.c.entrypoint.label("kind"),
            (job.c.attempts + 1).label("attempts"),
            job.c.created.label("created_at"),
            job.c.updated.label("failed_at"),
            func.coalesce(last.c.reason, "").label("reason"),
        )
        .select_from(job)
        .outerjoin(last, true())
        .where(job.c.status == _FAILED)
    )


def job_counts() -> SqlSelect:
    """The number of jobs in each state; finished jobs are deleted."""
    job = _JOBS.alias("job")
    queued = job.c.status == _QUEUED
    counts: list[Any] = [
        func.count().filter(queued, job.c.execute_after <= func.now()).label("waiting"),
        func.count().filter(queued, job.c.execute_after > func.now()).label("delayed"),
        func.count().filter(job.c.status == _PICKED).label("running"),
        func.count().filter(job.c.status == _FAILED).label("failed"),
    ]
    return select(*counts).select_from(job)


def overdue_jobs() -> SqlSelect:
    """The number of jobs that are overdue by more than five minutes, usually for lack of a worker."""
    job = _JOBS.alias("job")
    overdue = job.c.execute_after < func.now() - _OVERDUE_AFTER
    return select(func.count()).select_from(job).where(job.c.status == _QUEUED, overdue)
