"""Schema changes while requests run don't affect clients, despite prepared statements."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from infocus_graphql.domains.identity.users.models import User
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

PASSWORD = "a passphrase"
# A change and its reversal; each changes the result types of prepared statements.
COLUMNS = (
    ("users", "name", "varchar(200)", "text"),
    ("users", "email", "varchar(300)", "text"),
    ("profiles", "bio", "varchar(3000)", "text"),
    ("sessions", "device", "varchar(200)", "text"),
    ("sessions", "last_seen_at", "timestamptz(3)", "timestamptz"),
    ("media_items", "description", "varchar(10000)", "text"),
    ("media_items", "rating", "numeric", "float8"),
    ("watchlist_entries", "rating", "integer", "smallint"),
    ("watchlist_entries", "notes", "varchar(2000)", "text"),
    ("families", "name", "varchar(100)", "text"),
)
# Removing a label needs a new enum type.
NEW_TYPE = """
ALTER TYPE visibility RENAME TO visibility_before;
CREATE TYPE visibility AS ENUM ('private', 'family');
ALTER TABLE watchlist_entries ALTER COLUMN notes_visibility DROP DEFAULT,
    ALTER COLUMN notes_visibility TYPE visibility USING notes_visibility::text::visibility,
    ALTER COLUMN notes_visibility SET DEFAULT 'private';
DROP TYPE visibility_before;
"""
BOARD = """{ viewer {
    user { name profile { bio } }
    watchlist { nodes { rating notes notesVisibility mediaItem { title description rating } } }
    families { nodes { id } }
} }"""


class Requests:
    """Requests of clients, which raise on any error.

    They write the values that exist already, so that concurrent reads find the same data.
    """

    def __init__(self, api: Api, ann: User, entry: str) -> None:
        self._api, self._ann, self._entry = api, ann, entry

    async def sign_in(self) -> None:
        """Signs in and out."""
        given = {"email": self._ann.email, "password": PASSWORD, "useCookie": False}
        payload = await self._api.change("signIn", given, fields="accessToken")
        assert payload["errors"] == []
        left = await self._api.bearing(payload["accessToken"]).change("signOut", {})
        assert left["errors"] == []

    async def update_profile(self) -> None:
        """Writes the name and the biography."""
        given = {"name": "Ann", "bio": "x"}
        assert (await self._mine.change("updateProfile", given))["errors"] == []

    async def update_entry(self) -> None:
        """Writes an entry, in a single statement."""
        given = {"id": self._entry, "notes": "x", "notesVisibility": "FAMILY"}
        assert (await self._mine.change("updateWatchlistEntry", given))["errors"] == []

    async def query(self) -> None:
        """Reads by plan and by loaders; the test client compares them."""
        await self._mine.data(BOARD)

    @property
    def _mine(self) -> Api:
        return self._api.as_(self._ann)

    @property
    def all(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Returns all requests."""
        return self.sign_in, self.update_profile, self.update_entry, self.query


@pytest.fixture
async def requests(api: Api, make: Factories) -> Requests:
    """Requests of a user with a family and a watchlist."""
    ann = await make.user("Ann", password=PASSWORD)
    await make.family(ann, name="Home")
    title = await make.media("Alien", rating=8.5)
    entry = await make.entry(ann, title, rating=9, notes="x")
    requests = Requests(api, ann, entry.id)
    await requests.update_profile()
    await requests.update_entry()
    return requests


@pytest.fixture
async def admin(server: Server, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The connection that changes the schema."""
    connection = await server.connect(database_url)
    yield connection
    await connection.close()


async def test_requests_work_after_each_schema_change(requests: Requests, admin: asyncpg.Connection) -> None:
    for direction in (2, 3):
        await asyncio.gather(*(request() for request in requests.all for _ in range(4)))
        for change in COLUMNS:
            await admin.execute(f"ALTER TABLE {change[0]} ALTER COLUMN {change[1]} TYPE {change[direction]}")
        for request in requests.all:
            await request()


async def test_requests_work_after_an_enum_type_is_replaced(
    requests: Requests, admin: asyncpg.Connection
) -> None:
    for _ in range(2):
        await asyncio.gather(*(request() for request in requests.all for _ in range(4)))
        await admin.execute(NEW_TYPE)
        await asyncio.gather(*(request() for request in requests.all for _ in range(4)))


async def test_plans_cached_in_triggers_are_renewed(requests: Requests, admin: asyncpg.Connection) -> None:
    for kind in ("varchar(40)", "text"):
        await asyncio.gather(*(requests.sign_in() for _ in range(8)))
        await admin.execute(f'ALTER TABLE sessions ALTER COLUMN id TYPE {kind} COLLATE "C"')
        await asyncio.gather(*(requests.sign_in() for _ in range(8)))


async def test_requests_go_on_while_the_schema_changes(requests: Requests, admin: asyncpg.Connection) -> None:
    over = False
    await admin.execute("SET lock_timeout = '20s'")  # a lock that is never released fails the test

    async def go_on(request: Callable[[], Awaitable[None]]) -> int:
        done = 0
        while not over:
            await request()
            done += 1
        return done

    clients = [asyncio.create_task(go_on(request)) for request in requests.all for _ in range(2)]
    try:
        for table, column, *kinds in COLUMNS:
            for kind in kinds:
                await admin.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
                await asyncio.sleep(0.05)
    finally:
        over = True
        done = await asyncio.gather(*clients)
    assert all(done)
