"""Jobs that keep the catalogue up to date. Without a key for TMDB they do nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from infocus_graphql.db.database import Database
from infocus_graphql.domains.catalogue.refreshing.changes import read_changes
from infocus_graphql.domains.catalogue.refreshing.claims import forget_missing
from infocus_graphql.domains.catalogue.refreshing.lists import sync_lists
from infocus_graphql.domains.catalogue.refreshing.titles import refresh_due
from infocus_graphql.jobs.job_types import Handler, JobData, JobType, RetryableJobError, Schedule
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import TmdbError
from infocus_graphql.tmdb.records import TitleType

log = structlog.get_logger("infocus.catalogue")

# The next run continues where one ended.
REFRESH_TITLES: Final = JobType("refresh_titles", attempts=3, timeout=timedelta(minutes=12))
READ_CHANGES: Final = JobType("read_changes", attempts=3, timeout=timedelta(minutes=30))
SYNC_LISTS: Final = JobType("sync_lists", attempts=3, timeout=timedelta(minutes=10))
SCHEDULES: Final[Sequence[Schedule]] = (
    Schedule(REFRESH_TITLES, "*/2 * * * *"),
    Schedule(READ_CHANGES, "25 */3 * * *"),
    Schedule(SYNC_LISTS, "*/10 * * * *"),  # it looks whether a week has passed
)
_SECONDS: Final = 600.0


def catalogue_handlers(database: Database, tmdb: TmdbClient | None) -> Mapping[JobType, Handler]:
    """The handlers of the catalogue's jobs. `tmdb` is None if no key is configured."""
    if tmdb is None:
        log.info("the catalogue isn't refreshed: no key for TMDB is configured")
    return {
        kind: _handler(database, tmdb, work)
        for kind, work in (
            (REFRESH_TITLES, _refresh_titles),
            (READ_CHANGES, _read_changes),
            (SYNC_LISTS, _sync_lists),
        )
    }


def _handler(
    database: Database, tmdb: TmdbClient | None, work: Callable[[Database, TmdbClient], Awaitable[None]]
) -> Handler:
    async def run(_: JobData) -> None:
        if tmdb is None:
            return
        try:
            await work(database, tmdb.bulk())
        except TmdbError as error:
            raise RetryableJobError(f"TMDB: {type(error).__name__}") from error

    return run


async def _refresh_titles(database: Database, tmdb: TmdbClient) -> None:
    try:
        found = await refresh_due(database, tmdb, seconds=_SECONDS)
    except TmdbError as error:
        # Not a failed job: the titles stay due, and the next run is in two minutes.
        log.warning("titles not refreshed", reason=type(error).__name__)
        return
    if found.finished:
        log.info("titles refreshed", stored=found.stored, missing=found.missing, failed=found.failed)


async def _read_changes(database: Database, tmdb: TmdbClient) -> None:
    for kind in TitleType:
        await read_changes(database, tmdb, kind)
    await database.transaction(forget_missing)


async def _sync_lists(database: Database, tmdb: TmdbClient) -> None:
    await sync_lists(database, tmdb)
