"""Helpers that sign in as clients do, and that read the database."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from tests.support.client import Api

PASSWORD = "a passphrase"  # the password of all users from the factory
TOKENS = "accessToken accessTokenExpiresAt refreshToken session { id expiresAt } viewer { email }"
COOKIE = "infocus_refresh"
NOT_VALID: tuple[str, list[str]] = ("INVALID_CREDENTIALS", [])


@dataclass(frozen=True)
class Device:
    """A signed-in client with its tokens."""

    access: str
    refresh: str
    session_id: str

    @property
    def secret(self) -> str:
        """The prefix of all refresh tokens of its session."""
        return self.refresh.partition(".")[0]


async def signed_in(api: Api, user: User, **values: Any) -> Device:
    """Signs `user` in, with the tokens in the body."""
    given = {"email": user.email, "password": PASSWORD, "useCookie": False, **values}
    payload = await api.change("signIn", given, fields=TOKENS)
    assert payload["errors"] == []
    return Device(payload["accessToken"], payload["refreshToken"], payload["session"]["id"])


async def refreshed(api: Api, token: str) -> str:
    """Exchanges `token` and returns its successor."""
    payload = await api.change("refreshSession", {"refreshToken": token}, fields=TOKENS)
    assert payload["errors"] == []
    found: str = payload["refreshToken"]
    return found


async def refused(api: Api, token: str) -> None:
    """Asserts that `token` is rejected and no new token is returned."""
    payload = await api.change("refreshSession", {"refreshToken": token}, fields=TOKENS)
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [NOT_VALID]
    assert {payload[name] for name in ("accessToken", "refreshToken", "session", "viewer")} == {None}


async def sql(services: Services, statement: str, **values: Any) -> list[Any]:
    """Runs a statement directly on the database and returns its rows; single columns as plain values."""
    async with services.database.engines.write.begin() as connection:
        result = await connection.execute(text(statement), values)
        if not result.returns_rows:
            return []
        return [row[0] if len(row) == 1 else tuple(row) for row in result]


async def count(services: Services, *tables: str) -> list[int]:
    """Returns the number of rows of each table."""
    return [(await sql(services, f"SELECT count(*) FROM {table}"))[0] for table in tables]


async def living(services: Services, session_id: str) -> tuple[bool, int]:
    """Returns whether a session is live, and the number of its usable refresh tokens."""
    (alive,) = await sql(services, "SELECT revoked_at IS NULL FROM sessions WHERE id = :id", id=session_id)
    tokens = "SELECT count(*) FROM refresh_tokens WHERE session_id = :id AND revoked_at IS NULL"
    return alive, (await sql(services, tokens, id=session_id))[0]
