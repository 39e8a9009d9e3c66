"""Invitations sent by e-mail, and the verified address that accepting needs."""

from typing import Any

import pytest
from pydantic import SecretStr

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.families.writes.invitations import resend_family_invitation
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.mail.links import Links
from infocus_graphql.security.access_tokens import AccessTokens
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post, token_of

SUBJECT = "Invitation to the family “Home”"
PAGE = "/invitation"
SEEN = "{ viewer { emailVerified familyInvitations { nodes { email } } } }"
NOTHING = {"emailVerified": False, "familyInvitations": {"nodes": []}}


@pytest.fixture
async def olga(make: Factories) -> User:
    """The inviter."""
    return await make.user("Olga")


@pytest.fixture
async def family(make: Factories, olga: User) -> Family:
    """Olga's family."""
    return await make.family(olga)


@pytest.fixture
async def ann(make: Factories) -> User:
    """The invited user, whose address is not verified."""
    return await make.user(email="ann@example.com", email_verified_at=None)


async def invited(api: Api, olga: User, family: Family) -> Any:
    """Invites Ann and returns the payload."""
    given = {"familyId": family.id, "email": "Ann@example.com"}
    return await api.as_(olga).change("inviteToFamily", given, fields="token invitation { id }")


async def test_the_mailed_token_differs_and_verifies_the_address(
    api: Api, post: Post, olga: User, family: Family, ann: User
) -> None:
    shown = (await invited(api, olga, family))["token"]
    mail = await post.one("ann@example.com", SUBJECT)
    assert "“Olga” invites you" in " ".join(mail.text.split())
    mailed = token_of(mail, PAGE)
    assert mailed != shown
    look = "query ($token: String!) { familyInvitationPreview(token: $token) { familyName inviterName } }"
    for token in (shown, mailed):
        assert await api.data(look, token=token) == {"familyName": "Home", "inviterName": "Olga"}

    # Anyone can register with the address, so without verification the invitation is hidden, and the
    # inviter's token is not enough.
    client = api.as_(ann)
    assert await client.data(SEEN) == NOTHING
    for response in ("acceptFamilyInvitation", "declineFamilyInvitation"):
        refused = await client.refused(response, {"token": shown})
        assert refused == ("EMAIL_NOT_VERIFIED", ["input", "token"])
    assert await client.data(SEEN) == NOTHING

    joined = await client.change("acceptFamilyInvitation", {"token": mailed}, fields="membership { role }")
    assert joined == {"membership": {"role": "MEMBER"}, "errors": []}
    assert await client.data(SEEN) == {"emailVerified": True, "familyInvitations": {"nodes": []}}


async def test_with_a_verified_address_both_tokens_work(
    api: Api, post: Post, olga: User, family: Family, ann: User
) -> None:
    client = api.as_(ann)
    await client.change("requestEmailVerification", {})
    token = await post.token("ann@example.com", "Confirm your address", "/verify-email")
    await client.change("verifyEmail", {"token": token})
    shown = (await invited(api, olga, family))["token"]
    assert (await client.data(SEEN))["familyInvitations"]["nodes"] == [{"email": "ann@example.com"}]
    declined = await client.change(
        "declineFamilyInvitation", {"token": shown}, fields="invitation { invitationStatus }"
    )
    assert declined["invitation"] == {"invitationStatus": "DECLINED"}


@pytest.mark.parametrize("again", ["resendFamilyInvitation", "inviteToFamily"])
async def test_resending_keeps_earlier_links_valid(
    api: Api, post: Post, olga: User, family: Family, ann: User, again: str
) -> None:
    first = await invited(api, olga, family)
    former = [first["token"], token_of(await post.one("ann@example.com", SUBJECT), PAGE)]
    same = {"familyId": family.id, "email": ann.email}
    given = same if again == "inviteToFamily" else {"id": first["invitation"]["id"]}
    sent = await api.as_(olga).change(again, given, fields="token")
    mailed = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    assert [sent["token"], mailed] == former
    refused = await api.as_(ann).refused("acceptFamilyInvitation", {"token": sent["token"]})
    assert refused[0] == "EMAIL_NOT_VERIFIED"
    assert (await api.as_(ann).change("acceptFamilyInvitation", {"token": former[1]}))["errors"] == []


async def test_an_invitation_after_a_revoked_one_has_other_links(
    api: Api, post: Post, olga: User, family: Family, ann: User
) -> None:
    first = await invited(api, olga, family)
    former = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    await api.as_(olga).change("revokeFamilyInvitation", {"id": first["invitation"]["id"]})
    second = await invited(api, olga, family)
    mailed = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    assert len({first["token"], second["token"], former, mailed}) == 4
    refused = await api.as_(ann).refused("acceptFamilyInvitation", {"token": former})
    assert refused == ("ALREADY_PROCESSED", ["input", "token"])


async def test_links_stay_valid_while_the_old_signing_key_is_configured(
    api: Api, post: Post, olga: User, family: Family, ann: User, services: Services
) -> None:
    first = await invited(api, olga, family)
    former = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    keys = {"new": SecretStr("another key for tests that is long enough"), **services.settings.jwt_keys}
    renewed = AccessTokens(services.settings.model_copy(update={"jwt_keys": keys}))
    given = {"invitation_id": first["invitation"]["id"], "links": Links.of(services.settings)}
    resent = await services.database.transaction(
        resend_family_invitation, Viewer(olga.id), derive=renewed.derived, **given
    )
    assert resent.token == first["token"]
    assert token_of(await post.one("ann@example.com", SUBJECT), PAGE) == former


async def test_a_mailed_token_is_valid_for_its_own_address_only(
    api: Api, post: Post, make: Factories, olga: User, family: Family
) -> None:
    await invited(api, olga, family)
    mailed = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    eve = await make.user(email_verified_at=None)
    refused = await api.as_(eve).refused("acceptFamilyInvitation", {"token": mailed})
    assert refused == ("NOT_FOUND", ["input", "token"])
    assert await api.as_(eve).data(SEEN) == NOTHING


async def test_a_rejected_acceptance_does_not_verify_the_address(
    api: Api, post: Post, olga: User, family: Family, ann: User
) -> None:
    invitation = (await invited(api, olga, family))["invitation"]["id"]
    mailed = token_of(await post.one("ann@example.com", SUBJECT), PAGE)
    await api.as_(olga).change("revokeFamilyInvitation", {"id": invitation})
    refused = await api.as_(ann).refused("acceptFamilyInvitation", {"token": mailed})
    assert refused == ("ALREADY_PROCESSED", ["input", "token"])
    assert await api.as_(ann).data(SEEN) == NOTHING
