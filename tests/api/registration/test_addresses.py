"""Verification and change of e-mail addresses."""

import asyncio
from typing import Any

import pytest

from infocus_graphql.graph.context import Services
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, count, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post

CONFIRM = "Confirm your address"
VERIFY, CHANGE = "/verify-email", "/confirm-email-change"
BAD_TOKEN = ["input", "token"]


async def unproved(make: Factories, **values: Any) -> Any:
    """Creates a user whose address is not verified."""
    return await make.user("Ann", email="ann@example.com", email_verified_at=None, **values)


async def test_the_link_verifies_the_address(api: Api, post: Post, make: Factories) -> None:
    ann = api.as_(await unproved(make))
    for given in ({"expectedEmail": "Ann@example.com"}, {}):
        asked = await ann.change("requestEmailVerification", given, fields="viewer { email }")
        assert asked == {"viewer": {"email": "ann@example.com"}, "errors": []}
    first, second = [mail.text for mail in await post.delivered()]
    assert first != second
    token = second.partition("#token=")[2].partition("\n")[0]
    done = await ann.change("verifyEmail", {"token": token}, fields="ok viewer { emailVerified }")
    assert done == {"ok": True, "viewer": {"emailVerified": True}, "errors": []}
    # The link in the other e-mail was invalidated, too.
    other = first.partition("#token=")[2].partition("\n")[0]
    assert await ann.refused("verifyEmail", {"token": other}) == ("ALREADY_PROCESSED", BAD_TOKEN)
    assert await ann.refused("requestEmailVerification", {}) == ("ALREADY_PROCESSED", [])
    assert await post.delivered() == []


async def test_verification_can_be_requested_for_ones_own_address_only(
    api: Api, post: Post, make: Factories
) -> None:
    ann = api.as_(await unproved(make))
    wrong = {"expectedEmail": "bob@example.com"}
    assert await ann.refused("requestEmailVerification", wrong) == ("INVALID", ["input", "expectedEmail"])
    for _ in range(7):
        assert (await ann.change("requestEmailVerification", {}))["errors"] == []
    assert len(await post.delivered()) == 5
    nobody = await api.result("mutation { requestEmailVerification { errors { code } } }")
    assert nobody["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_link_is_valid_for_its_lifetime_and_purpose(
    api: Api, post: Post, make: Factories, clock: Clock
) -> None:
    ann = api.as_(await unproved(make))
    await ann.change("requestEmailVerification", {})
    token = await post.token("ann@example.com", CONFIRM, VERIFY)
    for mutation, extra in (("resetPassword", {"newPassword": PASSWORD}), ("confirmEmailChange", {})):
        assert await ann.refused(mutation, {"token": token, **extra}) == ("NOT_FOUND", BAD_TOKEN)
    for unknown in ("", "x", token[:-1], token + "x"):
        assert await ann.refused("verifyEmail", {"token": unknown}) == ("NOT_FOUND", BAD_TOKEN)
    (error,) = (await ann.change("verifyEmail", {"token": "x"}, fields="errors { message }"))["errors"]
    assert error["message"] == "This link is not valid. Request a new one."
    clock.move(hours=24, seconds=1)
    assert await api.refused("verifyEmail", {"token": token}) == ("EXPIRED", BAD_TOKEN)
    clock.move(minutes=-1)
    assert (await api.change("verifyEmail", {"token": token}))["errors"] == []


async def test_tokens_are_stored_as_hashes(api: Api, post: Post, make: Factories, services: Services) -> None:
    await api.as_(await unproved(make)).change("requestEmailVerification", {})
    token = await post.token("ann@example.com", CONFIRM, VERIFY)
    assert len(token) >= 43  # 256 bits
    for table in ("email_tokens", "pgqueuer", "pgqueuer_log"):
        assert token not in str(await sql(services, f"SELECT {table}::text FROM {table}"))


