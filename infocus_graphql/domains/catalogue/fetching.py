"""Fetches titles that the catalogue doesn't have yet from TMDB, once for all workers.

The first worker claims the title by a row in `title_fetches`, and no connection is held while TMDB is called.
Other workers wait until the claim is released:

    worker 1: INSERT … claim = 'a' → TMDB → title and claim = NULL in one transaction
    worker 2: INSERT … ON CONFLICT finds claim 'a' → again every 50 ms, until it is released

A claim of a worker that was killed expires.
"""

import asyncio
import enum
import secrets
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

import structlog
from sqlalchemy import Update, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.tasks import retrieve
from infocus_graphql.db.database import Database, ReadUnit, UnitOfWork
from infocus_graphql.db.sql_types import Arguments, SqlSelect
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.catalogue.writes.titles import store_titles
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.media.reads import matches_media_ref
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import InvalidResponse, TitleNotFound, TmdbError, TmdbUnavailable
from infocus_graphql.tmdb.records import TitleType

log = structlog.get_logger("infocus.catalogue")

# The longest that a request waits for a title.
DEADLINE_SECONDS: Final = 3.0
_POLL_SECONDS: Final = 0.05
# A claim covers the call to TMDB and the transaction that stores the title.
_CLAIM: Final = timedelta(seconds=15)
# TMDB is not asked again for a title that it doesn't have for this time.
_MISSING: Final = timedelta(minutes=10)
_KNOWN: Final = 10_000

Ref: TypeAlias = tuple[MediaType, int]


@dataclass(frozen=True, slots=True)
class Unfetched:
    """A title to fetch. `is_listed` if the catalogue has it without details, as a search has found it."""

    type: TitleType
    tmdb_id: int
    is_listed: bool


class TitleFetcher:
    """Fetches titles for requests. `tmdb` is None without a key."""

    def __init__(self, database: Database, tmdb: TmdbClient | None) -> None:
        self._database, self._tmdb = database, tmdb
        # References to titles that the catalogue has with all details.
        self._complete: LruCache[tuple[object, ...], bool] = LruCache(_KNOWN)
        self._running: dict[tuple[TitleType, int], asyncio.Task[bool]] = {}

    async def unfetched(self, media: Arguments) -> Unfetched | None:
        """Returns the title that a reference means, if the catalogue lacks it or its details; else None.

        `media` are the arguments of `matches_media_ref`. Titles that staff added have no details at TMDB.
        """
        key = tuple(media.values())
        if self._tmdb is None or key in self._complete:
            return None
        found = await self._database.read(_unfetched, media)
        if found is None:
            self._complete.put(key, True)
        return found

    async def fetch(self, title_type: TitleType, tmdb_id: int) -> bool:
        """Fetches a title into the catalogue. False if TMDB has no such title.

        Raises a TmdbError if TMDB is not configured, or if the title is not there within three seconds. The
        fetch continues after that, and when the request is cancelled, so a later request finds the title.
        """
        if self._tmdb is None:
            raise TmdbUnavailable("no TMDB key is configured")
        key = (title_type, tmdb_id)
        task = self._running.get(key)
        if task is None:
            # Several requests may wait for it, so it runs in the context of none.
            task = asyncio.create_task(
                self._fetch(self._tmdb, title_type, tmdb_id), name="fetch title", context=Context()
            )
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
            task.add_done_callback(retrieve)
        try:
            return await asyncio.wait_for(asyncio.shield(task), DEADLINE_SECONDS)
        except TimeoutError as error:
            raise TmdbUnavailable("the title was not fetched in time", retry_after=1) from error

    async def close(self) -> None:
        """Cancels the running fetches. Their claims expire."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, tmdb: TmdbClient, title_type: TitleType, tmdb_id: int) -> bool:
        ref, claim = (MediaType[title_type.name], tmdb_id), secrets.token_hex(8)
        while (state := await self._database.transaction(_claim, ref, claim)) is _State.TAKEN:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
        if state is not _State.CLAIMED:
            return state is _State.IN_CATALOGUE
        try:
            title = await tmdb.title(title_type, tmdb_id, seconds=DEADLINE_SECONDS)
            await self._database.transaction(_store, ref, claim, title)
        except (TmdbError, DBAPIError) as error:
            missing = isinstance(error, TitleNotFound)
            await self._database.transaction(_release_failed, ref, claim, missing=missing)
            if missing:
                return False
            reason = str(error) if isinstance(error, TmdbError) else type(error).__name__
            log.warning("title not fetched", type=title_type.value, tmdb_id=tmdb_id, reason=reason)
            raise
        return True


class _State(enum.Enum):
    CLAIMED = "claimed by this fetch"
    TAKEN = "claimed by another fetch"
    IN_CATALOGUE = "the catalogue has the title"
    MISSING = "TMDB had no such title a short time ago"


async def _claim(work: UnitOfWork, ref: Ref, claim: str) -> _State:
    """Claims a title that the catalogue doesn't have."""
    values = {"claim": claim, "claimed_until": func.now() + _CLAIM}
    is_free = or_(TitleFetch.claim.is_(None), TitleFetch.claimed_until < func.now())
    is_missing = TitleFetch.missing_since.is_not(None) & (TitleFetch.failed_at > func.now() - _MISSING)
    claimed = (
        insert(TitleFetch)
        .values(tmdb_type=ref[0], tmdb_id=ref[1], **values)
        .on_conflict_do_update(
            index_elements=["tmdb_type", "tmdb_id"], set_=values, where=is_free & not_(is_missing)
        )
        .returning(TitleFetch.claim)
    )
    is_ours = await work.session.scalar(claimed) is not None
    # A statement of its own, which sees a title that was stored while the first one waited for its row.
    title = _titles(MediaItem.id).where(MediaItem.tmdb_type == ref[0], MediaItem.tmdb_id == ref[1])
    title = title.where(TitleFetch.fetched_at.is_not(None))
    if await work.session.scalar(title) is not None:
        if is_ours:
            await work.session.execute(_of(ref, claim).values(claim=None, claimed_until=None))
        return _State.IN_CATALOGUE
    if is_ours:
        return _State.CLAIMED
    state = select(is_missing).where(TitleFetch.tmdb_type == ref[0], TitleFetch.tmdb_id == ref[1])
    return _State.MISSING if await work.session.scalar(state) else _State.TAKEN


