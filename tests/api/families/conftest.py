"""A family with a user in every role, an invited user, and a user outside of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.users.models import Profile, User
from tests.support.factories import Factories
from tests.support.server import Server

Rows = Callable[..., Awaitable[list[asyncpg.Record]]]


@dataclass(frozen=True)
class Home:
    """A family and its users. `gus` is invited; `sam` has a family of his own."""

    family: Family
    olga: User  # the owner
    adam: User  # an admin
    mia: User  # a plain member
    gus: User  # invited
    sam: User  # an unrelated user
    invitation: FamilyInvitation
    token: str
    elsewhere: Family


@pytest.fixture
async def home(make: Factories) -> Home:
    """A family of an owner, an admin and a member, with a pending invitation."""
    people = [
        User(
            id=new_id("us"),
            name=name,
            email=f"{name.lower()}@example.com",
            password_hash="none",
            email_verified_at=now(),
        )
        for name in ("Olga", "Adam", "Mia", "Gus", "Sam")
    ]
    olga, adam, mia, gus, sam = people
    family = Family(id=new_id("fa"), name="Home", created_by_id=olga.id)
    elsewhere = Family(id=new_id("fa"), name="Elsewhere", created_by_id=sam.id)
    roles = [
        (family, olga, FamilyRole.OWNER),
        (family, adam, FamilyRole.ADMIN),
        (family, mia, FamilyRole.MEMBER),
        (elsewhere, sam, FamilyRole.OWNER),
    ]
    first = now()
    members = [
        FamilyMembership(
            family_id=each.id, user_id=user.id, role=role, joined_at=first + timedelta(milliseconds=number)
        )
        for number, (each, user, role) in enumerate(roles)
    ]
    await make.rows(*people, *(Profile(user_id=each.id) for each in people), family, elsewhere, *members)
    invitation, token = await make.invitation(family, gus.email, by=olga)
    return Home(family, olga, adam, mia, gus, sam, invitation, token, elsewhere)


@pytest.fixture
async def rows(server: Server, database_url: str) -> AsyncIterator[Rows]:
    """Queries this test's database directly: `await rows("SELECT …", argument)`."""
    connection = await server.connect(database_url)
    yield connection.fetch
    await connection.close()


ROLES = "SELECT user_id, role::text FROM family_memberships WHERE family_id = $1"


@pytest.fixture
def roles(rows: Rows) -> Callable[[Family], Awaitable[dict[str, str]]]:
    """Reads the roles of a family's members, by user id, from the database."""

    async def fetch(family: Family) -> dict[str, str]:
        return {row["user_id"]: row["role"] for row in await rows(ROLES, family.id)}

    return fetch