async def test_the_address_changes_when_the_link_is_opened(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    ann = await unproved(make)
    device = await signed_in(api, ann)
    client = api.bearing(device.access)
    await client.change("requestEmailVerification", {})
    old_link = await post.token(ann.email, CONFIRM, VERIFY)
    await api.change("requestPasswordReset", {"email": ann.email})
    old_reset = await post.token(ann.email, "Choose a new password", "/reset-password")

    given = {"newEmail": " New@Example.com ", "password": PASSWORD}
    asked = await client.change("requestEmailChange", given, fields="viewer { email }")
    assert asked == {"viewer": {"email": "ann@example.com"}, "errors": []}
    assert await client.data("{ viewer { email } }") == {"email": "ann@example.com"}
    token = await post.token("new@example.com", CONFIRM, CHANGE)

    done = await client.change("confirmEmailChange", {"token": token}, fields="ok viewer { email }")
    assert done == {"ok": True, "viewer": {"email": "new@example.com"}, "errors": []}
    assert await client.data("{ viewer { emailVerified } }") == {"emailVerified": True}
    reported = {mail.to: mail for mail in await post.delivered()}
    assert {to: mail.subject for to, mail in reported.items()} == {
        "ann@example.com": "Your address was changed",
        "new@example.com": "This is your address now",
    }
    assert "new@example.com" not in reported["ann@example.com"].text
    # Links sent to the old address are invalid, and it can't be used to sign in.
    assert (await api.refused("verifyEmail", {"token": old_link}))[0] == "EXPIRED"
    reset = {"token": old_reset, "newPassword": "another passphrase"}
    assert (await api.refused("resetPassword", reset))[0] == "EXPIRED"
    assert (await api.refused("signIn", {"email": ann.email, "password": PASSWORD}))[
        0
    ] == "INVALID_CREDENTIALS"
    sign_in = {"email": "new@example.com", "password": PASSWORD}
    assert (await api.change("signIn", sign_in))["errors"] == []
    assert await api.refused("confirmEmailChange", {"token": token}) == ("ALREADY_PROCESSED", BAD_TOKEN)
    assert await count(services, "users") == [1]


async def test_a_change_of_address_needs_the_password(api: Api, post: Post, make: Factories) -> None:
    ann = await make.user(email="ann@example.com")
    client = api.as_(ann)
    for wrong in ("another passphrase", "", "x" * 300):
        given = {"newEmail": "new@example.com", "password": wrong}
        refused = await client.refused("requestEmailChange", given)
        assert refused == ("INVALID_CREDENTIALS", ["input", "password"])
    for wrong in ("ANN@example.com", "nowhere"):
        given = {"newEmail": wrong, "password": PASSWORD}
        assert await client.refused("requestEmailChange", given) == ("INVALID", ["input", "newEmail"])
    assert await post.delivered() == []


async def test_changing_to_a_known_address_reveals_nothing_and_notifies_its_owner(
    api: Api, post: Post, make: Factories
) -> None:
    ann, bob = await make.user(), await make.user("Bob")
    responses = []
    for email in (bob.email, "new@example.com"):
        responses.append(
            await api.as_(ann).change("requestEmailChange", {"newEmail": email, "password": PASSWORD})
        )
    assert responses[0] == responses[1]
    assert [(mail.to, mail.subject) for mail in await post.delivered()] == [
        (bob.email, "You already have an account"),
        ("new@example.com", CONFIRM),
    ]


async def test_an_address_registered_in_the_meantime_is_not_taken_over(
    api: Api, post: Post, make: Factories
) -> None:
    ann = await make.user()
    await api.as_(ann).change("requestEmailChange", {"newEmail": "new@example.com", "password": PASSWORD})
    token = await post.token("new@example.com", CONFIRM, CHANGE)
    await make.user(email="new@example.com")
    assert await api.refused("confirmEmailChange", {"token": token}) == ("ALREADY_EXISTS", BAD_TOKEN)
    assert await api.as_(ann).data("{ viewer { email } }") == {"email": ann.email}


@pytest.mark.parametrize("mutation", ["verifyEmail", "confirmEmailChange"])
async def test_a_link_opened_concurrently_works_once(
    api: Api, post: Post, make: Factories, mutation: str
) -> None:
    client = api.as_(await unproved(make))
    if mutation == "verifyEmail":
        await client.change("requestEmailVerification", {})
    else:
        await client.change("requestEmailChange", {"newEmail": "new@example.com", "password": PASSWORD})
    (mail,) = await post.delivered()
    token = mail.text.partition("#token=")[2].partition("\n")[0]
    responses = await asyncio.gather(*(api.change(mutation, {"token": token}, fields="ok") for _ in range(4)))
    assert sorted(response["ok"] for response in responses) == [False, False, False, True]
    codes = {error["code"] for response in responses for error in response["errors"]}
    assert codes == {"ALREADY_PROCESSED"}


async def test_email_verified_is_visible_to_its_own_user_only(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    seen = "query ($id: ID!) { node(id: $id) { ... on User { emailVerified } } }"
    response = await api.as_(bob).result(seen, id=ann.id)
    assert response["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
