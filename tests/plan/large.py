"""Makes PostgreSQL plan statements for a large database, with few rows and faked statistics.

Query plans depend on the statistics. The numbers are ten times those of `infocus seed large` (and estimates
for tables that it leaves empty), because the tables have one page each, which makes scans look cheaper than
they are. The statistics are written directly instead of by ANALYZE, so that they don't depend on samples.
"""

from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson

# The number of rows of each table, and the number of distinct values of columns in conditions. Negative
# numbers are fractions of the rows, as in pg_stats.
TABLES: dict[str, tuple[int, dict[str, float]]] = {
    "users": (200_000, {"id": -1, "email": -1, "is_staff": 1}),
    "profiles": (200_000, {"id": -1, "user_id": -1}),
    "sessions": (600_000, {"id": -1, "user_id": -0.3, "token_hash": -1, "created_at": -1}),
    "refresh_tokens": (2_000_000, {"id": -1, "user_id": -0.1, "session_id": -0.3, "token_hash": -1}),
    "families": (50_000, {"id": -1, "created_by_id": -1}),
    "family_memberships": (
        200_000,
        {"id": -1, "family_id": -0.25, "user_id": -1, "role": 3, "shares_watchlist": 2, "joined_at": -1},
    ),
    "family_invitations": (
        100_000,
        {"id": -1, "family_id": -0.5, "email": -0.87, "status": 4, "invited_by_id": -0.75},
    ),
    "media_items": (
        200_000,
        {"id": -1, "tmdb_id": -1, "tmdb_type": 2, "title": -0.6, "rating": 81, "release_date": -0.63},
    ),
    "streaming_providers": (600_000, {"id": -1, "media_item_id": -0.33, "provider": 12, "offer_type": 5}),
    "seasons": (400_000, {"id": -1, "media_item_id": -0.2, "number": 30}),
    "episodes": (4_000_000, {"id": -1, "media_item_id": -0.02, "season_id": -0.1, "number": 100}),
    "people": (1_000_000, {"id": -1, "tmdb_id": -1}),
    "credits": (6_000_000, {"id": -1, "media_item_id": -0.03, "person_id": -0.17, "kind": 2, "position": 60}),
    "media_translations": (3_000_000, {"media_item_id": -0.07, "language": 60, "country": 80}),
    "media_certifications": (2_000_000, {"media_item_id": -0.1, "country": 60}),
    "media_videos": (1_000_000, {"id": -1, "media_item_id": -0.2}),
    "similar_titles": (4_000_000, {"media_item_id": -0.05, "tmdb_id": -0.05}),
    "collections": (20_000, {"id": -1, "tmdb_id": -1}),
    "offer_events": (3_000_000, {"number": -1, "media_item_id": -0.05, "streaming_service_id": 500}),
    "title_fetches": (200_000, {"tmdb_type": 2, "tmdb_id": -1}),
    "user_settings": (200_000, {"user_id": -1, "region": 60}),
    "watchlist_entries": (
        10_000_000,
        {"id": -1, "user_id": -0.02, "media_item_id": -0.02, "status": 3, "rating": 10, "date_added": -1},
    ),
    "recommendations": (
        1_000_000,
        {"id": -1, "from_user_id": -0.19, "to_user_id": -0.19, "media_item_id": -0.18, "status": 3},
    ),
}
# The planner takes the rows per page from here, and the number of pages from the file, which has one.
_TABLE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', $1::text,
    'relpages', (pg_relation_size($1::text::regclass) / current_setting('block_size')::int)::int,
    'reltuples', $2::real)"""
_COLUMN = """
SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', $1::text, 'attname', $2::text,
    'inherited', false, 'null_frac', 0::real, 'avg_width', 28, 'n_distinct', $3::real)"""
_SETTINGS = "SET plan_cache_mode = force_generic_plan; SET jit = off"

_PARAMETERS = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'"

_INDEXES = """
SELECT relname, indrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace"""


async def pretend(connection: asyncpg.Connection) -> None:
    """Writes the statistics. Every table must have a row."""
    for table, (rows, columns) in TABLES.items():
        assert await connection.fetchval(_TABLE, table, float(rows)), table
        for column, distinct in columns.items():
            assert await connection.fetchval(_COLUMN, table, column, float(distinct)), column


async def read_whole(connection: asyncpg.Connection, text: str) -> set[str]:
    """Returns the large tables that the generic plan of a statement scans completely, and how.

    An index scan without a condition on the first column counts as complete, though PostgreSQL may skip
    parts.
    """
    await connection.execute(f"{_SETTINGS}; PREPARE planned AS {text}")
    count = await connection.fetchval(_PARAMETERS)
    nothing = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = orjson.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned{nothing}"))
    await connection.execute("DEALLOCATE planned")
    indexes = {name: (table, first) for name, table, first in await connection.fetch(_INDEXES)}
    found = set()
    for node in _nodes(plan[0]["Plan"]):
        table, first = indexes.get(node.get("Index Name"), (node.get("Relation Name"), None))
        sought = first in node.get("Index Cond", "") if first else node["Node Type"] == "Bitmap Heap Scan"
        if table in TABLES and not sought:
            found.add(f"{node['Node Type']} of {table}")
    return found


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
