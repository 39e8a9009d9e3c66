"""Invitations from the invited user's side: preview, list, accept, decline."""

from datetime import datetime, timedelta

import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.domains.families.models import FamilyInvitationStatus
from infocus_graphql.security.access_tokens import random_token
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories

PREVIEW = """
query ($token: String!) {
  familyInvitationPreview(token: $token) { familyName inviterName memberCount invitationStatus expiresAt }
}
"""
MINE = """
{ viewer { familyInvitations { nodes { id email invitationStatus invitedTo { id } invitedBy { id } } } } }
"""
JOINED = "membership { id role sharesWatchlist user { id } family { id name members { totalCount } } }"
DECLINED = "invitation { id invitationStatus acceptedAt invitedTo { id } }"
ANSWERS = ["acceptFamilyInvitation", "declineFamilyInvitation"]
LONG_AGO = now() - timedelta(days=30)
ALL = (
    "SELECT i::text, m::text FROM family_invitations i FULL JOIN family_memberships m ON false ORDER BY 1, 2"
)


async def test_accepting_makes_the_invited_user_a_plain_member(api: Api, home: Home, rows: Rows) -> None:
    since = now()
    payload = await api.as_(home.gus).change("acceptFamilyInvitation", {"token": home.token}, fields=JOINED)
    assert payload["errors"] == []
    assert payload["membership"].pop("id").startswith("fm")
    assert payload["membership"] == {
        "role": "MEMBER",
        "sharesWatchlist": True,
        "user": {"id": home.gus.id},
        "family": {"id": home.family.id, "name": "Home", "members": {"totalCount": 4}},
    }
    accepted = (
        "query ($id: ID!) { node(id: $id) { ... on FamilyInvitation { invitationStatus acceptedAt } } }"
    )
    invitation = await api.as_(home.gus).data(accepted, id=home.invitation.id)
    assert invitation["invitationStatus"] == "ACCEPTED"
    assert since <= datetime.fromisoformat(invitation["acceptedAt"]) <= now()

    before = await rows(ALL)
    for mutation in ANSWERS:
        again = await api.as_(home.gus).refused(mutation, {"token": home.token})
        assert again == ("ALREADY_PROCESSED", ["input", "token"])
    assert await rows(ALL) == before


async def test_declining_creates_no_membership_and_is_final(api: Api, home: Home, rows: Rows) -> None:
    payload = await api.as_(home.gus).change(
        "declineFamilyInvitation", {"token": home.token}, fields=DECLINED
    )
    assert payload == {
        "invitation": {
            "id": home.invitation.id,
            "invitationStatus": "DECLINED",
            "acceptedAt": None,
            "invitedTo": None,
        },
        "errors": [],
    }
    before = await rows(ALL)
    for mutation in ANSWERS:
        again = await api.as_(home.gus).refused(mutation, {"token": home.token})
        assert again == ("ALREADY_PROCESSED", ["input", "token"])
    assert await rows(ALL) == before
    # The family can send a new invitation.
    to_gus = {"familyId": home.family.id, "email": home.gus.email}
    anew = await api.as_(home.adam).change("inviteToFamily", to_gus, fields="token invitation { id }")
    assert anew["invitation"]["id"] != home.invitation.id
    joined = await api.as_(home.gus).change("acceptFamilyInvitation", {"token": anew["token"]}, fields=JOINED)
    assert joined["membership"]["role"] == "MEMBER"


@pytest.mark.parametrize("mutation", ANSWERS)
async def test_the_address_is_compared_without_regard_to_case(
    api: Api, home: Home, make: Factories, mutation: str
) -> None:
    eve = await make.user("Eve", email="eve.moneypenny@example.com")
    to_eve = {"familyId": home.family.id, "email": "eVE.mONEYPENNY@eXAMPLE.com"}
    token = (await api.as_(home.olga).change("inviteToFamily", to_eve, fields="token"))["token"]
    assert len((await api.as_(eve).data(MINE))["familyInvitations"]["nodes"]) == 1
    assert (await api.as_(eve).change(mutation, {"token": token}))["errors"] == []


