"""Invitations without e-mail: listed, accepted and declined by id; revoked with the inviter's role."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.domains.families.models import FamilyInvitationStatus
from infocus_graphql.domains.privacy.writes.erasure import erase
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Settings
from tests.api.families.conftest import Home, Rows
from tests.api.sessions.devices import sql
from tests.support.client import Api
from tests.support.factories import Factories

MINE = """
{ viewer { familyInvitations { nodes {
  id familyName inviterName memberCount expiresAt isExpired invitationStatus
  invitedTo { id } invitedBy { id } }
} } }
"""
STATUS = """
query ($id: ID!) { node(id: $id) { ... on FamilyInvitation { invitationStatus familyName inviterName } } }
"""
MUTATIONS = ["acceptFamilyInvitation", "declineFamilyInvitation"]
NOT_FOUND = ("NOT_FOUND", ["input", "id"])
INVITE_FIELDS = "invitation { id } token"
SENT = (
    "SELECT i::text, m::text FROM family_invitations i FULL JOIN family_memberships m ON false ORDER BY 1, 2"
)


async def test_the_invited_user_sees_the_invitation_and_the_family_name(api: Api, home: Home) -> None:
    (seen,) = (await api.as_(home.gus).data(MINE))["familyInvitations"]["nodes"]
    assert seen.pop("expiresAt")
    assert seen == {
        "id": home.invitation.id,
        "familyName": "Home",
        "inviterName": "Olga",
        "memberCount": 3,
        "isExpired": False,
        "invitationStatus": "PENDING",
        # The family itself and its members stay hidden.
        "invitedTo": None,
        "invitedBy": None,
    }


async def test_the_inviter_name_is_null_without_a_name_or_an_account(
    api: Api, home: Home, make: Factories, rows: Rows
) -> None:
    nameless = await make.user(name=None)
    await make.invitation(home.elsewhere, home.gus.email, by=nameless)
    for gone in (False, True):
        if gone:
            await rows("DELETE FROM users WHERE id = $1", nameless.id)
        seen = (await api.as_(home.gus).data(MINE))["familyInvitations"]["nodes"]
        assert [each["inviterName"] or None for each in seen] == [None, "Olga"]


async def test_an_invitation_is_accepted_by_id(api: Api, home: Home) -> None:
    client = api.as_(home.gus)
    ((listed),) = (await client.data(MINE))["familyInvitations"]["nodes"]
    fields = "membership { role family { id name } }"
    joined = await client.change("acceptFamilyInvitation", {"id": listed["id"]}, fields=fields)
    assert joined == {
        "membership": {"role": "MEMBER", "family": {"id": home.family.id, "name": "Home"}},
        "errors": [],
    }
    assert await client.data(MINE) == {"familyInvitations": {"nodes": []}}
    for mutation in MUTATIONS:
        again = await client.refused(mutation, {"id": listed["id"]})
        assert again == ("ALREADY_PROCESSED", ["input", "id"])


async def test_an_invitation_is_declined_by_id(api: Api, home: Home) -> None:
    fields = "invitation { id invitationStatus familyName }"
    declined = await api.as_(home.gus).change(
        "declineFamilyInvitation", {"id": home.invitation.id}, fields=fields
    )
    assert declined["invitation"] == {
        "id": home.invitation.id,
        "invitationStatus": "DECLINED",
        "familyName": "Home",
    }


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_the_invitations_of_others_look_like_unknown_ones(
    api: Api, home: Home, make: Factories, rows: Rows, mutation: str
) -> None:
    unproved = await make.user(email="late@example.com", email_verified_at=None)
    theirs, _ = await make.invitation(home.family, unproved.email, by=home.olga)
    of_gus = home.invitation.id
    before = await rows(SENT)
    response = "{ errors { __typename code path message } }"
    query = f"mutation ($id: ID!) {{ {mutation}(input: {{ id: $id }}) {response} }}"
    unknown = await api.as_(home.sam).result(query, id="fi" + "0" * 25)
    (error,) = unknown["data"][mutation]["errors"]
    assert (error["code"], error["path"]) == NOT_FOUND
    # Unrelated users, the family's own members, and a user whose address is not verified.
    for user, invitation in (
        (home.sam, of_gus),
        (home.olga, of_gus),
        (home.adam, of_gus),
        (home.mia, of_gus),
        (unproved, theirs.id),
        (home.gus, theirs.id),
    ):
        assert await api.as_(user).result(query, id=invitation) == unknown
    for odd in ("", " ", "x" * 1000, home.family.id, home.token):
        assert await api.as_(home.gus).result(query, id=odd) == unknown
    assert await rows(SENT) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_the_input_needs_exactly_one_of_id_and_token(
    api: Api, home: Home, rows: Rows, mutation: str
) -> None:
    before = await rows(SENT)
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    query = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
    for given in ({}, {"id": home.invitation.id, "token": home.token}, {"id": None}, {"token": None}):
        result = await api.as_(home.gus).result(query, input=given)
        assert result["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", given
    assert await rows(SENT) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_an_expired_invitation_can_not_be_accepted_by_id(
    api: Api, home: Home, make: Factories, mutation: str
) -> None:
    eve = await make.user("Eve")
    ended, _ = await make.invitation(home.family, eve.email, expires_at=now() - timedelta(seconds=1))
    assert await api.as_(eve).refused(mutation, {"id": ended.id}) == ("EXPIRED", ["input", "id"])


async def invited(api: Api, home: Home, inviter: Any, email: str) -> Any:
    """Invites `email` as `inviter` and returns the payload."""
    given = {"familyId": home.family.id, "email": email}
    payload = await api.as_(inviter).change("inviteToFamily", given, fields=INVITE_FIELDS)
    assert payload["errors"] == []
    return payload


async def demoted(api: Api, home: Home, services: Services) -> None:
    given = {"familyId": home.family.id, "userId": home.adam.id, "role": "MEMBER"}
    assert (await api.as_(home.olga).change("updateFamilyMemberRole", given))["errors"] == []


async def removed(api: Api, home: Home, services: Services) -> None:
    given = {"familyId": home.family.id, "userId": home.adam.id}
    assert (await api.as_(home.olga).change("removeFamilyMember", given))["errors"] == []


async def left(api: Api, home: Home, services: Services) -> None:
    assert (await api.as_(home.adam).change("leaveFamily", {"id": home.family.id}))["errors"] == []


async def deleted(api: Api, home: Home, services: Services) -> None:
    await sql(
        services,
        "INSERT INTO account_deletions (user_id, scheduled_at) VALUES (:id, now() - interval '1 hour')",
        id=home.adam.id,
    )
    assert await services.database.transaction(erase, user_id=home.adam.id)


Event = Callable[[Api, Home, Services], Awaitable[None]]


@pytest.mark.parametrize("event", [demoted, removed, left, deleted])
async def test_the_invitations_of_a_former_admin_are_revoked(
    api: Api, home: Home, make: Factories, services: Services, settings: Settings, event: Event
) -> None:
    eve = await make.user("Eve")
    by_adam = await invited(api, home, home.adam, eve.email)
    expired, _ = await make.invitation(
        home.family, "expired@example.com", by=home.adam, expires_at=now() - timedelta(days=1)
    )
    declined, _ = await make.invitation(
        home.family, "no@example.com", by=home.adam, status=FamilyInvitationStatus.DECLINED
    )
    await event(api, home, services)
    invitation = by_adam["invitation"]["id"]
    assert await api.as_(eve).data(MINE) == {"familyInvitations": {"nodes": []}}
    seen = await api.as_(eve).data(STATUS, id=invitation)
    name = None if event is deleted else "Adam"
    assert seen == {"invitationStatus": "REVOKED", "familyName": "Home", "inviterName": name}
    for mutation in MUTATIONS:
        for given, path in (({"token": by_adam["token"]}, "token"), ({"id": invitation}, "id")):
            refused = await api.as_(eve).refused(mutation, given)
            assert refused == ("ALREADY_PROCESSED", ["input", path])
    statuses = "SELECT id, status::text FROM family_invitations ORDER BY id"
    assert dict(await sql(services, statuses)) == {
        home.invitation.id: "pending",  # by Olga
        invitation: "revoked",
        expired.id: "revoked",
        declined.id: "declined",
    }
    noted = "SELECT object_id FROM audit_events WHERE action = 'invitation_revoked'"
    assert sorted(await sql(services, noted)) == sorted([invitation, expired.id])
    # The family can invite the same address again.
    again = await invited(api, home, home.olga, eve.email)
    assert again["invitation"]["id"] != invitation
    joined = await api.as_(eve).change("acceptFamilyInvitation", {"token": again["token"]})
    assert joined["errors"] == []


async def test_resending_makes_the_sender_the_inviter(
    api: Api, home: Home, make: Factories, services: Services
) -> None:
    eve = await make.user("Eve")
    by_adam = await invited(api, home, home.adam, eve.email)
    resent = await api.as_(home.olga).change(
        "resendFamilyInvitation", {"id": by_adam["invitation"]["id"]}, fields="invitation { inviterName }"
    )
    assert resent["invitation"] == {"inviterName": "Olga"}
    await removed(api, home, services)
    joined = await api.as_(eve).change("acceptFamilyInvitation", {"token": by_adam["token"]})
    assert joined["errors"] == []


async def test_invitations_of_a_former_owner_who_is_now_admin_stay_valid(
    api: Api, home: Home, make: Factories
) -> None:
    given = {"familyId": home.family.id, "toUserId": home.mia.id}
    assert (await api.as_(home.olga).change("transferFamilyOwnership", given))["errors"] == []
    joined = await api.as_(home.gus).change("acceptFamilyInvitation", {"id": home.invitation.id})
    assert joined["errors"] == []


async def test_a_promotion_revokes_no_invitation(api: Api, home: Home) -> None:
    for role, user in (("ADMIN", home.mia), ("ADMIN", home.adam)):
        given = {"familyId": home.family.id, "userId": user.id, "role": role}
        assert (await api.as_(home.olga).change("updateFamilyMemberRole", given))["errors"] == []
    assert len((await api.as_(home.gus).data(MINE))["familyInvitations"]["nodes"]) == 1
