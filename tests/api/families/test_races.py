"""Concurrent requests on separate connections: the rules hold in either order.

A third connection locks the family's row until both requests wait for it, so that they really overlap.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from infocus_graphql.domains.families.models import Family, FamilyRole
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.settings import Settings
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

Roles = Callable[[Family], Awaitable[dict[str, str]]]
Request = Coroutine[Any, Any, Any]
Race = Callable[..., Awaitable[list[list[str]]]]
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture(autouse=True)
def no_second_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables the retry after deadlocks, which would hide them.

    A deadlock is INTERNAL and fails the test.
    """
    monkeypatch.setattr("infocus_graphql.db.database._ATTEMPTS", 1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with timeouts that are long enough for a busy machine."""
    return settings.model_copy(update={"lock_timeout_ms": 30_000, "statement_timeout_ms": 30_000})


@pytest.fixture
def race(server: Server, database_url: str, home: Home) -> Race:
    """Runs requests that lock the family in this order, and returns the error codes of each."""

    async def run(*requests: Request) -> list[list[str]]:
        running: list[asyncio.Future[Any]] = []
        gate = await server.connect(database_url)
        try:
            async with gate.transaction():
                await gate.execute("SELECT 1 FROM families WHERE id = $1 FOR UPDATE", home.family.id)
                for request in requests:
                    running.append(asyncio.ensure_future(request))
                    await all_wait(gate, running)
        finally:
            await asyncio.wait(running)
            await gate.close()
        payloads = [each.result() for each in running]
        return [[error["code"] for error in payload["errors"]] for payload in payloads]

    return run


async def all_wait(gate: asyncpg.Connection, running: list[asyncio.Future[Any]]) -> None:
    """Waits until all requests wait for the family's lock. Fails if one of them has finished."""
    async with asyncio.timeout(30):
        while await gate.fetchval(WAITING) < len(running):
            assert not any(each.done() for each in running), "a request didn't wait for the family"
            await gate.execute("SELECT pg_stat_clear_snapshot()")


def accept(api: Api, home: Home) -> Request:
    """Gus accepts."""
    return api.as_(home.gus).change("acceptFamilyInvitation", {"token": home.token})


def decline(api: Api, home: Home) -> Request:
    """Gus declines."""
    return api.as_(home.gus).change("declineFamilyInvitation", {"token": home.token})


def revoke(api: Api, home: Home) -> Request:
    """Adam revokes Gus' invitation."""
    return api.as_(home.adam).change("revokeFamilyInvitation", {"id": home.invitation.id})


def resend(api: Api, home: Home) -> Request:
    """Adam renews Gus' invitation."""
    return api.as_(home.adam).change("resendFamilyInvitation", {"id": home.invitation.id}, fields="token")


def invite(api: Api, home: Home, email: str | None = None) -> Request:
    """Olga invites Gus again, or another address."""
    to_them = {"familyId": home.family.id, "email": email or home.gus.email}
    return api.as_(home.olga).change("inviteToFamily", to_them, fields="token invitation { id }")


def transfer(api: Api, home: Home, to: User) -> Request:
    """Olga transfers the family."""
    return api.as_(home.olga).change(
        "transferFamilyOwnership", {"familyId": home.family.id, "toUserId": to.id}
    )


def remove(api: Api, home: Home, who: User, by: User) -> Request:
    """`by` removes `who`."""
    return api.as_(by).change("removeFamilyMember", {"familyId": home.family.id, "userId": who.id})


def leave(api: Api, home: Home, who: User) -> Request:
    """`who` leaves."""
    return api.as_(who).change("leaveFamily", {"id": home.family.id})


def promote(api: Api, home: Home, who: User) -> Request:
    """Olga makes `who` an admin."""
    promotion = {"familyId": home.family.id, "userId": who.id, "role": "ADMIN"}
    return api.as_(home.olga).change("updateFamilyMemberRole", promotion)


def delete(api: Api, home: Home) -> Request:
    """Olga deletes the family."""
    return api.as_(home.olga).change("deleteFamily", {"id": home.family.id})


async def test_two_accepts_of_one_invitation_create_one_membership(
    api: Api, home: Home, race: Race, roles: Roles
) -> None:
    assert await race(accept(api, home), accept(api, home)) == [[], ["ALREADY_PROCESSED"]]
    assert (await roles(home.family))[home.gus.id] == "member"


@pytest.mark.parametrize("other", [decline, revoke])
async def test_an_invitation_is_accepted_declined_or_revoked_once(
    api: Api, home: Home, race: Race, roles: Roles, rows: Rows, other: Callable[[Api, Home], Request]
) -> None:
    assert await race(other(api, home), accept(api, home)) == [[], ["ALREADY_PROCESSED"]]
    assert home.gus.id not in await roles(home.family)
    (row,) = await rows("SELECT status::text, accepted_at FROM family_invitations")
    assert (row["status"], row["accepted_at"]) != ("accepted", None)
    assert row["status"] == ("declined" if other is decline else "revoked")


@pytest.mark.parametrize("other", [decline, revoke, resend])
async def test_an_accepted_invitation_is_not_changed_by_a_later_request(
    api: Api, home: Home, race: Race, roles: Roles, rows: Rows, other: Callable[[Api, Home], Request]
) -> None:
    (before,) = await rows("SELECT token_hash, expires_at FROM family_invitations")
    assert await race(accept(api, home), other(api, home)) == [[], ["ALREADY_PROCESSED"]]
    assert (await roles(home.family))[home.gus.id] == "member"
    (after,) = await rows("SELECT status::text, token_hash, expires_at FROM family_invitations")
    assert tuple(after) == ("accepted", *before)


@pytest.mark.parametrize("renew", [resend, invite])
async def test_a_token_stays_valid_when_the_invitation_is_resent(
    api: Api, home: Home, race: Race, roles: Roles, renew: Callable[[Api, Home], Request]
) -> None:
    assert await race(renew(api, home), accept(api, home)) == [[], []]
    assert home.gus.id in await roles(home.family)


@pytest.mark.parametrize("first", ["acceptance", "demotion"])
async def test_of_demoting_the_inviter_and_accepting_the_first_wins(
    api: Api, home: Home, race: Race, roles: Roles, rows: Rows, first: str
) -> None:
    await rows("UPDATE family_invitations SET invited_by_id = $1", home.adam.id)
    given = {"familyId": home.family.id, "userId": home.adam.id, "role": "MEMBER"}
    demotion = api.as_(home.olga).change("updateFamilyMemberRole", given)
    if first == "demotion":
        assert await race(demotion, accept(api, home)) == [[], ["ALREADY_PROCESSED"]]
    else:
        assert await race(accept(api, home), demotion) == [[], []]
    assert (home.gus.id in await roles(home.family)) is (first == "acceptance")


async def test_inviting_a_user_who_is_just_joining_is_a_conflict(
    api: Api, home: Home, race: Race, rows: Rows
) -> None:
    assert await race(accept(api, home), invite(api, home)) == [[], ["ALREADY_EXISTS"]]
    assert [row["status"] for row in await rows("SELECT status::text FROM family_invitations")] == [
        "accepted"
    ]


async def test_two_invitations_of_one_address_create_one_with_one_token(
    api: Api, home: Home, race: Race, rows: Rows
) -> None:
    eve, issued = "eve@example.com", {}

    async def keeping(number: int) -> Any:
        issued[number] = await invite(api, home, eve)
        return issued[number]

    assert await race(keeping(1), keeping(2)) == [[], []]
    first, second = issued[1], issued[2]
    assert first["invitation"]["id"] == second["invitation"]["id"]
    assert len(await rows("SELECT 1 FROM family_invitations WHERE email = $1", eve)) == 1
    preview = "query ($token: String!) { familyInvitationPreview(token: $token) { invitationStatus } }"
    assert first["token"] == second["token"]
    assert await api.data(preview, token=second["token"]) == {"invitationStatus": "PENDING"}


async def test_two_transfers_to_different_members_leave_one_owner(
    api: Api, home: Home, race: Race, roles: Roles
) -> None:
    codes = await race(transfer(api, home, home.mia), transfer(api, home, home.adam))
    assert codes == [[], ["FORBIDDEN"]]
    assert await roles(home.family) == {
        home.olga.id: "admin",
        home.adam.id: "admin",
        home.mia.id: "owner",
    }


async def test_a_new_owner_can_not_leave_or_be_removed(
    api: Api, home: Home, race: Race, roles: Roles
) -> None:
    codes = await race(
        transfer(api, home, home.mia),
        leave(api, home, home.mia),
        remove(api, home, home.mia, by=home.adam),
        promote(api, home, home.mia),
    )
    assert codes == [[], ["OWNER_CANNOT_LEAVE"], ["FORBIDDEN"], ["FORBIDDEN"]]
    assert (await roles(home.family))[home.mia.id] == "owner"


@pytest.mark.parametrize("gone", ["leave", "remove"])
async def test_a_family_is_not_transferred_to_a_user_who_has_just_left(
    api: Api, home: Home, race: Race, roles: Roles, gone: str
) -> None:
    going = leave(api, home, home.mia) if gone == "leave" else remove(api, home, home.mia, by=home.adam)
    assert await race(going, transfer(api, home, home.mia)) == [[], ["NOT_FOUND"]]
    assert await roles(home.family) == {home.olga.id: "owner", home.adam.id: "admin"}


async def test_an_admin_can_not_remove_a_member_who_has_just_become_admin(
    api: Api, home: Home, race: Race, roles: Roles
) -> None:
    codes = await race(promote(api, home, home.mia), remove(api, home, home.mia, by=home.adam))
    assert codes == [[], ["FORBIDDEN"]]
    assert (await roles(home.family))[home.mia.id] == "admin"


async def test_a_removed_member_gets_no_role(api: Api, home: Home, race: Race, roles: Roles) -> None:
    codes = await race(remove(api, home, home.mia, by=home.adam), promote(api, home, home.mia))
    assert codes == [[], ["NOT_FOUND"]]
    assert home.mia.id not in await roles(home.family)


async def test_a_demoted_admin_loses_permissions_at_once(
    api: Api, home: Home, race: Race, roles: Roles
) -> None:
    demotion = {"familyId": home.family.id, "userId": home.adam.id, "role": "MEMBER"}
    codes = await race(
        api.as_(home.olga).change("updateFamilyMemberRole", demotion),
        revoke(api, home),
        remove(api, home, home.mia, by=home.adam),
    )
    assert codes == [[], ["FORBIDDEN"], ["FORBIDDEN"]]
    assert home.mia.id in await roles(home.family)


async def test_requests_on_a_just_deleted_family_return_not_found(
    api: Api, home: Home, race: Race, rows: Rows
) -> None:
    codes = await race(
        delete(api, home),
        accept(api, home),
        invite(api, home),
        resend(api, home),
        transfer(api, home, home.mia),
    )
    assert codes == [[], *[["NOT_FOUND"]] * 4]
    assert await rows("SELECT 1 FROM family_memberships WHERE family_id = $1", home.family.id) == []
    assert await rows("SELECT 1 FROM family_invitations") == []


async def test_deleting_a_family_removes_a_member_who_has_just_joined(
    api: Api, home: Home, race: Race, rows: Rows
) -> None:
    assert await race(accept(api, home), delete(api, home)) == [[], []]
    assert await rows("SELECT 1 FROM family_memberships WHERE family_id = $1", home.family.id) == []


async def test_many_concurrent_requests_cause_no_internal_error(
    api: Api, home: Home, make: Factories, roles: Roles, rows: Rows
) -> None:
    chance = random.Random(7)
    people = [home.olga, home.adam, home.mia, home.gus]
    await make.member(home.family, await make.user("Ada"), FamilyRole.ADMIN)
    for _ in range(6):
        owner = next(each for each, role in (await roles(home.family)).items() if role == "owner")
        here = {"familyId": home.family.id}
        crowd: list[Request] = [
            api.as_(chance.choice(people)).change(
                "inviteToFamily", {**here, "email": chance.choice(people).email}
            ),
            api.as_(owner).change(
                "transferFamilyOwnership", {"familyId": home.family.id, "toUserId": chance.choice(people).id}
            ),
            api.as_(owner).change(
                "updateFamilyMemberRole", {**here, "userId": chance.choice(people).id, "role": "ADMIN"}
            ),
            remove(api, home, chance.choice(people), by=chance.choice(people)),
            leave(api, home, chance.choice(people)),
            accept(api, home),
            resend(api, home),
            api.as_(owner).change("updateFamilySharing", {**here, "sharesWatchlist": chance.random() < 0.5}),
        ]
        chance.shuffle(crowd)
        await asyncio.gather(*crowd)
        assert list((await roles(home.family)).values()).count("owner") == 1
    pending = (
        "SELECT email FROM family_invitations WHERE status = 'pending' GROUP BY email HAVING count(*) > 1"
    )
    assert await rows(pending) == []


async def test_a_family_without_an_owner_at_the_commit_is_a_refusal(
    api: Api, home: Home, server: Server, database_url: str, roles: Roles
) -> None:
    by_hand = await server.connect(database_url)
    async with by_hand.transaction():
        await by_hand.execute("DELETE FROM family_memberships WHERE user_id = $1", home.adam.id)
        given = {"familyId": home.family.id, "toUserId": home.adam.id}
        transfer = asyncio.ensure_future(api.as_(home.olga).change("transferFamilyOwnership", given))
        await all_wait(by_hand, [transfer])
    await by_hand.close()
    (error,) = (await transfer)["errors"]
    assert (error["code"], error["path"]) == ("OWNER_CANNOT_LEAVE", [])
    assert error["message"] == "A family can't be without an owner. Transfer it first, or delete it."
    assert (await roles(home.family))[home.olga.id] == "owner"
