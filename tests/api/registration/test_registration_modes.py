"""Registration modes: open, verified, by invitation, closed."""

import asyncio
from typing import Any

import httpx
import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Registration, Settings
from infocus_graphql.settings.mail import MailBackend
from tests.api.sessions.devices import TOKENS, count, sql
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post

PASSWORD = "correct horse battery"
INPUT: dict[str, Any] = {"email": "ann@example.com", "password": PASSWORD, "useCookie": False}
CONFIRM, EXISTS = "Confirm your address", "You already have an account"
PAGE = "/verify-email"
FIELDS = f"message {TOKENS}"
REGISTER = (
    f"mutation ($input: RegisterInput!) {{ register(input: $input) {{ {FIELDS} errors {{ code path }} }} }}"
)


def only(*modes: Registration) -> Any:
    """Parametrizes a test with servers in these modes."""
    return pytest.mark.parametrize("settings", modes, indirect=True, ids=lambda mode: mode.value)


async def registering(api: Api, **values: Any) -> httpx.Response:
    return await api.post(REGISTER, input=INPUT | values)


@only(*Registration)
async def test_server_info_shows_the_mode(api: Api, settings: Settings) -> None:
    reported = await api.data("{ serverInfo { registration } }")
    assert reported == {"registration": settings.registration_mode.name}


