"""The large data set: row counts, consistency, atomicity, and reproducibility."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from infocus_graphql.core.ids import tag_of
from infocus_graphql.seeding.large import SeedReport, seed_large
from tests.support.server import TEMPLATE, Server

SCALE = 0.01
COUNTS = {
    "media_items": 200,
    "streaming_providers": 600,
    "users": 200,
    "profiles": 200,
    "families": 50,
    "family_memberships": 200,
    "family_invitations": 100,
    "watchlist_entries": 10_000,
    "recommendations": 1_000,
}
TIMES = {
    "watchlist_entries": "date_added",
    "streaming_providers": "added_at",
    "family_memberships": "joined_at",
}
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g"

# Queries that return inconsistent rows.
CONTRADICTIONS = {
    "families without exactly one owner": """
        SELECT f.id FROM families f LEFT JOIN family_memberships m
            ON m.family_id = f.id AND m.role = 'owner'
        GROUP BY f.id HAVING count(m.id) <> 1""",
    "families without an admin and two members": """
        SELECT family_id FROM family_memberships GROUP BY family_id
        HAVING array_agg(role::text ORDER BY role) <> '{owner,admin,member,member}'""",
    "families not owned by who made them": """
        SELECT f.id FROM families f JOIN family_memberships m
            ON m.family_id = f.id AND m.role = 'owner' WHERE m.user_id <> f.created_by_id""",
    "people not in exactly one family": """
        SELECT u.id FROM users u LEFT JOIN family_memberships m ON m.user_id = u.id
        GROUP BY u.id HAVING count(m.id) <> 1""",
    "people without a profile": """
        SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM profiles)""",
    "lists that are not of 50 titles": """
        SELECT user_id FROM watchlist_entries GROUP BY user_id
        HAVING count(DISTINCT media_item_id) <> 50""",
    "titles without two to four offers": """
        SELECT media_item_id FROM streaming_providers GROUP BY media_item_id
        HAVING count(*) NOT BETWEEN 2 AND 4""",
    "recommendations between strangers": """
        SELECT r.id FROM recommendations r WHERE NOT EXISTS (
            SELECT FROM family_memberships a JOIN family_memberships b USING (family_id)
            WHERE a.user_id = r.from_user_id AND b.user_id = r.to_user_id)""",
    "accepted recommendations that are not on the list": """
        SELECT r.id FROM recommendations r WHERE status = 'accepted' AND NOT EXISTS (
            SELECT FROM watchlist_entries e
            WHERE e.user_id = r.to_user_id AND e.media_item_id = r.media_item_id)""",
    "accepted invitations of others than members": """
        SELECT i.id FROM family_invitations i WHERE status = 'accepted' AND NOT EXISTS (
            SELECT FROM users u JOIN family_memberships m ON m.user_id = u.id
            WHERE u.email = i.email AND m.family_id = i.family_id
            AND m.joined_at = i.accepted_at)""",
    "entries older than their people or newer than their changes": """
        SELECT e.id FROM watchlist_entries e JOIN users u ON u.id = user_id
        WHERE date_added < u.created_at OR date_updated < date_added""",
    "rated but not watched": """
        SELECT id FROM watchlist_entries WHERE rating IS NOT NULL AND status = 'not_watched'""",
}


def silent(_table: str, _done: int, _total: int) -> None:
    """Ignores the progress."""


async def seeded(url: str, **options: Any) -> SeedReport:
    """Seeds a small data set."""
    return await seed_large(url, password_hash=HASH, **{"progress": silent, "scale": SCALE, **options})


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """Yields a connection."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:"))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def fresh_database(server: Server) -> AsyncIterator[str]:
    """Yields the URL of a new, migrated database."""
    url = await server.create_database(TEMPLATE)
    try:
        yield url
    finally:
        await server.drop_database(url)


async def counts(connection: Any) -> dict[str, int]:
    """Returns the number of rows of each table of the data set."""
    return {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in COUNTS}


async def contents(connection: Any) -> str:
    """Returns a hash of all rows of all tables, including ids and dates."""
    await connection.execute("SET timezone = 'UTC'")
    prints = [
        await connection.fetchval(f"SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {name} t")
        for name in COUNTS
    ]
    return " ".join(prints)