async def _unfetched(work: ReadUnit, media: Arguments) -> Unfetched | None:
    """Returns the title to fetch; None if there is none."""
    known = _titles(MediaItem.tmdb_type, MediaItem.tmdb_id, TitleFetch.tmdb_id, TitleFetch.fetched_at)
    row = (await work.execute(known.where(matches_media_ref(**media)))).first()
    if row is None:
        return (
            None if "id" in media else Unfetched(TitleType(media["tmdb_type"].value), media["tmdb_id"], False)
        )
    kind, tmdb_id, asked, fetched_at = row
    is_complete = asked is None or fetched_at is not None
    return None if is_complete else Unfetched(TitleType(kind.value), tmdb_id, True)


def _titles(*columns: Any) -> SqlSelect:
    same = (TitleFetch.tmdb_type == MediaItem.tmdb_type) & (TitleFetch.tmdb_id == MediaItem.tmdb_id)
    return select(*columns).select_from(MediaItem).outerjoin(TitleFetch, same)


async def _store(work: UnitOfWork, ref: Ref, claim: str, title: records.Title) -> None:
    """Stores the title and releases the claim."""
    if not await store_titles(work, [title], with_similar=True):
        raise InvalidResponse(f"{title.type.value} {title.id} can't be stored")
    await work.session.execute(_of(ref, claim).values(claim=None, claimed_until=None))


async def _release_failed(work: UnitOfWork, ref: Ref, claim: str, *, missing: bool) -> None:
    """Records the failure and releases the claim."""
    values: dict[str, Any] = {"failed_at": func.now(), "failures": TitleFetch.failures + 1}
    if missing:
        values["missing_since"] = func.coalesce(TitleFetch.missing_since, func.now())
    await work.session.execute(_of(ref, claim).values(claim=None, claimed_until=None, **values))


def _of(ref: Ref, claim: str) -> Update:
    key = (TitleFetch.tmdb_type == ref[0]) & (TitleFetch.tmdb_id == ref[1])
    changed = update(TitleFetch).where(key, TitleFetch.claim == claim)
    return changed.execution_options(synchronize_session=False)