@only(Registration.CLOSED)
async def test_registration_is_rejected_on_a_closed_server(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    _, token = await make.invitation(await make.family(ann), "bob@example.com")
    for given in ({}, {"email": ann.email}, {"email": "bob@example.com", "invitationToken": token}):
        assert await api.refused("register", INPUT | given) == ("NOT_AVAILABLE", [])
    assert await count(services, "users", "email_tokens", "pgqueuer") == [1, 0, 0]


@only(Registration.OPEN)
async def test_on_an_open_server_the_link_only_verifies_the_address(
    api: Api, post: Post, services: Services
) -> None:
    payload = await api.change("register", INPUT | {"name": "Ann"}, fields=FIELDS)
    assert payload["message"] is None
    ann = api.bearing(payload["accessToken"])
    assert await ann.data("{ viewer { emailVerified } }") == {"emailVerified": False}
    mail = await post.one("ann@example.com", CONFIRM)
    assert "Hello Ann," in mail.text
    token = mail.text.partition("#token=")[2].partition("\n")[0]

    # Opened on another device, it opens no session.
    response = await api.change("verifyEmail", {"token": token}, fields=f"ok {TOKENS}")
    assert response.pop("ok") is True
    assert response.pop("errors") == []
    assert set(response.values()) == {None}
    assert await ann.data("{ viewer { emailVerified } }") == {"emailVerified": True}
    assert await count(services, "sessions") == [1]
    assert await api.refused("verifyEmail", {"token": token}) == ("ALREADY_PROCESSED", ["input", "token"])


@only(Registration.VERIFIED)
async def test_on_a_verified_server_the_link_creates_the_account_and_session(
    api: Api, post: Post, services: Services
) -> None:
    given = INPUT | {"email": " Ann@Example.com", "name": "Ann"}
    payload = await api.change("register", given, fields=FIELDS)
    assert payload.pop("errors") == []
    assert "Check your e-mail" in payload.pop("message")
    assert set(payload.values()) == {None}
    assert await count(services, "users", "sessions") == [0, 0]
    # There is no account yet, so signing in fails.
    assert await api.refused("signIn", {"email": "ann@example.com", "password": PASSWORD}) == (
        "INVALID_CREDENTIALS",
        [],
    )
    token = await post.token("ann@example.com", CONFIRM, PAGE)

    confirmed = await api.change(
        "verifyEmail",
        {"token": token, "useCookie": False, "device": "Ann's phone"},
        fields=f"ok {TOKENS} session {{ device }} viewer {{ emailVerified user {{ name }} }}",
    )
    assert (confirmed["ok"], confirmed["errors"]) == (True, [])
    assert confirmed["viewer"] == {
        "email": "ann@example.com",
        "emailVerified": True,
        "user": {"name": "Ann"},
    }
    assert confirmed["session"]["device"] == "Ann's phone"
    assert confirmed["refreshToken"].count(".") == 1
    viewer = await api.bearing(confirmed["accessToken"]).data("{ viewer { email } }")
    assert viewer == {"email": "ann@example.com"}
    assert await api.refused("verifyEmail", {"token": token}) == ("ALREADY_PROCESSED", ["input", "token"])
    assert (await api.change("signIn", {"email": "ann@example.com", "password": PASSWORD}))["errors"] == []
    # The pending data is deleted.
    assert await sql(services, "SELECT name, password_hash FROM email_tokens") == [(None, None)]


@only(Registration.VERIFIED)
async def test_known_and_unknown_addresses_get_the_same_response_and_different_mails(
    api: Api, post: Post, services: Services, make: Factories
) -> None:
    bob = await make.user("Bob", email="bob@example.com")
    known, unknown = await registering(api, email=bob.email), await registering(api)
    assert known.content == unknown.content
    assert known.status_code == unknown.status_code == 200
    assert {name.lower() for name in known.headers} == {name.lower() for name in unknown.headers}
    assert "set-cookie" not in known.headers
    # So far, the work was the same for both.
    jobs = "SELECT entrypoint FROM pgqueuer"
    assert await sql(services, jobs) == ["mail_confirmation", "mail_confirmation"]
    assert await sql(services, "SELECT count(*) FROM email_tokens WHERE token_hash IS NULL") == [2]

    reported, confirm = await post.delivered()
    assert (reported.to, reported.subject) == (bob.email, EXISTS)
    assert "Hello Bob," in reported.text
    assert "#token=" not in reported.text
    assert {"http://127.0.0.1:8000/sign-in", "http://127.0.0.1:8000/forgotten-password"} <= set(
        reported.text.split()
    )
    assert (confirm.to, confirm.subject) == ("ann@example.com", CONFIRM)
    assert await sql(services, "SELECT password_hash FROM email_tokens WHERE email = :of", of=bob.email) == [
        None
    ]


@only(Registration.VERIFIED)
async def test_two_links_for_one_address_create_one_account(api: Api, post: Post, services: Services) -> None:
    for _ in range(2):
        await registering(api)
    tokens = [mail.text.partition("#token=")[2].partition("\n")[0] for mail in await post.delivered()]
    payloads = await asyncio.gather(
        *(api.change("verifyEmail", {"token": token, "useCookie": False}, fields="ok") for token in tokens)
    )
    assert sorted(payload["ok"] for payload in payloads) == [False, True]
    assert await count(services, "users", "sessions") == [1, 1]


@only(Registration.VERIFIED)
async def test_an_address_gets_at_most_five_mails_an_hour(api: Api, post: Post, make: Factories) -> None:
    bob = await make.user()
    for email in ("ann@example.com", bob.email):
        responses = {(await registering(api, email=email)).content for _ in range(7)}
        assert len(responses) == 1
        assert [mail.to for mail in await post.delivered()] == [email] * 5


@only(Registration.INVITE)
async def test_a_mailed_invitation_token_creates_the_account_at_once(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    olga = await make.user("Olga")
    family = await make.family(olga)
    await api.as_(olga).change("inviteToFamily", {"familyId": family.id, "email": "ann@example.com"})
    token = await post.token("ann@example.com", "Invitation to the family “Home”", "/invitation")
    for wrong, code in (({}, "REQUIRED"), ({"invitationToken": "x"}, "NOT_FOUND")):
        assert await api.refused("register", INPUT | wrong) == (code, ["input", "invitationToken"])
    stranger = {"email": "eve@example.com", "invitationToken": token}
    assert await api.refused("register", INPUT | stranger) == ("NOT_FOUND", ["input", "invitationToken"])

    payload = await api.change(
        "register", INPUT | {"invitationToken": token}, fields="accessToken viewer { emailVerified }"
    )
    assert payload["viewer"] == {"emailVerified": True}
    ann = api.bearing(payload["accessToken"])
    joined = await ann.change("acceptFamilyInvitation", {"token": token}, fields="membership { role }")
    assert joined == {"membership": {"role": "MEMBER"}, "errors": []}
    assert await count(services, "users") == [2]


@only(Registration.INVITE)
async def test_the_inviters_token_does_not_verify_the_address(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    olga = await make.user("Olga")
    family = await make.family(olga)
    bob = await make.user("Bob")
    responses, mails = [], []
    for email in ("ann@example.com", bob.email):
        shown = await api.as_(olga).change(
            "inviteToFamily", {"familyId": family.id, "email": email}, fields="token"
        )
        await post.delivered()
        responses.append(await registering(api, email=email, invitationToken=shown["token"]))
        mails += [mail.subject for mail in await post.delivered()]
    # So the inviter can't find out whether the address has an account, or create one for it.
    assert responses[0].content == responses[1].content
    assert mails == [CONFIRM, EXISTS]
    assert await count(services, "users") == [2]


@pytest.fixture
def without_mails(services: Services) -> None:
    """Turns e-mails off on a running server."""
    changed = services.settings.model_copy(update={"mail": MailBackend.OFF})
    object.__setattr__(services, "settings", changed)


@only(Registration.OPEN, Registration.INVITE)
@pytest.mark.usefixtures("without_mails")
async def test_without_mails_every_address_counts_as_verified(
    api: Api, make: Factories, services: Services
) -> None:
    olga = await make.user("Olga")
    family = await make.family(olga)
    shown = await api.as_(olga).change(
        "inviteToFamily", {"familyId": family.id, "email": "ann@example.com"}, fields="token"
    )
    given = INPUT | {"invitationToken": shown["token"]}
    payload = await api.change("register", given, fields="accessToken viewer { emailVerified }")
    assert payload["viewer"] == {"emailVerified": True}
    ann = api.bearing(payload["accessToken"])
    assert (await ann.change("acceptFamilyInvitation", {"token": shown["token"]}))["errors"] == []
    for mutation, input_ in (
        ("requestPasswordReset", {"email": "ann@example.com"}),
        ("requestEmailChange", {"newEmail": "new@example.com", "password": PASSWORD}),
        ("requestEmailVerification", {}),
    ):
        assert await ann.refused(mutation, input_) == ("NOT_AVAILABLE", [])
    assert await count(services, "pgqueuer", "email_tokens") == [0, 0]
