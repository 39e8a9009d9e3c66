"""Statistics of the catalogue, and the state of single titles."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from infocus_graphql.db.database import ReadUnit

# TMDB's terms allow copies for six months.
MAX_AGE_DAYS: Final = 180
_COUNTS: Final = text(f"""
    SELECT
        count(item.id) FILTER (WHERE item.tmdb_type = 'movie') AS films,
        count(item.id) FILTER (WHERE item.tmdb_type = 'tv') AS series,
        count(item.id) FILTER (WHERE fetched_at IS NOT NULL) AS with_details,
        count(item.id) FILTER (WHERE item.removed_at IS NOT NULL) AS removed_by_tmdb,
        count(item.id) FILTER (WHERE done.tmdb_id IS NULL) AS added_by_staff,
        count(*) FILTER (WHERE refresh_at <= now() AND fetched_at IS NULL) AS requested,
        count(*) FILTER (WHERE refresh_at <= now() AND fetched_at IS NOT NULL) AS due_for_refresh,
        count(*) FILTER (WHERE claimed_until > now()) AS being_fetched,
        count(*) FILTER (WHERE failures > 0 AND missing_since IS NULL) AS failing,
        count(*) FILTER (WHERE fetched_at < now() - interval '{MAX_AGE_DAYS} days') AS older_than_six_months
    FROM media_items AS item FULL JOIN title_fetches AS done USING (tmdb_type, tmdb_id)
""")  # noqa: S608 - a constant of ours
_OTHERS: Final = text("""
    SELECT
        (SELECT count(DISTINCT media_item_id) FROM watchlist_entries) AS on_watchlists,
        (SELECT count(*) FROM seasons WHERE removed_at IS NULL) AS seasons,
        (SELECT count(*) FROM episodes WHERE removed_at IS NULL) AS episodes,
        (SELECT count(*) FROM people) AS people,
        (SELECT count(*) FROM credits) AS credits,
        (SELECT count(*) FROM streaming_services) AS streaming_services,
        (SELECT count(*) FROM streaming_providers) AS offers
""")
_LISTS: Final = {
    "translations": "media_translations",
    "certifications": "media_certifications",
    "videos": "media_videos",
    "similar": "similar_titles",
    "credits": "credits",
}
_LENGTHS: Final = ", ".join(
    f"(SELECT count(*) FROM {table} AS listed WHERE listed.media_item_id = item.id) AS {name}"  # noqa: S608 - constants of ours
    for name, table in _LISTS.items()
)
_STORED: Final = text(f"""
    SELECT item.*, done.fetched_at, done.refresh_at, done.failures, done.missing_since, {_LENGTHS},
        (SELECT count(*) FROM seasons WHERE media_item_id = item.id AND removed_at IS NULL) AS seasons,
        (SELECT count(*) FROM episodes WHERE media_item_id = item.id AND removed_at IS NULL) AS episodes
    FROM media_items AS item LEFT JOIN title_fetches AS done USING (tmdb_type, tmdb_id)
    WHERE tmdb_type = CAST(:tmdb_type AS media_type) AND tmdb_id = :tmdb_id
""")  # noqa: S608 - constants of ours
_SYNCS: Final = text("SELECT name, synced_at FROM catalogue_syncs ORDER BY name")


async def catalogue_counts(unit: ReadUnit) -> dict[str, int]:
    """The numbers of titles in each state, and of their details."""
    rows = [(await unit.execute(statement)).mappings().one() for statement in (_COUNTS, _OTHERS)]
    return {name: value for row in rows for name, value in row.items()}


async def catalogue_syncs(unit: ReadUnit) -> dict[str, datetime]:
    """Until when the changes feed and the lists of TMDB were read."""
    return {name: synced_at for name, synced_at in await unit.execute(_SYNCS)}


async def stored_title(unit: ReadUnit, tmdb_type: str, tmdb_id: int) -> Mapping[str, Any] | None:
    """The row of a title with the state of its copy, and the numbers of its details; None without one."""
    found = await unit.execute(_STORED.bindparams(tmdb_type=tmdb_type, tmdb_id=tmdb_id))
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)
