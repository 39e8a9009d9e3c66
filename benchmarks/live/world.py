"""Families with members, entries and tokens."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from benchmarks.servers import KEY
from infocus_graphql.core.ids import new_id
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.settings import Environment, Settings

MEMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Home:
    """A family whose members are `users`; each has an entry, and a token."""

    family_id: str
    users: list[str]
    entries: list[str]
    tokens: list[str]


async def make_homes(dsn: str, families: int) -> list[Home]:
    """Inserts families of twenty members."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            return [await _insert(connection, MEMBERS) for _ in range(families)]
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection, members: int) -> Home:
    users, family, title = [new_id("us") for _ in range(members)], new_id("fa"), new_id("mi")
    entries = [new_id("we") for _ in users]
    await connection.executemany(
        "INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, '!', $3)",
        [(user, f"{user}@live.example", f"Member {place}") for place, user in enumerate(users)],
    )
    await connection.executemany(
        "INSERT INTO profiles (id, user_id) VALUES ($1, $2)", [(new_id("pr"), user) for user in users]
    )
    await connection.execute("INSERT INTO families (id, name) VALUES ($1, 'Live')", family)
    roles = ["owner", *["member"] * (members - 1)]
    await connection.executemany(
        "INSERT INTO family_memberships (id, family_id, user_id, role) VALUES ($1, $2, $3, $4)",
        [(new_id("fm"), family, user, role) for user, role in zip(users, roles, strict=True)],
    )
    number = int(title[2:], 36) % 2**30
    await connection.execute(
        "INSERT INTO media_items (id, tmdb_id, tmdb_type, title) VALUES ($1, $2, 'movie', 'Live')",
        title,
        number,
    )
    await connection.executemany(
        "INSERT INTO watchlist_entries (id, user_id, media_item_id) VALUES ($1, $2, $3)",
        [(entry, user, title) for entry, user in zip(entries, users, strict=True)],
    )
    return Home(family, users, entries, _tokens(users))


def _tokens(users: list[str]) -> list[str]:
    kid, _, key = KEY.partition(":")
    tokens = AccessTokens(Settings(_env_file=None, env=Environment.TEST, jwt_keys={kid: key}))
    session = new_id("se")
    return [tokens.access_token(user_id=each, session_id=session, is_staff=False).text for each in users]
