"""The rules of docs/schema.md on families, versions and sessions hold for raw SQL and cascades."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from infocus_graphql.db import migrations
from tests.api.families.conftest import Home, home
from tests.sample_rows import ROWS, connected, run
from tests.support.client import Api
from tests.support.server import Server

__all__ = ["home"]  # a fixture


@pytest.fixture
async def database(server: Server, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with rows in all tables: `us1` owns family `fa1`, and `us2` is a member."""
    await run(database_url, ROWS)
    connection = await server.connect(database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO families (id, name) VALUES ('fa2', 'Empty')",
        "INSERT INTO families (id, name) VALUES ('fa2', 'Ownerless'); "
        "INSERT INTO family_memberships (id, family_id, user_id) VALUES ('fm9', 'fa2', 'us2')",
        "UPDATE family_memberships SET role = 'member'",
        "UPDATE family_memberships SET role = 'admin' WHERE user_id = 'us1'",
        "DELETE FROM family_memberships",
        "DELETE FROM family_memberships WHERE user_id = 'us1'",
        "DELETE FROM users WHERE id = 'us1'",
        "DELETE FROM users",
        "TRUNCATE family_memberships",
        "TRUNCATE users CASCADE; INSERT INTO families (id, name) VALUES ('fa3', 'Later')",
        "INSERT INTO users (id, email, password_hash) VALUES ('us3', 'c@x.org', 'h'); "
        "INSERT INTO families (id, name) VALUES ('fa2', 'Other'); "
        "UPDATE family_memberships SET family_id = 'fa2' WHERE user_id = 'us1'",
    ],
)
async def test_statements_that_leave_a_family_without_an_owner_fail(
    database: asyncpg.Connection, statement: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as error:
        await database.execute(f"BEGIN; {statement}; COMMIT")
    assert error.value.constraint_name == "family_has_owner"
    await database.execute("ROLLBACK")
    owners = "SELECT array_agg(user_id) FROM family_memberships WHERE role = 'owner'"
    assert await database.fetchval(owners) == ["us1"]
    assert await database.fetchval("SELECT array_agg(id) FROM families") == ["fa1"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE family_memberships SET role = 'admin' WHERE user_id = 'us1'; "
        "UPDATE family_memberships SET role = 'owner' WHERE user_id = 'us2'",
        "UPDATE family_memberships SET role = 'admin' WHERE user_id = 'us1'; "
        "UPDATE family_memberships SET role = 'owner' WHERE user_id = 'us2'; "
        "DELETE FROM users WHERE id = 'us1'",
        "DELETE FROM families",
        "DELETE FROM users; DELETE FROM families",
        "DELETE FROM users WHERE id = 'us2'",
        "TRUNCATE users CASCADE",
        "TRUNCATE families CASCADE",
        "INSERT INTO families (id, name) VALUES ('fa2', 'Two'); INSERT INTO family_memberships "
        "(id, family_id, user_id, role) VALUES ('fm9', 'fa2', 'us2', 'owner')",
    ],
)
async def test_an_owner_can_be_replaced_and_a_family_deleted(
    database: asyncpg.Connection, statement: str
) -> None:
    await database.execute(f"BEGIN; {statement}; COMMIT")
    without = "SELECT count(*) FROM families WHERE id NOT IN (SELECT family_id FROM family_memberships)"
    assert await database.fetchval(without) == 0


async def test_two_transactions_can_not_leave_a_family_without_an_owner(
    server: Server, database_url: str, database: asyncpg.Connection
) -> None:
    other = await server.connect(database_url)
    await database.execute(
        "BEGIN; UPDATE family_memberships SET role = 'admin' WHERE user_id = 'us1'; "
        "UPDATE family_memberships SET role = 'owner' WHERE user_id = 'us2'"
    )
    leaves = other.execute("DELETE FROM family_memberships WHERE user_id = 'us2' AND role <> 'admin'")
    waiting = asyncio.ensure_future(leaves)
    await database.execute("COMMIT")
    with pytest.raises(asyncpg.CheckViolationError):
        await waiting
    await other.close()


async def test_the_version_of_an_entry_increases_with_every_update(database: asyncpg.Connection) -> None:
    version = "SELECT version FROM watchlist_entries WHERE id = 'we1'"
    for change, expected in (
        ("notes = 'x'", 2),
        ("notes = 'x'", 2),
        ("notes = 'y', version = 1", 3),
        ("notes = 'z', version = version + 1", 4),
    ):
        await database.execute(f"UPDATE watchlist_entries SET {change} WHERE id = 'we1'")
        assert await database.fetchval(version) == expected, change


async def test_an_ended_session_is_recorded_under_any_search_path(database: asyncpg.Connection) -> None:
    await database.execute("SET search_path = pg_catalog")
    await database.execute("UPDATE public.sessions SET revoked_at = now()")
    assert await database.fetchval("SELECT count(*) FROM public.revoked_sessions") == 1


async def test_the_migration_repairs_families_without_owners(server: Any) -> None:
    url = await server.create_database()
    await migrations.upgrade(url, "5e1d0c")
    await run(
        url,
        """
        INSERT INTO users (id, email, password_hash) VALUES ('us1', 'A@x.org', 'h'), ('us2', 'b@x.org', 'h');
        INSERT INTO families (id, name) VALUES ('fa1', 'Ours'), ('fa2', 'Empty');
        INSERT INTO family_memberships (id, family_id, user_id, role)
            VALUES ('fm1', 'fa1', 'us1', 'admin'), ('fm2', 'fa1', 'us2', 'member');
        """,
    )
    await migrations.upgrade(url)
    async with connected(url) as connection:
        rows = await connection.exec_driver_sql(
            "SELECT family_id, user_id, role::text FROM family_memberships ORDER BY user_id"
        )
        assert [tuple(row) for row in rows] == [("fa1", "us1", "owner"), ("fa1", "us2", "member")]
        families = await connection.exec_driver_sql("SELECT array_agg(id) FROM families")
        assert families.scalar() == ["fa1"]
    await migrations.downgrade(url, "5e1d0c")
    await server.drop_database(url)


async def test_the_use_cases_satisfy_the_owner_rule(api: Api, home: Home) -> None:
    """Transfer, leaving and deletion each end with an owner, or without the family."""
    olga, adam = api.as_(home.olga), api.as_(home.adam)
    transferred = await olga.change(
        "transferFamilyOwnership", {"familyId": home.family.id, "toUserId": home.adam.id}
    )
    assert transferred["errors"] == []
    assert (await olga.change("leaveFamily", {"id": home.family.id}))["errors"] == []
    assert (await adam.change("deleteFamily", {"id": home.family.id}))["errors"] == []