@pytest.mark.parametrize("mutation", ANSWERS)
async def test_another_users_token_looks_like_an_unknown_one(
    api: Api, home: Home, make: Factories, rows: Rows, mutation: str
) -> None:
    response = "{ errors { __typename code path message } }"
    query = f"mutation ($token: String!) {{ {mutation}(input: {{ token: $token }}) {response} }}"
    tokens = [home.token]
    for status in FamilyInvitationStatus:
        for expires_at in (None, LONG_AGO):
            address = f"{status.value}{expires_at is None}@example.com"
            _, token = await make.invitation(home.family, address, status=status, expires_at=expires_at)
            tokens.append(token)
    before = await rows(ALL)
    unknown = await api.as_(home.sam).result(query, token=random_token())
    (error,) = unknown["data"][mutation]["errors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "token"])
    for person in (home.sam, home.olga, home.mia):
        for token in tokens:
            assert await api.as_(person).result(query, token=token) == unknown
    for odd in (
        "",
        " ",
        home.token + "x",
        home.token[:-1],
        f" {home.token}",
        "x" * 10_000,
        home.invitation.id,
    ):
        assert await api.as_(home.gus).result(query, token=odd) == unknown
    assert await rows(ALL) == before


@pytest.mark.parametrize("mutation", ANSWERS)
async def test_an_expired_invitation_can_not_be_accepted_or_declined(
    api: Api, home: Home, make: Factories, rows: Rows, mutation: str
) -> None:
    eve = await make.user("Eve")
    _, token = await make.invitation(home.family, eve.email, expires_at=now() - timedelta(seconds=1))
    before = await rows(ALL)
    assert await api.as_(eve).refused(mutation, {"token": token}) == ("EXPIRED", ["input", "token"])
    assert await rows(ALL) == before


async def test_an_invitation_expires_after_seven_days(
    api: Api, home: Home, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve = await make.user("Eve")
    clock = "infocus_graphql.domains.families.writes.invitations.now"
    to_eve = {"familyId": home.family.id, "email": eve.email}
    sent = now() - timedelta(days=7)
    for late, outcome in ((timedelta(seconds=60), ["EXPIRED"]), (timedelta(seconds=-60), [])):
        with monkeypatch.context() as past:
            past.setattr(clock, lambda late=late: sent - late)
            token = (await api.as_(home.olga).change("inviteToFamily", to_eve, fields="token"))["token"]
        errors = (await api.as_(eve).change("acceptFamilyInvitation", {"token": token}))["errors"]
        assert [error["code"] for error in errors] == outcome


async def test_a_member_can_not_join_again(api: Api, home: Home, make: Factories, rows: Rows) -> None:
    _, token = await make.invitation(home.family, home.adam.email)
    (adams,) = await rows("SELECT id FROM family_memberships WHERE user_id = $1", home.adam.id)
    before = await rows(ALL)
    payload = await api.as_(home.adam).change("acceptFamilyInvitation", {"token": token}, fields=JOINED)
    (error,) = payload["errors"]
    assert payload["membership"] is None
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["input", "token"])
    assert error["existing"] == {"__typename": "FamilyMembership", "id": adams["id"]}
    assert await rows(ALL) == before


async def test_the_preview_needs_only_the_token(api: Api, home: Home) -> None:
    expected = {
        "familyName": "Home",
        "inviterName": "Olga",
        "memberCount": 3,
        "invitationStatus": "PENDING",
    }
    for client in (api, api.as_(home.gus), api.as_(home.sam), api.as_(home.olga)):
        preview = await client.data(PREVIEW, token=home.token)
        assert datetime.fromisoformat(preview.pop("expiresAt")) == home.invitation.expires_at
        assert preview == expected
        for unknown in (random_token(), "", home.invitation.id, "x" * 10_000):
            assert await client.data(PREVIEW, token=unknown) is None


async def test_the_preview_shows_the_state_of_the_invitation(api: Api, home: Home, make: Factories) -> None:
    for status in FamilyInvitationStatus:
        address = f"{status.value}@example.com"
        _, token = await make.invitation(home.family, address, status=status, expires_at=LONG_AGO)
        preview = await api.data(PREVIEW, token=token)
        assert preview["invitationStatus"] == status.name
        assert datetime.fromisoformat(preview["expiresAt"]) == LONG_AGO
        assert preview["inviterName"] is None


async def test_the_viewer_lists_pending_unexpired_invitations_to_their_address(
    api: Api, home: Home, make: Factories
) -> None:
    assert await api.data("{ viewer { familyInvitations { nodes { id } } } }") is None
    for status in FamilyInvitationStatus:
        if status is not FamilyInvitationStatus.PENDING:
            await make.invitation(home.family, home.gus.email, status=status)
    den = await make.family(home.sam, name="Den")
    await make.invitation(den, home.gus.email, expires_at=now() - timedelta(seconds=1))
    newest, _ = await make.invitation(home.elsewhere, home.gus.email, by=home.sam)
    found = await api.as_(home.gus).data(MINE)
    assert found["familyInvitations"]["nodes"] == [
        {
            "id": each,
            "email": home.gus.email,
            "invitationStatus": "PENDING",
            "invitedTo": None,
            "invitedBy": None,
        }
        for each in (newest.id, home.invitation.id)
    ]
    for other in (home.sam, home.olga, home.mia):
        assert await api.as_(other).data(MINE) == {"familyInvitations": {"nodes": []}}

    await api.as_(home.gus).change("acceptFamilyInvitation", {"token": home.token})
    left = (await api.as_(home.gus).data(MINE))["familyInvitations"]["nodes"]
    assert [each["id"] for each in left] == [newest.id]
