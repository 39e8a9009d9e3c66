"""Invitations from the admins' side: creating, renewing, revoking, listing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.domains.families.models import FamilyInvitationStatus
from infocus_graphql.security.access_tokens import token_hash
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories

ISSUED = """
invitation { id email invitationStatus isExpired createdAt expiresAt acceptedAt
  invitedBy { id } invitedTo { id } } token
"""
LIST = """
query ($id: ID!, $status: [FamilyInvitationStatus!]) {
  family(id: $id) { invitations(statuses: $status) {
    totalCount nodes { id email invitationStatus isExpired } } }
}
"""
PREVIEW = "query ($token: String!) { familyInvitationPreview(token: $token) { invitationStatus } }"
WEEK = timedelta(days=7)
LONG_AGO = now() - timedelta(days=30)
ALL_INVITATIONS = "SELECT * FROM family_invitations ORDER BY id"


def lasts_a_week(invitation: dict[str, Any], since: datetime) -> bool:
    """Whether an invitation created or renewed between `since` and now expires after seven days."""
    return since + WEEK <= datetime.fromisoformat(invitation["expiresAt"]) <= now() + WEEK


@pytest.mark.parametrize("inviter", ["olga", "adam"])
async def test_admins_and_the_owner_invite_by_email(api: Api, home: Home, inviter: str) -> None:
    person, since = getattr(home, inviter), now()
    to_eve = {"familyId": home.family.id, "email": "  Eve@Example.COM "}
    payload = await api.as_(person).change("inviteToFamily", to_eve, fields=ISSUED)
    invitation = payload["invitation"]
    assert payload["errors"] == []
    assert lasts_a_week(invitation, since)
    assert since <= datetime.fromisoformat(invitation["createdAt"]) <= now()
    del invitation["createdAt"], invitation["expiresAt"]
    assert invitation.pop("id").startswith("fi")
    assert invitation == {
        "email": "eve@example.com",
        "invitationStatus": "PENDING",
        "isExpired": False,
        "acceptedAt": None,
        "invitedBy": {"id": person.id},
        "invitedTo": {"id": home.family.id},
    }
    assert await api.data(PREVIEW, token=payload["token"]) == {"invitationStatus": "PENDING"}


async def test_an_invitation_needs_an_email_address(api: Api, home: Home, rows: Rows) -> None:
    before = await rows(ALL_INVITATIONS)
    for email in ("", "eve", "eve@", "@example.com", "a b@example.com", "e" * 250 + "@example.com"):
        to_eve = {"familyId": home.family.id, "email": email}
        refused = await api.as_(home.olga).refused("inviteToFamily", to_eve)
        assert refused == ("INVALID", ["input", "email"])
    assert await rows(ALL_INVITATIONS) == before


async def test_inviting_a_member_is_a_conflict_that_carries_the_membership(
    api: Api, home: Home, rows: Rows
) -> None:
    before = await rows(ALL_INVITATIONS)
    (mias,) = await rows("SELECT id FROM family_memberships WHERE user_id = $1", home.mia.id)
    for email in (home.mia.email, home.mia.email.upper()):
        to_mia = {"familyId": home.family.id, "email": email}
        payload = await api.as_(home.adam).change("inviteToFamily", to_mia, fields=ISSUED)
        (error,) = payload["errors"]
        assert (payload["invitation"], payload["token"]) == (None, None)
        assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["input", "email"])
        assert error["existing"] == {"__typename": "FamilyMembership", "id": mias["id"]}
    assert await rows(ALL_INVITATIONS) == before


async def test_inviting_an_invited_address_again_renews_the_pending_invitation(
    api: Api, home: Home, make: Factories, rows: Rows
) -> None:
    pending, old = await make.invitation(
        home.family, "eve@example.com", by=home.olga, expires_at=now() + timedelta(hours=1)
    )
    since = now()
    to_eve = {"familyId": home.family.id, "email": "EVE@example.com"}
    payload = await api.as_(home.adam).change("inviteToFamily", to_eve, fields=ISSUED)
    assert payload["invitation"]["id"] == pending.id
    assert payload["invitation"]["invitedBy"] == {"id": home.adam.id}
    assert lasts_a_week(payload["invitation"], since)
    assert payload["token"] == old
    assert await api.data(PREVIEW, token=old) == {"invitationStatus": "PENDING"}
    of_eve = "SELECT 1 FROM family_invitations WHERE email = 'eve@example.com'"
    assert len(await rows(of_eve)) == 1


@pytest.mark.parametrize("again", ["resendFamilyInvitation", "inviteToFamily"])
@pytest.mark.parametrize("expired", [False, True])
async def test_a_renewed_invitation_keeps_its_token_and_has_seven_more_days(
    api: Api, home: Home, make: Factories, again: str, expired: bool
) -> None:
    eve = await make.user("Eve")
    ends = now() + timedelta(hours=-1 if expired else 1)
    pending, old = await make.invitation(home.family, eve.email, expires_at=ends)
    target = {"familyId": home.family.id, "email": eve.email}
    change = {"id": pending.id} if again == "resendFamilyInvitation" else target
    since = now()
    payload = await api.as_(home.adam).change(again, change, fields=ISSUED)
    assert (payload["invitation"]["id"], payload["invitation"]["invitationStatus"]) == (pending.id, "PENDING")
    assert not payload["invitation"]["isExpired"]
    assert lasts_a_week(payload["invitation"], since)
    assert (payload["token"], payload["invitation"]["invitedBy"]) == (old, {"id": home.adam.id})
    fields = "membership { role family { id } }"
    joined = await api.as_(eve).change("acceptFamilyInvitation", {"token": old}, fields=fields)
    assert joined["membership"] == {"role": "MEMBER", "family": {"id": home.family.id}}


async def test_a_revoked_invitation_stays_revoked(api: Api, home: Home, rows: Rows) -> None:
    by_id, fields = {"id": home.invitation.id}, "invitation { id invitationStatus }"
    payload = await api.as_(home.adam).change("revokeFamilyInvitation", by_id, fields=fields)
    assert payload == {"invitation": {"id": home.invitation.id, "invitationStatus": "REVOKED"}, "errors": []}
    after = await rows(ALL_INVITATIONS)
    for mutation in ("revokeFamilyInvitation", "resendFamilyInvitation"):
        assert await api.as_(home.olga).refused(mutation, by_id) == ("ALREADY_PROCESSED", ["input", "id"])
    for mutation in ("acceptFamilyInvitation", "declineFamilyInvitation"):
        refused = await api.as_(home.gus).refused(mutation, {"token": home.token})
        assert refused == ("ALREADY_PROCESSED", ["input", "token"])
    assert await rows(ALL_INVITATIONS) == after


@pytest.mark.parametrize("expires_at", [None, LONG_AGO], ids=["living", "expired"])
async def test_an_accepted_or_declined_invitation_is_never_reset(
    api: Api, home: Home, make: Factories, rows: Rows, expires_at: datetime | None
) -> None:
    eve = await make.user("Eve")
    for status in (
        FamilyInvitationStatus.ACCEPTED,
        FamilyInvitationStatus.DECLINED,
        FamilyInvitationStatus.REVOKED,
    ):
        answered, token = await make.invitation(home.family, eve.email, status=status, expires_at=expires_at)
        before = await rows(ALL_INVITATIONS)
        for mutation in ("revokeFamilyInvitation", "resendFamilyInvitation"):
            refused = await api.as_(home.olga).refused(mutation, {"id": answered.id})
            assert refused == ("ALREADY_PROCESSED", ["input", "id"])
        for mutation in ("acceptFamilyInvitation", "declineFamilyInvitation"):
            refused = await api.as_(eve).refused(mutation, {"token": token})
            assert refused == ("ALREADY_PROCESSED", ["input", "token"])
        assert await rows(ALL_INVITATIONS) == before


async def test_earlier_invitations_of_an_address_are_kept(api: Api, home: Home, make: Factories) -> None:
    past = [
        (await make.invitation(home.family, "eve@example.com", status=status))[0].id
        for status in (
            FamilyInvitationStatus.DECLINED,
            FamilyInvitationStatus.REVOKED,
            FamilyInvitationStatus.DECLINED,
        )
    ]
    to_eve = {"familyId": home.family.id, "email": "eve@example.com"}
    new = (await api.as_(home.adam).change("inviteToFamily", to_eve, fields="invitation { id }"))[
        "invitation"
    ]
    assert new["id"] not in past
    found = await api.as_(home.adam).data(LIST, id=home.family.id)
    # The newest first.
    assert [node["id"] for node in found["invitations"]["nodes"]] == [
        new["id"],
        *reversed(past),
        home.invitation.id,
    ]
    several = await api.as_(home.adam).data(LIST, id=home.family.id, status=["DECLINED", "REVOKED"])
    assert several["invitations"]["totalCount"] == 3
    declined = await api.as_(home.adam).data(LIST, id=home.family.id, status="DECLINED")
    assert declined["invitations"]["totalCount"] == 2
    assert [node["id"] for node in declined["invitations"]["nodes"]] == [past[2], past[0]]


async def test_the_token_is_returned_to_the_inviter_and_only_its_hash_is_stored(
    api: Api, home: Home, rows: Rows
) -> None:
    to_eve = {"familyId": home.family.id, "email": "eve@example.com"}
    payload = await api.as_(home.adam).change("inviteToFamily", to_eve, fields="token invitation { id }")
    token = payload["token"]
    stored = "SELECT i::text AS everything, token_hash FROM family_invitations i WHERE id = $1"
    (row,) = await rows(stored, payload["invitation"]["id"])
    assert row["token_hash"] == token_hash(token)
    assert token not in row["everything"]
    fields = '{ __type(name: "FamilyInvitation") { fields { name } } }'
    names = {field["name"] for field in (await api.data(fields))["fields"]}
    assert not {name for name in names if "token" in name.lower() or "hash" in name.lower()}


async def test_expiry_shows_on_pending_invitations_only(api: Api, home: Home, make: Factories) -> None:
    await make.invitation(home.family, "late@example.com", expires_at=LONG_AGO)
    await make.invitation(
        home.family, "no@example.com", expires_at=LONG_AGO, status=FamilyInvitationStatus.DECLINED
    )
    found = await api.as_(home.olga).data(LIST, id=home.family.id)
    shown = {
        node["email"]: (node["invitationStatus"], node["isExpired"]) for node in found["invitations"]["nodes"]
    }
    assert shown == {
        home.gus.email: ("PENDING", False),
        "late@example.com": ("PENDING", True),
        "no@example.com": ("DECLINED", False),
    }


async def test_plain_members_can_not_see_or_change_invitations(api: Api, home: Home) -> None:
    assert await api.as_(home.mia).data(LIST, id=home.family.id) == {"invitations": None}
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await api.as_(home.mia).data(node, id=home.invitation.id) is None
    sent = "query ($id: ID!) { node(id: $id) { ... on User { familyInvitationsSent { totalCount } } } }"
    assert await api.as_(home.mia).data(sent, id=home.olga.id) == {"familyInvitationsSent": {"totalCount": 0}}
    assert await api.as_(home.adam).data(sent, id=home.olga.id) == {
        "familyInvitationsSent": {"totalCount": 1}
    }
    for mutation in ("revokeFamilyInvitation", "resendFamilyInvitation"):
        refused = await api.as_(home.mia).refused(mutation, {"id": home.invitation.id})
        assert refused == ("NOT_FOUND", ["input", "id"])
    invite = {"familyId": home.family.id, "email": "eve@example.com"}
    (error,) = (await api.as_(home.mia).change("inviteToFamily", invite))["errors"]
    assert (error["code"], error["path"], error["requiredRole"]) == (
        "FORBIDDEN",
        ["input", "familyId"],
        "ADMIN",
    )


async def test_the_invited_user_sees_the_invitation_but_can_not_administer_it(
    api: Api, home: Home, rows: Rows
) -> None:
    before = await rows(ALL_INVITATIONS)
    node = "query ($id: ID!) { node(id: $id) { ... on FamilyInvitation { email invitedTo { id } } } }"
    seen = await api.as_(home.gus).data(node, id=home.invitation.id)
    assert seen == {"email": home.gus.email, "invitedTo": None}
    for mutation in ("revokeFamilyInvitation", "resendFamilyInvitation"):
        (error,) = (await api.as_(home.gus).change(mutation, {"id": home.invitation.id}))["errors"]
        assert (error["code"], error["path"], error["requiredRole"]) == (
            "FORBIDDEN",
            ["input", "id"],
            "ADMIN",
        )
    assert await rows(ALL_INVITATIONS) == before
