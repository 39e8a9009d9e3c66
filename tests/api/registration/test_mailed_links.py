"""Which events invalidate which mailed links: all pairs of links and events, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from infocus_graphql.core.viewer import ANONYMOUS
from infocus_graphql.domains.identity.mfa.writes import remove_second_factor
from infocus_graphql.domains.identity.sessions.writes import demote_from_staff
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.registration.models import EmailPurpose
from infocus_graphql.domains.registration.writes.registration import RegistrationRequest, start_confirmation
from infocus_graphql.graph.context import Services
from infocus_graphql.security.passwords import Passwords
from tests.api.passkeys.people import added
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, count, signed_in
from tests.api.sessions.test_second_factor import App, with_app
from tests.support.authenticator import Authenticator
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post, token_of

NEW, NEXT = "quite another passphrase", "and a third passphrase here"
THIEF = "thief@example.com"
ENDED = ("EXPIRED", ["input", "token"])
USED = ("ALREADY_PROCESSED", ["input", "token"])


class World:
    """Ann, signed in, with everything that events and links need."""

    def __init__(self, api: Api, post: Post, make: Factories, services: Services, clock: Clock) -> None:
        self.api, self.post, self.make, self.services, self.clock = api, post, make, services, clock
        self.ann: User
        self.client: Api
        self.app: App | None = None

    async def begin(self, event: str) -> None:
        """Signs Ann in. Adds a second factor or a passkey if the event needs an existing one."""
        self.ann = await self.make.user("Ann", email_verified_at=None, is_staff=True)
        if event in ("second factor off", "backup codes renewed", "second factor removed by the operator"):
            self.client, _, self.app = await with_app(self.api, self.ann, self.clock)
        else:
            self.client = self.api.bearing((await signed_in(self.api, self.ann)).access)
        await self.post.delivered()

    async def token(self, page: str) -> str:
        """Returns the token of the only e-mail that links to a page."""
        (mail,) = [each for each in await self.post.delivered() if page in each.text]
        return token_of(mail, page)

    async def done(self, mutation: str, given: dict[str, Any], **options: Any) -> Any:
        """Runs a mutation as Ann, which must succeed, and returns the payload."""
        payload = await self.client.change(mutation, given, **options)
        assert payload["errors"] == [], (mutation, payload["errors"])
        return payload


async def ask_verification(world: World) -> tuple[str, dict[str, Any]]:
    await world.done("requestEmailVerification", {})
    return "verifyEmail", {"token": await world.token("/verify-email")}


async def ask_reset(world: World) -> tuple[str, dict[str, Any]]:
    await world.done("requestPasswordReset", {"email": world.ann.email})
    return "resetPassword", {"token": await world.token("/reset-password"), "newPassword": NEXT}


async def ask_address(world: World) -> tuple[str, dict[str, Any]]:
    await world.done("requestEmailChange", {"newEmail": THIEF, "password": PASSWORD})
    return "confirmEmailChange", {"token": await world.token("/confirm-email-change")}


async def ask_registration(world: World) -> tuple[str, dict[str, Any]]:
    """Requests a registration for Bob, which doesn't depend on Ann's account."""
    await world.post.delivered()
    await world.services.database.transaction(
        start_confirmation,
        ANONYMOUS,
        RegistrationRequest("bob@example.com", None, "an unused hash"),
    )
    return "verifyEmail", {"token": await world.token("/verify-email"), "useCookie": False}


async def ask_invitation(world: World) -> tuple[str, dict[str, Any]]:
    bob = await world.make.user("Bob")
    family = await world.make.family(bob)
    given = {"familyId": family.id, "email": world.ann.email}
    payload = await world.api.as_(bob).change("inviteToFamily", given)
    assert payload["errors"] == []
    return "acceptFamilyInvitation", {"token": await world.token("/invitation")}


LINKS = {
    "verification": ask_verification,
    "password reset": ask_reset,
    "new address": ask_address,
    "registration": ask_registration,
    "invitation": ask_invitation,
}


async def change_password(world: World) -> None:
    await world.done("changePassword", {"currentPassword": PASSWORD, "newPassword": NEW})


async def change_password_and_keep_sessions(world: World) -> None:
    given = {"currentPassword": PASSWORD, "newPassword": NEW, "keepOtherSessions": True}
    await world.done("changePassword", given)


async def reset_password(world: World) -> None:
    mutation, given = await ask_reset(world)
    await world.done(mutation, given)


async def change_address(world: World) -> None:
    given = {"newEmail": f"{world.ann.id}@example.com", "password": PASSWORD}
    await world.done("requestEmailChange", given)
    await world.done("confirmEmailChange", {"token": await world.token("/confirm-email-change")})


async def turn_second_factor_on(world: World) -> None:
    await with_app(world.api, world.ann, world.clock)


async def turn_second_factor_off(world: World) -> None:
    assert world.app is not None
    await world.done("disableSecondFactor", {"password": PASSWORD, "code": world.app.codes[0]})


async def regenerate_backup_codes(world: World) -> None:
    assert world.app is not None
    await world.done("regenerateBackupCodes", {"code": world.app.codes[0]})


async def remove_second_factor_by_operator(world: World) -> None:
    await world.services.database.transaction(remove_second_factor, email=world.ann.email)


async def finish_passkey_registration(world: World) -> None:
    await prove_address(world)
    assert (await added(world.client, Authenticator()))["errors"] == []


async def remove_passkey(world: World) -> None:
    await prove_address(world)
    payload = await added(world.client, Authenticator())
    await world.done("removePasskey", {"id": payload["passkey"]["id"], "password": PASSWORD})


async def prove_address(world: World) -> None:
    """Verifies the address in the database, since using a link would be another event."""
    async with world.services.database.engines.write.begin() as connection:
        await connection.exec_driver_sql("UPDATE users SET email_verified_at = now()")


async def sign_out_everywhere(world: World) -> None:
    await world.done("signOut", {"everywhere": True})


async def demote(world: World) -> None:
    await world.services.database.transaction(demote_from_staff, email=world.ann.email)


async def sign_out_here(world: World) -> None:
    await world.done("signOut", {})


async def end_one_session(world: World) -> None:
    other = await signed_in(world.api, world.ann)
    await world.done("revokeSession", {"id": other.session_id})


async def update_profile(world: World) -> None:
    await world.done("updateProfile", {"name": "Anna", "bio": "Likes films."})


async def ask_for_deletion(world: World) -> None:
    await world.done("requestAccountDeletion", {"password": PASSWORD})


CREDENTIALS = {
    "password changed": change_password,
    "password changed, sessions kept": change_password_and_keep_sessions,
    "password reset": reset_password,
    "address changed": change_address,
    "second factor on": turn_second_factor_on,
    "second factor off": turn_second_factor_off,
    "second factor removed by the operator": remove_second_factor_by_operator,
    "backup codes renewed": regenerate_backup_codes,
    "passkey added": finish_passkey_registration,
    "passkey removed": remove_passkey,
    "signed out everywhere": sign_out_everywhere,
    "demoted from staff": demote,
}
HARMLESS = {
    "signed out here": sign_out_here,
    "one session ended": end_one_session,
    "profile changed": update_profile,
    "deletion requested": ask_for_deletion,
}
EVENTS: dict[str, Callable[[World], Awaitable[None]]] = {**CREDENTIALS, **HARMLESS}
# The events that invalidate each link. All other links stay valid.
ENDS: dict[str, set[str]] = {
    "verification": {"address changed"},
    "password reset": set(CREDENTIALS),
    "new address": set(CREDENTIALS),
    "registration": set(),
    # It was sent to an address that is no longer the account's, so it looks like an unknown one.
    "invitation": {"address changed"},
}
ANSWERS = {
    ("password reset", "password reset"): USED,
    ("new address", "address changed"): USED,
    ("invitation", "address changed"): ("NOT_FOUND", ENDED[1]),
}


@pytest.fixture
def world(api: Api, post: Post, make: Factories, services: Services, clock: Clock) -> World:
    """The world of Ann."""
    return World(api, post, make, services, clock)


@pytest.mark.parametrize("event", EVENTS)
async def test_an_event_invalidates_exactly_the_links_in_the_table(world: World, event: str) -> None:
    found, expected = {}, {}
    for link, asked in LINKS.items():
        await world.begin(event)
        mutation, given = await asked(world)
        await EVENTS[event](world)
        await world.post.delivered()
        client = world.api.as_(world.ann) if link == "invitation" else world.api
        payload = await client.change(mutation, given)
        found[link] = [(error["code"], error["path"]) for error in payload["errors"]]
        expected[link] = [ANSWERS.get((link, event), ENDED)] if event in ENDS[link] else []
    assert found == expected


@pytest.mark.parametrize("event", ["password changed", "password reset", "signed out everywhere"])
async def test_a_queued_link_is_not_sent_after_an_event_that_invalidates_it(world: World, event: str) -> None:
    await world.begin(event)
    given = {"newEmail": THIEF, "password": PASSWORD}
    if event == "password reset":
        mutation, reset = await ask_reset(world)
        await world.done("requestEmailChange", given)
        await world.done(mutation, reset)
    else:
        await world.done("requestEmailChange", given)
        await EVENTS[event](world)
    assert THIEF not in {mail.to for mail in await world.post.delivered()}


async def test_a_link_requested_after_the_event_works(world: World) -> None:
    await world.begin("password changed")
    await change_password(world)
    await world.done("requestEmailChange", {"newEmail": "new@example.com", "password": NEW})
    await world.done("confirmEmailChange", {"token": await world.token("/confirm-email-change")})
    assert await world.client.data("{ viewer { email } }") == {"email": "new@example.com"}


@pytest.mark.parametrize("link", ["password reset", "new address"])
async def test_a_concurrent_link_is_used_before_the_change_or_rejected(world: World, link: str) -> None:
    """If the password was changed first, the link is rejected; if the link was used first, it succeeded."""
    await world.begin("password changed")
    mutation, given = await LINKS[link](world)
    payloads = await asyncio.gather(
        world.client.change("changePassword", {"currentPassword": PASSWORD, "newPassword": NEW}),
        world.api.change(mutation, given),
    )
    changed, used = [payload["errors"] == [] for payload in payloads]
    assert changed or used
    if link == "password reset":
        assert changed is not used
    email = await world.services.database.transaction(email_of, user_id=world.ann.id)
    assert (email == THIEF) is (used and link == "new address")
    works = await world.api.change("signIn", {"email": email, "password": NEW if changed else NEXT})
    assert works["errors"] == []


async def email_of(work: Any, *, user_id: str) -> str:
    found: str = (
        await (await work.session.connection()).exec_driver_sql(
            "SELECT email FROM users WHERE id = $1", (user_id,)
        )
    ).scalar_one()
    return found


async def changed_while_checked(
    world: World, monkeypatch: pytest.MonkeyPatch, mutation: str, given: dict[str, Any]
) -> Any:
    """Runs a mutation while the owner changes the password during its password check; returns the payload."""
    checked, changed = asyncio.Event(), asyncio.Event()
    verify = Passwords.verify

    async def slow(self: Passwords, encoded: str | None, password: str) -> bool:
        right = await verify(self, encoded, password)
        checked.set()
        await changed.wait()
        return right

    device = await signed_in(world.api, world.ann)
    with monkeypatch.context() as patched:
        patched.setattr(Passwords, "verify", slow)
        attempt = asyncio.create_task(world.api.bearing(device.access).change(mutation, given))
        await checked.wait()
        patched.setattr(Passwords, "verify", verify)
        given = {"currentPassword": PASSWORD, "newPassword": NEW, "keepOtherSessions": True}
        await world.done("changePassword", given)
        changed.set()
        return await attempt


async def test_an_address_change_is_rejected_if_the_password_changes_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin("password changed")
    given = {"newEmail": THIEF, "password": PASSWORD}
    payload = await changed_while_checked(world, monkeypatch, "requestEmailChange", given)
    assert [error["code"] for error in payload["errors"]] == ["INVALID_CREDENTIALS"]
    assert THIEF not in {mail.to for mail in await world.post.delivered()}


async def test_sign_in_is_rejected_if_the_password_changes_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin("password changed")
    given = {"email": world.ann.email, "password": PASSWORD, "useCookie": False}
    payload = await changed_while_checked(world, monkeypatch, "signIn", given)
    assert [error["code"] for error in payload["errors"]] == ["INVALID_CREDENTIALS"]
    assert await count(world.services, "sessions") == [2]


def test_the_table_contains_every_kind_of_link() -> None:
    assert len(LINKS) == len(EmailPurpose) + 1, "and the invitation"
