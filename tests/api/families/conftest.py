"""A family with one person in every role, and people around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import pytest

from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyRole
from tests.support.factories import Factories
from tests.support.server import Server

Rows = Callable[..., Awaitable[list[asyncpg.Record]]]


@dataclass(frozen=True)
class Home:
    """The family and its people; `gus` is invited, `sam` belongs to a family of his own."""

    family: Family
    olga: User  # the owner
    adam: User  # an admin
    mia: User  # a plain member
    gus: User  # invited
    sam: User  # a stranger
    invitation: FamilyInvitation
    token: str
    elsewhere: Family


@pytest.fixture
async def home(make: Factories) -> Home:
    """A family of an owner, an admin and a member, with a pending invitation."""
    olga, adam, mia = await make.user("Olga"), await make.user("Adam"), await make.user("Mia")
    gus, sam = await make.user("Gus"), await make.user("Sam")
    family = await make.family(olga, name="Home")
    await make.member(family, adam, FamilyRole.ADMIN)
    await make.member(family, mia)
    invitation, token = await make.invitation(family, gus.email, by=olga)
    elsewhere = await make.family(sam, name="Elsewhere")
    return Home(family, olga, adam, mia, gus, sam, invitation, token, elsewhere)


@pytest.fixture
def rows(server: Server, database_url: str) -> Rows:
    """Asks this test's database itself: `await rows("SELECT …", argument)`."""

    async def fetch(statement: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await server.connect(database_url)
        try:
            found: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            return found
        finally:
            await connection.close()

    return fetch


ROLES = "SELECT user_id, role::text FROM family_memberships WHERE family_id = $1"


@pytest.fixture
def roles(rows: Rows) -> Callable[[Family], Awaitable[dict[str, str]]]:
    """Who has which role in a family, as the database has it."""

    async def fetch(family: Family) -> dict[str, str]:
        return {row["user_id"]: row["role"] for row in await rows(ROLES, family.id)}

    return fetch
