"""Removal of a user's personal data from the job queue."""

from typing import Final

from sqlalchemy import Text, bindparam, text
from sqlalchemy.types import ARRAY

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.jobs.job_types import JobType

# Compares whole strings at any depth of a job's data; a substring could be part of another address.
_MENTIONS: Final = """
payload IS NOT NULL AND EXISTS (
    SELECT FROM jsonb_path_query(convert_from(payload, 'UTF8')::jsonb, 'strict $.**') AS found (value)
    WHERE jsonb_typeof(value) = 'string' AND value #>> '{}' = ANY(:texts)
)
"""
_DROP: Final = text(
    f"DELETE FROM pgqueuer WHERE status <> 'picked' AND {_MENTIONS}"  # noqa: S608 - constants of ours
).bindparams(bindparam("texts", type_=ARRAY(Text)))
_RUNNING: Final = text(
    "SELECT count(*) FROM pgqueuer "  # noqa: S608 - constants of ours
    f"WHERE status = 'picked' AND entrypoint <> :but AND {_MENTIONS}"
).bindparams(bindparam("texts", type_=ARRAY(Text)))


async def purge_mentions(work: UnitOfWork, *texts: str, but: JobType) -> int:
    """Deletes all jobs, dead letters included, whose data contains one of these strings.

    Running jobs can't be deleted: returns their number, without those of type `but`.
    """
    values = {"texts": list(texts)}
    running = await work.session.scalar(_RUNNING, {**values, "but": but.name})
    await work.session.execute(_DROP, values)
    return running or 0
