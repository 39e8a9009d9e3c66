"""Fetches the titles that are due, and stores them in batches."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog

from infocus_graphql.core.tasks import run_to_end
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.catalogue.refreshing import claims
from infocus_graphql.domains.catalogue.refreshing.claims import Ref
from infocus_graphql.domains.catalogue.writes.titles import store_titles
from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import CircuitOpen, KeyRejected, LimitReached, TitleNotFound, TmdbError

log = structlog.get_logger("infocus.catalogue")

BATCH: Final = 50
# While one batch is stored, another one is fetched.
_LOOPS: Final = 2
# The client has ten connections.
_CALLS: Final = 5


@dataclass(slots=True)
class Outcome:
    """What became of titles that were due."""

    stored: int = 0
    missing: int = 0
    failed: int = 0
    unwanted: int = 0

    @property
    def finished(self) -> int:
        """The number of titles that are no longer due."""
        return self.stored + self.missing + self.failed + self.unwanted


@dataclass(slots=True)
class _Fetched:
    """A batch of titles, and why the others could not be fetched."""

    titles: list[records.Title] = field(default_factory=list)
    missing: list[Ref] = field(default_factory=list)
    failed: list[Ref] = field(default_factory=list)
    # An error for which no other title can be fetched either.
    stop: TmdbError | None = None


Progress = Callable[[Outcome], Awaitable[None]]


async def _no_progress(_: Outcome) -> None:
    """Ignores the progress."""


class Refresher:
    """Fetches due titles until none is left. Several can work on one database at the same time."""

    def __init__(self, database: Database, tmdb: TmdbClient, progress: Progress = _no_progress) -> None:
        self._database, self._tmdb, self._progress = database, tmdb, progress
        self._claim = secrets.token_hex(8)
        self.outcome = Outcome()

    async def run(self, *, new: bool, seconds: float = float("inf")) -> Outcome:
        """Works for some seconds at most. `new` selects titles that were never fetched, else the others.

        Raises a TmdbError if TMDB can't be used at the moment: the titles stay due.
        """
        until = monotonic() + seconds
        loops = [asyncio.create_task(self._loop(until, new=new)) for _ in range(_LOOPS)]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await run_to_end(self._database.transaction(claims.release, self._claim))
        return self.outcome

    async def refresh(self, ref: Ref) -> Outcome:
        """Fetches one title now, whether it is due or not."""
        await self._finish(await self._fetch([ref]))
        return self.outcome

    async def _loop(self, until: float, *, new: bool) -> None:
        while monotonic() < until:
            refs = await self._database.transaction(claims.claim_due, self._claim, most=BATCH, new=new)
            if not refs:
                return
            await self._finish(await self._fetch(refs))

    async def _fetch(self, refs: Iterable[Ref]) -> _Fetched:
        found, slots = _Fetched(), asyncio.Semaphore(_CALLS)

        async def fetch(ref: Ref) -> None:
            async with slots:
                if found.stop is not None:
                    return
                try:
                    found.titles.append(await self._tmdb.title(*ref))
                except TitleNotFound:
                    found.missing.append(ref)
                except (KeyRejected, CircuitOpen, LimitReached) as error:
                    found.stop = error
                except TmdbError:  # logged by the client
                    found.failed.append(ref)

        async with asyncio.TaskGroup() as group:
            for ref in refs:
                group.create_task(fetch(ref))
        return found

    async def _finish(self, found: _Fetched) -> None:
        batch = await self._database.transaction(_record, found)
        total = self.outcome
        total.stored += batch.stored
        total.missing += batch.missing
        total.failed += batch.failed
        total.unwanted += batch.unwanted
        await self._progress(total)
        if found.stop is not None:
            raise found.stop


async def _record(work: UnitOfWork, found: _Fetched) -> Outcome:
    stored = await store_titles(work, found.titles)
    others = [each for each in found.titles if (MediaType(each.type.value), each.id) not in stored]
    unwanted = [(each.type, each.id) for each in others if each.adult]
    failed = found.failed + [(each.type, each.id) for each in others if not each.adult]
    await claims.record_missing(work, found.missing)
    await claims.record_failures(work, failed)
    await claims.record_unwanted(work, unwanted)
    return Outcome(len(stored), len(found.missing), len(failed), len(unwanted))


async def refresh_due(database: Database, tmdb: TmdbClient, *, seconds: float) -> Outcome:
    """Refreshes titles that are due, then fetches new ones, for some seconds at most."""
    await database.transaction(claims.plan_tracked)
    began, refresher = monotonic(), Refresher(database, tmdb)
    for new in (False, True):
        await refresher.run(new=new, seconds=seconds - (monotonic() - began))
    return refresher.outcome
