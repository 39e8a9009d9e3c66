"""Random changes of a small world, on several connections, some of which commit late."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
from asyncpg.transaction import Transaction

from infocus_graphql.core.ids import new_id

_TABLES = {
    "families": "fa",
    "family_memberships": "fm",
    "family_invitations": "fi",
    "users": "us",
    "watchlist_entries": "we",
    "recommendations": "re",
    "media_items": "mi",
}
_PICK = "(SELECT id FROM {} ORDER BY md5(id || $1::text) LIMIT 1)"


class RandomWrites:
    """Writes random changes. `fixed` users are never deleted."""

    def __init__(self, connections: list[asyncpg.Connection], fixed: list[str], seed: int) -> None:
        self._direct, *self._held = connections
        self._open: dict[int, tuple[Transaction, int]] = {}  # with the step of its commit, by connection
        self._steps = 0
        self.fixed, self.random = fixed, random.Random(seed)

    async def step(self, *, on: asyncpg.Connection | None = None) -> None:
        """Makes one change, at once or in a transaction that stays open for a while."""
        self._steps += 1
        for place in [place for place, (_, end) in self._open.items() if end <= self._steps]:
            await self.commit(place)
        connection = on or self._direct
        if on is None and self.random.random() < 0.15:
            place = self.random.randrange(len(self._held))
            connection = self._held[place]
            if place not in self._open:
                transaction = connection.transaction()
                await transaction.start()
                self._open[place] = transaction, self._steps + self.random.randrange(1, 25)
        change = self.random.choice(self._changes())
        if change == self._erase:  # it locks the outbox, so it never takes long
            connection = self._direct if on is None else on
        try:
            async with connection.transaction():
                await change(connection)
        except (
            asyncpg.LockNotAvailableError,
            asyncpg.DeadlockDetectedError,
            asyncpg.IntegrityConstraintViolationError,
        ):
            return  # another transaction has the row, or the change isn't possible now

    async def commit(self, place: int) -> None:
        """Commits an open transaction."""
        transaction, _ = self._open.pop(place)
        with suppress(asyncpg.IntegrityConstraintViolationError):  # a family without an owner
            await transaction.commit()

    async def commit_all(self) -> None:
        """Commits all open transactions."""
        for place in list(self._open):
            await self.commit(place)

    async def ids(self) -> list[str]:
        """The ids of all rows."""
        union = " UNION ALL ".join(f"SELECT id FROM {table}" for table in _TABLES)
        return [row["id"] for row in await self._direct.fetch(union)]

    def _changes(self) -> list[Callable[[asyncpg.Connection], Awaitable[object]]]:
        often = [self._entry, self._entry, self._entry, self._change_entry, self._change_entry]
        return [
            *often,
            self._remove_entry,
            self._join,
            self._join,
            self._leave,
            self._share,
            self._share,
            self._role,
            self._recommend,
            self._answer,
            self._withdraw,
            self._invite,
            self._revoke,
            self._rename,
            self._user,
            self._title,
            self._settings,
            self._email,
            *([self._family, self._delete_family, self._erase] if self.random.random() < 0.2 else []),
        ]

    def _seed(self) -> str:
        return str(self.random.random())

    async def _entry(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "INSERT INTO watchlist_entries (id, user_id, media_item_id, notes, notes_visibility) SELECT $2, "
            f"{_PICK.format('users')}, {_PICK.format('media_items')}, $1, 'family' ON CONFLICT DO NOTHING",
            self._seed(),
            new_id("we"),
        )

    async def _change_entry(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE watchlist_entries SET rating = $2 WHERE id = " + _PICK.format("watchlist_entries"),
            self._seed(),
            self.random.randint(1, 10),
        )

    async def _remove_entry(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "DELETE FROM watchlist_entries WHERE id = " + _PICK.format("watchlist_entries"), self._seed()
        )

    async def _join(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "INSERT INTO family_memberships (id, family_id, user_id, role, shares_watchlist) SELECT $2, "
            f"{_PICK.format('families')}, {_PICK.format('users')}, 'member', $3 ON CONFLICT DO NOTHING",
            self._seed(),
            new_id("fm"),
            self.random.random() < 0.7,
        )

    async def _leave(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "DELETE FROM family_memberships WHERE role <> 'owner' AND id = "
            + _PICK.format("family_memberships"),
            self._seed(),
        )

    async def _share(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE family_memberships SET shares_watchlist = NOT shares_watchlist WHERE id = "
            + _PICK.format("family_memberships"),
            self._seed(),
        )

    async def _role(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE family_memberships SET role = CASE role WHEN 'admin' THEN 'member'::family_role "
            "ELSE 'admin' END WHERE role <> 'owner' AND id = " + _PICK.format("family_memberships"),
            self._seed(),
        )

    async def _recommend(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "INSERT INTO recommendations (id, media_item_id, from_user_id, to_user_id) SELECT $2, "
            f"{_PICK.format('media_items')}, {_PICK.format('users')}, "
            "(SELECT id FROM users ORDER BY md5($1 || id) LIMIT 1) ON CONFLICT DO NOTHING",
            self._seed(),
            new_id("re"),
        )

    async def _answer(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE recommendations SET status = $2, message = $1 WHERE id = "
            + _PICK.format("recommendations"),
            self._seed(),
            self.random.choice(["accepted", "rejected", "pending"]),
        )

    async def _withdraw(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "DELETE FROM recommendations WHERE id = " + _PICK.format("recommendations"), self._seed()
        )

    async def _invite(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "INSERT INTO family_invitations (id, family_id, email, token_hash, expires_at) SELECT $2, "
            f"{_PICK.format('families')}, (SELECT lower(email) FROM users ORDER BY md5($1 || id) LIMIT 1), "
            "$1, now() + interval '1 day' ON CONFLICT DO NOTHING",
            self._seed(),
            new_id("fi"),
        )

    async def _revoke(self, on: asyncpg.Connection) -> None:
        chosen = _PICK.format("family_invitations")
        if self.random.random() < 0.5:
            await on.execute(f"DELETE FROM family_invitations WHERE id = {chosen}", self._seed())
        else:
            await on.execute(
                f"UPDATE family_invitations SET status = 'revoked' WHERE id = {chosen}",
                self._seed(),
            )

    async def _rename(self, on: asyncpg.Connection) -> None:
        await on.execute("UPDATE families SET name = $1 WHERE id = " + _PICK.format("families"), self._seed())

    async def _user(self, on: asyncpg.Connection) -> None:
        table, column, key = self.random.choice([("users", "name", "id"), ("profiles", "bio", "user_id")])
        await on.execute(
            f"UPDATE {table} SET {column} = $1 WHERE {key} = " + _PICK.format("users"),
            self._seed(),
        )

    async def _title(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE media_items SET title = $1, updated_at = clock_timestamp() WHERE id = "
            + _PICK.format("media_items"),
            self._seed(),
        )

    async def _settings(self, on: asyncpg.Connection) -> None:
        await on.execute(
            f"INSERT INTO user_settings (user_id, region) SELECT {_PICK.format('users')}, $2 "
            "ON CONFLICT (user_id) DO UPDATE SET region = excluded.region",
            self._seed(),
            self.random.choice(["DE", "FR", "US"]),
        )

    async def _email(self, on: asyncpg.Connection) -> None:
        await on.execute(
            "UPDATE users SET email_verified_at = CASE WHEN email_verified_at IS NULL THEN now() END "
            "WHERE id = " + _PICK.format("users"),
            self._seed(),
        )

    async def _family(self, on: asyncpg.Connection) -> None:
        family_id = new_id("fa")
        await on.execute("INSERT INTO families (id, name) VALUES ($1, 'New')", family_id)
        await on.execute(
            "INSERT INTO family_memberships (id, family_id, user_id, role) "
            f"SELECT $2, $3, {_PICK.format('users')}, 'owner'",
            self._seed(),
            new_id("fm"),
            family_id,
        )

    async def _delete_family(self, on: asyncpg.Connection) -> None:
        await on.execute("DELETE FROM families WHERE id = " + _PICK.format("families"), self._seed())

    async def _erase(self, on: asyncpg.Connection) -> None:
        """Erases an account, and registers another one."""
        erased = await on.fetchval(
            "SELECT id FROM users WHERE id <> ALL ($2) ORDER BY md5(id || $1) LIMIT 1",
            self._seed(),
            self.fixed,
        )
        if erased is not None:
            await on.execute(
                "DELETE FROM families WHERE id IN (SELECT family_id FROM family_memberships "
                "WHERE user_id = $1 AND role = 'owner')",
                erased,
            )
            await on.execute("DELETE FROM users WHERE id = $1", erased)
            await on.execute("SELECT anonymise_events($1)", erased)
        user_id = new_id("us")
        await on.execute(
            "INSERT INTO users (id, email, name, password_hash, email_verified_at) "
            "VALUES ($1, $1 || '@example.com', 'New', '', now())",
            user_id,
        )
        await on.execute("INSERT INTO profiles (id, user_id) VALUES ($1, $2)", new_id("pr"), user_id)
