"""Runs a search in the catalogue and at TMDB, and stores titles that only TMDB has."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Final

import structlog

from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.catalogue.writes.summaries import (
    store_summaries,
    store_translations,
    untranslated,
)
from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.domains.search.languages import ENGLISH
from infocus_graphql.domains.search.ranking import Position, merged, start_after, tier_of
from infocus_graphql.domains.search.reads import Match, Ref, ids_of, matching_titles, popular_titles
from infocus_graphql.tmdb.cached_pages import SECONDS, CachedPages
from infocus_graphql.tmdb.errors import TmdbError
from infocus_graphql.tmdb.records import TitlePage, TitleSummary

log = structlog.get_logger("infocus.search")
_PAGES: Final = 5  # of TMDB, with twenty titles each
TRENDING: Final = 20


@dataclass(slots=True)
class Search:
    """One search. `tmdb` is None if TMDB is not asked.

    `charge` is awaited before a call to TMDB, and raises `LimitReached` if the viewer has made too many.
    """

    database: Database
    tmdb: CachedPages | None
    query: str
    types: Sequence[MediaType] | None
    charge: Callable[[], Awaitable[None]]
    # Of the texts that TMDB returns. Titles are found by their texts in all languages.
    language: str = ENGLISH
    # Whether TMDB was not asked, or has not responded in time.
    stale: bool = field(init=False)
    results: list[Ref] = field(default_factory=list, init=False)
    # When the first page of the search read the catalogue. Titles added later don't shift the next pages.
    read_at: datetime | None = field(default=None, init=False)
    _local: list[Match] = field(default_factory=list, init=False)
    _pages: list[TitlePage] = field(default_factory=list, init=False)
    # All pages of TMDB that one search reads share its time.
    _deadline: float = field(default_factory=lambda: monotonic() + SECONDS, init=False)

    def __post_init__(self) -> None:
        self.stale = self.tmdb is None

    async def page(self, size: int, after: Position | None) -> tuple[int, dict[Ref, str]]:
        """Finds the titles of a page. Returns its start in `results`, and the ids of its titles in order."""
        self.read_at = None if after is None else after.read_at
        await asyncio.gather(self._search_catalogue(), self._search_tmdb())
        wanted = (0 if after is None else after.place + 1) + size
        while len(self._merge()) <= wanted and self.has_more_pages:
            await self._search_tmdb()
        start = 0 if after is None else start_after(self.results, after)
        return start, await self._stored(self.results[start : start + size])

    @property
    def has_more_pages(self) -> bool:
        """Whether TMDB has further results."""
        if self.stale or not self._pages:
            return False
        return len(self._pages) < min(self._pages[0].pages, _PAGES)

    async def _search_catalogue(self) -> None:
        found = await self.database.read(matching_titles, self.query, self.types, self.read_at)
        self._local, self.read_at = found.titles, self.read_at or found.read_at

    async def _search_tmdb(self) -> None:
        if self.tmdb is None:
            return
        seconds = self._deadline - monotonic()
        if seconds <= 0:
            self.stale = True
            return
        try:
            place = len(self._pages) + 1
            self._pages.append(await self._page(self.tmdb, place, self.language, seconds))
        except TmdbError as error:
            log.info("search without TMDB", reason=str(error))
            self.stale = True

    async def _page(self, tmdb: CachedPages, place: int, language: str, seconds: float) -> TitlePage:
        return await tmdb.search(self.query, place, self.charge, language=language, seconds=seconds)

    async def _stored(self, refs: Sequence[Ref]) -> dict[Ref, str]:
        """Returns the ids of titles. Those that only TMDB has are stored."""
        summaries = {_ref(each): each for page in self._pages for each in page.titles}
        known = await _known(self.database, refs, {each.ref: each.id for each in self._local if each.id})
        missing = {ref: summaries[ref] for ref in refs if ref not in known}
        if self.language == ENGLISH:
            return await _saved(self.database, refs, known, list(missing.values()))
        english = await self._in_english(missing)
        translated = [summaries[ref] for ref in refs if ref in summaries]
        return await _saved(self.database, refs, known, english, translated, self.language)

    async def _in_english(self, missing: Mapping[Ref, TitleSummary]) -> list[TitleSummary]:
        """Returns the summaries in English, from the same pages of TMDB.

        One that TMDB doesn't return in time has its original title, and no description.
        """
        found = {
            ref: replace(each, title=each.original_title or each.title, overview=None)
            for ref, each in missing.items()
        }
        places = [
            place for place, page in enumerate(self._pages, 1) if missing.keys() & set(map(_ref, page.titles))
        ]
        seconds = self._deadline - monotonic()
        if self.tmdb is not None and places and seconds > 0:
            pages = [self._page(self.tmdb, place, ENGLISH, seconds) for place in places]
            for page in await asyncio.gather(*pages, return_exceptions=True):
                if isinstance(page, TitlePage):
                    found |= {_ref(each): each for each in page.titles if _ref(each) in missing}
                elif not isinstance(page, TmdbError):
                    raise page
        return list(found.values())

    def _merge(self) -> list[Ref]:
        self.results = merged(self._local, [self._matching(page) for page in self._pages])
        return self.results

    def _matching(self, page: TitlePage) -> list[Match]:
        return [
            Match(_ref(each), tier_of(self.query, (each.title, each.original_title)), each.popularity or 0)
            for each in page.titles
            if self.types is None or _ref(each)[0] in self.types
        ]


async def trending_titles(
    database: Database, tmdb: CachedPages | None, language: str
) -> tuple[list[str], bool]:
    """Returns the ids of the titles that are popular at TMDB this week, and whether they are those of TMDB.

    If TMDB can't be asked, they are the most popular titles of the catalogue.
    """
    page = await _trending(tmdb, ENGLISH)
    if page is None:
        return await database.read(popular_titles, TRENDING), False
    titles = {_ref(each): each for each in page.titles[:TRENDING]}
    known = await _known(database, list(titles), {})
    missing = [each for ref, each in titles.items() if ref not in known]
    translated = await _trending(tmdb, language) if language != ENGLISH else None
    others = () if translated is None else [each for each in translated.titles if _ref(each) in titles]
    found = await _saved(database, list(titles), known, missing, others, language)
    return list(found.values()), True


async def _trending(tmdb: CachedPages | None, language: str) -> TitlePage | None:
    try:
        return None if tmdb is None else await tmdb.trending(language)
    except TmdbError as error:
        log.info("no trending titles of TMDB", reason=str(error))
        return None


async def _known(database: Database, refs: Sequence[Ref], known: dict[Ref, str]) -> dict[Ref, str]:
    """Returns the ids of titles of the catalogue, of which `known` were read before."""
    unknown = [ref for ref in refs if ref not in known]
    return known | await database.read(ids_of, unknown) if unknown else known


async def _saved(
    database: Database,
    refs: Sequence[Ref],
    known: dict[Ref, str],
    missing: Sequence[TitleSummary],
    translated: Sequence[TitleSummary] = (),
    language: str = ENGLISH,
) -> dict[Ref, str]:
    """Returns the ids of titles, in order. Adds the missing ones, in English, and the translations of all."""
    is_new = bool(missing)
    if translated and not is_new:
        is_new = await database.read(untranslated, translated, language)
    if is_new:
        known = known | await database.transaction(_store, missing, translated, language)
    return {ref: known[ref] for ref in refs if ref in known}


async def _store(
    work: UnitOfWork, english: Sequence[TitleSummary], translated: Sequence[TitleSummary], language: str
) -> dict[Ref, str]:
    found = await store_summaries(work, english)
    if translated:
        await store_translations(work, translated, language)
    return found


def _ref(summary: TitleSummary) -> Ref:
    return MediaType(summary.type.value), summary.id
