"""The lengths of the lists that a viewer can read: two small statements, cached for a short time."""

from collections.abc import Mapping
from time import monotonic
from typing import Final

import orjson

from infocus_graphql.core.cache import LruCache
from infocus_graphql.db.asyncpg_pool import AsyncpgPool

# The statement costs a tenth of a family board. A list that grows within this time is estimated too short, by
# the few thousand entries that the rate limits permit.
_SECONDS: Final = 120.0
_VIEWERS: Final = 2_000
ANONYMOUS: Final = ""

# The lengths of the lists that the viewer $1 can read, by the names in domains/list_lengths.py. Counting
# stops at a limit, which is then used for all lists: an operation that searches so many entries exceeds the
# cost limit anyway.
_MOST_ENTRIES: Final = 300_000
_LENGTHS: Final = f"""
WITH mine AS (SELECT family_id FROM family_memberships WHERE user_id = $1::text),
together AS (
    SELECT member.family_id, member.user_id FROM mine
    JOIN family_memberships member ON member.family_id = mine.family_id
),
people AS (SELECT user_id FROM together UNION SELECT $1::text),
counted AS (
    SELECT entry.user_id FROM people
    CROSS JOIN LATERAL (SELECT user_id FROM watchlist_entries WHERE user_id = people.user_id OFFSET 0) entry
    LIMIT {_MOST_ENTRIES}
),
lists AS (SELECT user_id, count(*) AS entries FROM counted GROUP BY user_id),
total AS (SELECT coalesce(sum(entries), 0)::int AS entries FROM lists)
SELECT json_build_object(
    'families', (SELECT count(*) FROM mine),
    'members', (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM together GROUP BY family_id) x),
    'people', (SELECT count(*) FROM people),
    'entries', CASE WHEN total.entries = {_MOST_ENTRIES} THEN total.entries
        ELSE (SELECT coalesce(max(entries), 0) FROM lists) END,
    'family_entries', CASE WHEN total.entries = {_MOST_ENTRIES} THEN total.entries ELSE (
        SELECT coalesce(max(n), 0) FROM (
            SELECT sum(entries) AS n FROM together JOIN lists USING (user_id) GROUP BY family_id
        ) x) END,
    'all_entries', total.entries
) FROM total
"""  # noqa: S608 - constants of ours
# The same for all viewers. The statistics don't count the first titles, so these are counted.
_TITLES: Final = """
SELECT json_build_object('titles', greatest(
    (SELECT reltuples::int FROM pg_class WHERE oid = 'media_items'::regclass),
    (SELECT count(*) FROM (SELECT FROM media_items LIMIT 1000) x)))
"""


class ViewerLengths:
    """The lengths of each viewer's lists."""

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self._known: LruCache[str, tuple[float, Mapping[str, int]]] = LruCache(_VIEWERS)
        self._titles: tuple[float, Mapping[str, int]] | None = None

    async def of(self, viewer_id: str | None) -> Mapping[str, int]:
        """The lengths by their names."""
        key = viewer_id or ANONYMOUS
        known = self._known.get(key)
        if known is not None and monotonic() - known[0] < _SECONDS:
            return known[1]
        titles = await self._lengths_of_titles()
        found = orjson.loads(await self._pool.write_once((_LENGTHS, (viewer_id,))))
        lengths: Mapping[str, int] = {**found, **titles}
        self._known.put(key, (monotonic(), lengths))
        return lengths

    async def _lengths_of_titles(self) -> Mapping[str, int]:
        if self._titles is None or monotonic() - self._titles[0] >= _SECONDS:
            found = await self._pool.write_once((_TITLES, ()))
            self._titles = monotonic(), orjson.loads(found)
        return self._titles[1]
