"""Jobs about somebody who is to be forgotten."""

from typing import Final

from sqlalchemy import Text, bindparam, text
from sqlalchemy.types import ARRAY

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.jobs.job_types import JobType

# Whole texts, at any depth of a job's data: an address may be the end of another one.
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
    """Deletes all jobs, dead ones too, whose data has one of these texts; how many are being run just now.

    Jobs of the kind `but` don't count among those that are being run.
    """
    given = {"texts": list(texts)}
    running = await work.session.scalar(_RUNNING, {**given, "but": but.name})
    await work.session.execute(_DROP, given)
    return running or 0
