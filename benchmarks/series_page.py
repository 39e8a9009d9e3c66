"""The expected response of Q5, by one plain statement per level."""

from typing import Any, Final

import asyncpg

_TITLE: Final = """
SELECT id, title, description, 'https://image.tmdb.org/t/p/w500/' || ltrim(poster_path, '/') AS "posterUrl",
    release_date AS "releaseDate", rating, genres FROM media_items WHERE id = $1"""
_ENTRY: Final = """
SELECT id, upper(status::text) AS status, rating FROM watchlist_entries
WHERE media_item_id = $1 AND user_id = $2"""
_OFFERS: Final = """
SELECT provider, upper(offer_type::text) AS "offerType", url FROM streaming_providers
WHERE media_item_id = $1 AND (SELECT region FROM user_settings WHERE user_id = $2) = ANY(regions)
ORDER BY provider_sort, offer_type"""
_CAST: Final = """
SELECT character, person_id FROM credits WHERE media_item_id = $1 AND kind = 'cast'
ORDER BY position LIMIT 20"""
_PERSON: Final = """
SELECT id, name, 'https://image.tmdb.org/t/p/w185/' || ltrim(profile_path, '/') AS "profileUrl"
FROM people WHERE id = $1"""
_SEASONS: Final = """
SELECT id, number, coalesce(title, CASE number WHEN 0 THEN 'Specials' ELSE 'Season ' || number END) AS title,
    air_date AS "airDate" FROM seasons WHERE media_item_id = $1 ORDER BY number"""
_EPISODES: Final = """
SELECT id, number, coalesce(title, 'Episode ' || number) AS title, air_date AS "airDate",
    runtime_minutes AS "runtimeMinutes" FROM episodes WHERE season_id = $1 ORDER BY number"""


async def series_page(connection: asyncpg.Connection, title: str, viewer: str) -> dict[str, Any]:
    """The title with everything that Q5 selects, as the viewer sees it."""
    found = dict(await connection.fetchrow(_TITLE, title))
    found["viewerEntry"] = dict(await connection.fetchrow(_ENTRY, title, viewer))
    found["streamingProviders"] = [dict(row) for row in await connection.fetch(_OFFERS, title, viewer)]
    found["cast"] = {
        "nodes": [
            {
                "character": row["character"],
                "person": dict(await connection.fetchrow(_PERSON, row["person_id"])),
            }
            for row in await connection.fetch(_CAST, title)
        ]
    }
    seasons = [dict(row) for row in await connection.fetch(_SEASONS, title)]
    for season in seasons:
        episodes = await connection.fetch(_EPISODES, season["id"])
        season["episodes"] = {"nodes": [dict(row) for row in episodes]}
    found["seasons"] = {"nodes": seasons}
    return found
