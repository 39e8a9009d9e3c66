"""Background jobs of personal data: creation and deletion of exports, erasure of accounts."""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import and_, func

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.privacy.models import DataExport
from infocus_graphql.domains.privacy.writes import erasure, exports
from infocus_graphql.domains.privacy.writes.archive import TooLarge
from infocus_graphql.jobs.job_types import Handler, JobData, PermanentJobError

log = structlog.get_logger("infocus.privacy")

_BATCH_SIZE: Final = 100  # smaller than in other jobs, because the parts of each export are deleted too


def export_handler(database: Database, *, keep: timedelta) -> Handler:
    """Returns the job handler that creates an export. A retry starts over unless the export is finished."""

    async def make(data: JobData) -> None:
        export_id = str(data["id"])
        user_id = await database.transaction(exports.begin, export_id=export_id)
        if user_id is None:
            return
        try:
            content = await database.transaction(exports.collect, user_id=user_id)
            await database.transaction(exports.finish, export_id=export_id, content=content, keep=keep)
        except Exception as error:
            hopeless = isinstance(error, TooLarge)
            await database.transaction(exports.give_up, export_id=export_id, for_good=hopeless)
            if hopeless:
                raise PermanentJobError("there is more than an export may hold") from error
            raise

    return make


async def purge_exports(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of expired or failed exports. Returns whether more may be left."""
    over = func.coalesce(DataExport.expires_at, DataExport.created_at + keep) < now()
    old = and_(DataExport.created_at < now() - timedelta(days=1), over)
    return await delete_batch(work, DataExport, old, limit=_BATCH_SIZE)


def deletion_handler(database: Database) -> Handler:
    """Returns the job handler that erases an account whose deletion is due."""

    async def erase(data: JobData) -> None:
        user_id = str(data["id"])
        if await database.transaction(erasure.erase, user_id=user_id):
            # The id remains only in this log, so that operators can erase the account again after restoring a
            # backup.
            log.info("account deleted", user=user_id)

    return erase
