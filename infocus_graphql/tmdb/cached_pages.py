"""Lists of TMDB that many users read, each kept for a short time by this process."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from time import monotonic
from typing import Final, TypeVar

from infocus_graphql.core.cache import LruCache
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import TmdbError, TmdbUnavailable
from infocus_graphql.tmdb.records import TitlePage

K = TypeVar("K", bound=Hashable)

SECONDS: Final = 1.5
_SEARCHES: Final = 2_000
_SEARCH_AGE: Final = 300.0
_LANGUAGES: Final = 200
_TRENDING_AGE: Final = 3 * 3600.0
_FAILURE_AGE: Final = 10.0


class CachedPages:
    """Pages of titles. Each call takes `seconds` at most, or raises a TmdbError."""

    def __init__(self, client: TmdbClient) -> None:
        self._client = client
        self._searches: LruCache[tuple[str, str, int], tuple[float, TitlePage]] = LruCache(_SEARCHES)
        self._trending: LruCache[str, tuple[float, TitlePage]] = LruCache(_LANGUAGES)
        self._trending_lock = asyncio.Lock()
        self._trending_pause = 0.0

    async def search(
        self,
        query: str,
        page: int,
        charge: Callable[[], Awaitable[None]],
        *,
        language: str,
        seconds: float = SECONDS,
    ) -> TitlePage:
        """A page of the results of a search in a language, at most five minutes old.

        Awaits `charge` before a call.
        """

        async def fetch() -> TitlePage:
            await charge()
            return await self._client.search(query, language=language, page=page, seconds=seconds)

        key = (language, query.casefold(), page)
        return await _cached(self._searches, key, _SEARCH_AGE, fetch)

    async def trending(self, language: str) -> TitlePage:
        """The titles that are popular this week, with texts in a language, at most three hours old.

        After a failure, it fails for ten seconds without a call.
        """
        async with self._trending_lock:  # clients that ask at the same time share a call
            fetch = partial(self._fetch_trending, language)
            return await _cached(self._trending, language, _TRENDING_AGE, fetch)

    async def _fetch_trending(self, language: str) -> TitlePage:
        # Anonymous clients ask, too: without a pause, they could use up the rate limit during an outage.
        if monotonic() < self._trending_pause:
            raise TmdbUnavailable("trending titles were not available a short time ago")
        try:
            return await self._client.trending(language=language, seconds=SECONDS)
        except TmdbError:
            self._trending_pause = monotonic() + _FAILURE_AGE
            raise


async def _cached(
    cache: LruCache[K, tuple[float, TitlePage]], key: K, age: float, fetch: Callable[[], Awaitable[TitlePage]]
) -> TitlePage:
    known = cache.get(key)
    if known is not None and monotonic() - known[0] < age:
        return known[1]
    found = await fetch()
    cache.put(key, (monotonic(), found))
    return found