async def test_all_rows_exist_and_are_consistent(server: Server, template: str) -> None:
    async with fresh_database(server) as url:
        report = await seeded(url)
        assert report.created
        assert report.counts == COUNTS
        async with connected(url) as connection:
            assert await counts(connection) == COUNTS
            found = {name: await connection.fetch(sql) for name, sql in CONTRADICTIONS.items()}
            statuses = await connection.fetch("SELECT DISTINCT status FROM family_invitations")
            first = await connection.fetchrow(
                "SELECT password_hash, role::text FROM users JOIN family_memberships m "
                "ON m.user_id = users.id WHERE email = 'user1@large.example'"
            )
    assert {name: rows for name, rows in found.items() if rows} == {}
    assert {row["status"] for row in statuses} == {"pending", "accepted", "declined", "revoked"}
    assert tuple(first) == (HASH, "owner")


async def test_ids_are_well_formed_and_contain_the_creation_time(server: Server, template: str) -> None:
    async with fresh_database(server) as url:
        await seeded(url)
        async with connected(url) as connection:
            for name in COUNTS:
                column = TIMES.get(name, "created_at")
                rows = await connection.fetch(f"SELECT id, {column} AS moment FROM {name}")
                for row in rows:
                    number = int(row["id"][2:], 36)
                    assert tag_of(row["id"])
                    assert (number >> 76 & 15, number >> 62 & 3) == (7, 2)
                    assert number >> 80 == int(row["moment"].timestamp() * 1_000_000 + 0.5) // 1000
                    assert row["moment"].year < 2025


async def test_a_second_seeding_changes_nothing(server: Server, template: str) -> None:
    async with fresh_database(server) as url:
        await seeded(url)
        async with connected(url) as connection:
            before = await contents(connection)
            report = await seeded(url)
            assert (report.created, report.counts) == (False, {})
            assert await contents(connection) == before


async def test_concurrent_seedings_create_one_data_set(server: Server, template: str) -> None:
    async with fresh_database(server) as url:
        reports = await asyncio.gather(seeded(url), seeded(url))
    assert sorted(report.created for report in reports) == [False, True]


async def test_the_seed_determines_every_row(server: Server, template: str) -> None:
    prints = []
    for seed in (1, 1, 2):
        async with fresh_database(server) as url:
            await seeded(url, seed=seed)
            async with connected(url) as connection:
                prints.append(await contents(connection))
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


class Stop(Exception):
    """Interrupts the seeding."""


async def test_a_failure_leaves_nothing(database_url: str) -> None:
    def stop(table: str, done: int, _total: int) -> None:
        if table == "recommendations" and done > 0:
            raise Stop

    with pytest.raises(Stop):
        await seeded(database_url, progress=stop)
    async with connected(database_url) as connection:
        assert set((await counts(connection)).values()) == {0}


async def test_a_cancelled_seeding_leaves_nothing(database_url: str) -> None:
    def cancel(table: str, done: int, _total: int) -> None:
        if table == "watchlist_entries" and done == 0:
            # A little later, in the middle of the COPY.
            asyncio.get_running_loop().call_later(0.02, task.cancel)

    task = asyncio.create_task(seeded(database_url, progress=cancel, scale=0.02))
    with pytest.raises(asyncio.CancelledError):
        await task
    async with connected(database_url) as connection:
        assert set((await counts(connection)).values()) == {0}


async def test_progress_is_reported_from_zero_to_the_total(server: Server, template: str) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def note(table: str, done: int, total: int) -> None:
        seen.setdefault(table, []).append((done, total))

    async with fresh_database(server) as url:
        await seeded(url, progress=note)
    assert list(seen) == list(COUNTS)
    for name, steps in seen.items():
        assert steps[0][0] == 0
        assert steps == sorted(steps)
        assert steps[-1] == (COUNTS[name], COUNTS[name])


async def test_the_smallest_data_set_has_different_titles_on_each_list(server: Server, template: str) -> None:
    async with fresh_database(server) as url:
        report = await seeded(url, scale=0.000_1)
        assert report.counts["families"] == 15
        async with connected(url) as connection:
            assert await connection.fetch(CONTRADICTIONS["lists that are not of 50 titles"]) == []


async def test_a_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        await seeded("postgresql://nowhere.example/none", scale=0)
