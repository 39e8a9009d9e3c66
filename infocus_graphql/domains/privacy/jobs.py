"""What is done in the background about people's data: making exports, and forgetting them."""

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

log = structlog.get_logger("infocus.personal_data")

_BATCH_SIZE: Final = 100  # smaller than that of other jobs: the parts of each export go with it


def export_handler(database: Database, *, keep: timedelta) -> Handler:
    """The handler that makes an export. Called again, it begins anew what isn't ready."""

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
    """Deletes some exports whose time is over, also those that failed; whether there may be more."""
    over = func.coalesce(DataExport.expires_at, DataExport.created_at + keep) < now()
    old = and_(DataExport.created_at < now() - timedelta(days=1), over)
    return await delete_batch(work, DataExport, old, limit=_BATCH_SIZE)


def deletion_handler(database: Database) -> Handler:
    """The handler that deletes an account whose time has come."""

    async def erase(data: JobData) -> None:
        user_id = str(data["id"])
        if await database.transaction(erasure.erase, user_id=user_id):
            # The one place that still has the id, for those who restore a backup.
            log.info("account deleted", user=user_id)

    return erase
