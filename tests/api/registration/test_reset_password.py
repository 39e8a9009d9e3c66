"""Password reset."""

import asyncio

from infocus_graphql.graph.context import Services
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, living, refused, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post

NEW = "quite another passphrase"
MAIL = "Choose a new password"
PAGE = "/reset-password"
REQUEST = (
    "mutation ($input: RequestPasswordResetInput!) "
    "{ requestPasswordReset(input: $input) { ok errors { code path message } } }"
)
BAD_TOKEN = ["input", "token"]


async def asked(api: Api, post: Post, email: str) -> str:
    """Requests a reset and returns the token from the e-mail."""
    assert (await api.change("requestPasswordReset", {"email": email}, fields="ok"))["ok"] is True
    return await post.token(email.strip().lower(), MAIL, PAGE)


async def test_the_link_sets_a_new_password_and_revokes_all_sessions(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    ann = await make.user(email="ann@example.com", email_verified_at=None)
    devices = [await signed_in(api, ann) for _ in range(2)]
    token = await asked(api, post, " Ann@example.com")
    done = await api.change("resetPassword", {"token": token, "newPassword": NEW}, fields="ok")
    assert done == {"ok": True, "errors": []}
    for device in devices:
        assert await living(services, device.session_id) == (False, 0)
        await refused(api, device.refresh)
    assert (await api.refused("signIn", {"email": ann.email, "password": PASSWORD}))[
        0
    ] == "INVALID_CREDENTIALS"
    device = await signed_in(api, ann, password=NEW)
    # The token also verifies the address.
    viewer = await api.bearing(device.access).data("{ viewer { emailVerified } }")
    assert viewer == {"emailVerified": True}


async def test_known_and_unknown_addresses_get_identical_responses(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    ann = await make.user()
    known = await api.post(REQUEST, input={"email": ann.email})
    unknown = await api.post(REQUEST, input={"email": "nobody@example.com"})
    assert known.content == unknown.content
    assert known.status_code == unknown.status_code
    # The work was the same for both: the address is looked up by the job.
    assert await sql(services, "SELECT entrypoint, count(*) FROM pgqueuer GROUP BY 1") == [("mail_reset", 2)]
    assert await sql(services, "SELECT count(*) FROM email_tokens") == [0]
    assert [mail.to for mail in await post.delivered()] == [ann.email]
    assert await api.refused("requestPasswordReset", {"email": "no address"}) == (
        "INVALID",
        ["input", "email"],
    )


async def test_a_weak_password_does_not_consume_the_link(api: Api, post: Post, make: Factories) -> None:
    ann = await make.user("Wilhelmina", email="wilhelmina.vandenberg@example.com")
    token = await asked(api, post, ann.email)
    for bad, code in (
        ("short", "TOO_SHORT"),
        ("x" * 257, "TOO_LONG"),
        ("password1", "WEAK_PASSWORD"),
        ("wilhelmina.vandenberg", "WEAK_PASSWORD"),
    ):
        given = {"token": token, "newPassword": bad}
        assert await api.refused("resetPassword", given) == (code, ["input", "newPassword"])
    assert (await api.change("resetPassword", {"token": token, "newPassword": NEW}))["errors"] == []
    assert await api.refused("resetPassword", {"token": token, "newPassword": NEW}) == (
        "ALREADY_PROCESSED",
        BAD_TOKEN,
    )


async def test_an_invalid_token_and_a_weak_password_are_reported_together(api: Api) -> None:
    for token in ("", "x", "x" * 100_000):
        payload = await api.change("resetPassword", {"token": token, "newPassword": "short"})
        assert [(each["code"], each["path"]) for each in payload["errors"]] == [
            ("NOT_FOUND", BAD_TOKEN),
            ("TOO_SHORT", ["input", "newPassword"]),
        ]


async def test_a_link_is_valid_for_an_hour_until_any_link_is_used(
    api: Api, post: Post, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    first = await asked(api, post, ann.email)
    clock.move(minutes=59)
    second = await asked(api, post, ann.email)
    clock.move(minutes=1, seconds=1)
    given = {"token": first, "newPassword": NEW}
    assert await api.refused("resetPassword", given) == ("EXPIRED", BAD_TOKEN)
    third = await asked(api, post, ann.email)
    assert (await api.change("resetPassword", {"token": second, "newPassword": NEW}))["errors"] == []
    given = {"token": third, "newPassword": NEW}
    assert await api.refused("resetPassword", given) == ("ALREADY_PROCESSED", BAD_TOKEN)


async def test_a_link_used_concurrently_works_once(api: Api, post: Post, make: Factories) -> None:
    ann = await make.user()
    token = await asked(api, post, ann.email)
    passwords = [f"{NEW} {number}" for number in range(4)]
    responses = await asyncio.gather(
        *(
            api.change("resetPassword", {"token": token, "newPassword": each}, fields="ok")
            for each in passwords
        )
    )
    assert sorted(response["ok"] for response in responses) == [False, False, False, True]
    winner = passwords[[response["ok"] for response in responses].index(True)]
    await signed_in(api, ann, password=winner)


async def test_one_request_is_queued_at_a_time_and_five_mails_are_sent_an_hour(
    api: Api, post: Post, make: Factories, services: Services
) -> None:
    ann = await make.user()
    for _ in range(3):
        await api.change("requestPasswordReset", {"email": ann.email})
    assert await sql(services, "SELECT count(*) FROM pgqueuer") == [1]
    sent = 0
    for _ in range(7):
        await api.change("requestPasswordReset", {"email": ann.email})
        sent += len(await post.delivered())
    assert sent == 5
