"""TOTP and backup codes: setup, sign-in, and step-up verification."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from infocus_graphql.app import create_app
from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import Refused
from infocus_graphql.domains.identity.mfa.writes import remove_second_factor
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.security.totp import code_of, step_at
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, TOKENS, Device, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories

WRONG_CODE = ("INVALID_CREDENTIALS", ["input", "code"])
STATE = "{ viewer { hasSecondFactor backupCodesLeft } }"


@dataclass
class App:
    """An authenticator app and its backup codes."""

    secret: str
    codes: list[str]

    def code(self, steps: int = 0) -> str:
        """Returns the code now, or the given number of time steps later."""
        return code_of(self.secret, step_at(now().timestamp()) + steps)

    def wrong(self) -> str:
        """Returns a code that differs from all currently valid ones."""
        near = {self.code(steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "000001", "000002", "000003") if code not in near)


async def begun(api: Api, user: User) -> tuple[Api, Device, App]:
    """Signs the user in and starts the setup, without confirming it."""
    device = await signed_in(api, user)
    client = api.bearing(device.access)
    payload = await client.change(
        "startSecondFactorSetup", {"password": PASSWORD}, fields="secret otpauthUrl qrSvg"
    )
    assert payload["errors"] == []
    return client, device, App(payload["secret"], [])


async def with_app(api: Api, user: User, clock: Clock) -> tuple[Api, Device, App]:
    """Signs the user in and confirms a second factor; the clock is then moved by a minute."""
    client, device, app = await begun(api, user)
    payload = await client.change("confirmSecondFactor", {"code": app.code()}, fields="backupCodes")
    assert payload["errors"] == []
    app.codes = payload["backupCodes"]
    clock.move(minutes=1)
    return client, device, app


async def challenged(api: Api, user: User) -> str:
    """Signs in with the password and returns the challenge."""
    given = {"email": user.email, "password": PASSWORD, "useCookie": False}
    payload = await api.change("signIn", given, fields=f"{TOKENS} challenge challengeExpiresAt")
    assert payload["errors"] == []
    assert {payload[name] for name in ("accessToken", "refreshToken", "session", "viewer")} == {None}
    challenge: str = payload["challenge"]
    return challenge


async def answered(api: Api, challenge: str, code: str) -> Any:
    """Signs in with a challenge and a code, and returns the payload."""
    given = {"challenge": challenge, "code": code, "useCookie": False}
    return await api.change("signInWithSecondFactor", given, fields=TOKENS)


async def refused(api: Api, challenge: str, code: str) -> tuple[str, list[str]]:
    """Returns the error for a challenge and a code that must be rejected."""
    (error,) = (await answered(api, challenge, code))["errors"]
    return error["code"], error["path"]


async def test_setup_returns_the_secret_as_text_link_and_qr_code(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    client = api.bearing((await signed_in(api, ann)).access)
    payload = await client.change(
        "startSecondFactorSetup", {"password": PASSWORD}, fields="secret otpauthUrl qrSvg"
    )
    link = urlsplit(payload["otpauthUrl"])
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert parse_qs(link.query) == {"secret": [payload["secret"]], "issuer": ["InFocus"]}
    assert ElementTree.fromstring(payload["qrSvg"]).tag == "{http://www.w3.org/2000/svg}svg"
    # The second factor isn't confirmed yet, so sign-in doesn't need it.
    assert await client.data(STATE) == {"hasSecondFactor": False, "backupCodesLeft": 0}
    await signed_in(api, ann)
    assert (await client.refused("startSecondFactorSetup", {"password": "wrong wrong"})) == (
        "INVALID_CREDENTIALS",
        ["input", "password"],
    )


async def test_the_first_code_confirms_the_second_factor(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user("Ann")
    early = await api.as_(ann).refused("confirmSecondFactor", {"code": "000000"})
    assert early == ("NOT_FOUND", [])
    client, _, app = await begun(api, ann)
    assert await client.refused("confirmSecondFactor", {"code": app.wrong()}) == WRONG_CODE
    payload = await client.change("confirmSecondFactor", {"code": app.code()}, fields="backupCodes")
    assert len(set(payload["backupCodes"])) == 10
    assert await client.data(STATE) == {"hasSecondFactor": True, "backupCodesLeft": 10}
    assert (await client.refused("confirmSecondFactor", {"code": app.code(1)}))[0] == "ALREADY_PROCESSED"
    assert (await client.refused("startSecondFactorSetup", {"password": PASSWORD}))[0] == "ALREADY_EXISTS"
    stored = str(await sql(services, "SELECT b::text FROM backup_codes b"))
    assert not [code for code in payload["backupCodes"] if code in stored or code.replace("-", "") in stored]


async def test_sign_in_needs_the_password_and_a_code(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    _, _, app = await with_app(api, ann, clock)
    challenge = await challenged(api, ann)
    assert await refused(api, challenge, app.wrong()) == WRONG_CODE
    assert await refused(api, challenge, "") == WRONG_CODE
    payload = await answered(api, challenge, f" {app.code()[:3]} {app.code()[3:]} ")
    assert (payload["errors"], payload["viewer"]) == ([], {"email": ann.email})
    assert await api.bearing(payload["accessToken"]).data("{ viewer { email } }") == {"email": ann.email}
    # A challenge is not an access token.
    (error,) = (await api.bearing(challenge).result("{ viewer { email } }"))["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_wrong_password_returns_no_challenge(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    await with_app(api, ann, clock)
    given = {"email": ann.email, "password": "another passphrase"}
    payload = await api.change("signIn", given, fields="challenge")
    assert payload["challenge"] is None
    assert payload["errors"][0]["code"] == "INVALID_CREDENTIALS"


async def test_a_code_is_valid_once_and_invalidates_earlier_ones(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user("Ann")
    _, _, app = await with_app(api, ann, clock)
    challenge = await challenged(api, ann)
    earlier, present, next_one, far = (app.code(steps) for steps in (-1, 0, 1, 2))
    assert await refused(api, challenge, far) == WRONG_CODE
    assert (await answered(api, challenge, present))["errors"] == []
    assert await refused(api, challenge, present) == WRONG_CODE
    assert await refused(api, challenge, earlier) == WRONG_CODE
    assert (await answered(api, challenge, next_one))["errors"] == []


async def test_a_backup_code_is_valid_once(api: Api, make: Factories, clock: Clock) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    client, _, app = await with_app(api, ann, clock)
    _, _, other = await with_app(api, bob, clock)
    challenge = await challenged(api, ann)
    assert await refused(api, challenge, other.codes[0]) == WRONG_CODE
    assert (await answered(api, challenge, app.codes[0].upper().replace("-", " ")))["errors"] == []
    assert await refused(api, challenge, app.codes[0]) == WRONG_CODE
    assert (await client.data(STATE))["backupCodesLeft"] == 9
    assert (await answered(api, challenge, app.codes[1]))["errors"] == []


async def test_regenerating_backup_codes_needs_a_code(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    client, _, app = await with_app(api, ann, clock)
    assert await client.refused("regenerateBackupCodes", {"code": app.wrong()}) == WRONG_CODE
    payload = await client.change("regenerateBackupCodes", {"code": app.codes[9]}, fields="backupCodes")
    assert len(set(payload["backupCodes"]) | set(app.codes)) == 20
    assert (await client.data(STATE))["backupCodesLeft"] == 10
    challenge = await challenged(api, ann)
    assert await refused(api, challenge, app.codes[0]) == WRONG_CODE
    assert (await answered(api, challenge, payload["backupCodes"][0]))["errors"] == []


async def test_concurrent_sign_ins_with_one_code_open_one_session(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user("Ann")
    _, _, app = await with_app(api, ann, clock)
    challenge = await challenged(api, ann)
    for code in (app.code(), app.codes[0]):
        responses = await asyncio.gather(*(answered(api, challenge, code) for _ in range(4)))
        assert sorted(len(each["errors"]) for each in responses) == [0, 1, 1, 1]


async def test_a_challenge_expires_and_is_invalidated_by_a_password_change(
    api: Api, make: Factories, services: Services, clock: Clock
) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    _, _, app = await with_app(api, ann, clock)
    wrong = ("INVALID_CREDENTIALS", ["input", "challenge"])
    challenge = await challenged(api, ann)
    user_id, expires, signature = challenge.split(".")
    for forged in (
        "",
        "x",
        f"{bob.id}.{expires}.{signature}",
        f"{user_id}.{int(expires) + 1}.{signature}",
        f"{user_id}.{expires}.",
        f"{user_id}.{expires}.{signature}A",
        f"{user_id}.{'9' * 30}.{signature}",
        f"{user_id}.²{expires}.{signature}",
    ):
        assert await refused(api, forged, app.code()) == wrong, forged
    clock.move(minutes=5)
    assert await refused(api, challenge, app.code()) == wrong
    challenge = await challenged(api, ann)
    await sql(services, "UPDATE users SET password_hash = password_hash || ' ' WHERE id = :id", id=ann.id)
    assert await refused(api, challenge, app.code()) == wrong


async def test_code_attempts_are_counted_across_all_networks(
    api: Api, make: Factories, settings: Settings, database_url: str, clock: Clock
) -> None:
    ann = await make.user("Ann")
    _, _, app = await with_app(api, ann, clock)
    challenge, wrong = await challenged(api, ann), app.wrong()
    limited = create_app(
        settings.model_copy(update={"rate_limits": RateStore.MEMORY}), database_url=database_url
    )
    query = (
        f'mutation {{ signInWithSecondFactor(input: {{challenge: "{challenge}", code: "{wrong}"}}) '
        "{ errors { code } } }"
    )
    codes = []
    async with limited.router.lifespan_context(limited):
        for number in range(21):
            transport = httpx.ASGITransport(app=limited, client=(f"198.51.{number}.1", 4000))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
                response = (await http.post("/graphql", json={"query": query})).json()
            errors = response.get("errors")
            codes.append(errors[0]["extensions"]["code"] if errors else "refused")
    assert codes == ["refused"] * 20 + ["RATE_LIMITED"]


SENSITIVE: dict[str, dict[str, Any]] = {
    "changePassword": {"currentPassword": PASSWORD, "newPassword": "quite another phrase 7"},
    "requestEmailChange": {"newEmail": "elsewhere@example.com", "password": PASSWORD},
    "createApiToken": {"name": "Backup", "scopes": ["READ"]},
}


@pytest.mark.parametrize("mutation", SENSITIVE)
async def test_sensitive_mutations_need_a_recent_code(
    api: Api, make: Factories, clock: Clock, mutation: str
) -> None:
    ann = await make.user("Ann")
    client, _, app = await with_app(api, ann, clock)
    elsewhere = await answered(api, await challenged(api, ann), app.codes[0])
    clock.move(minutes=10)
    client = await fresh(client, elsewhere)
    assert (await client.refused(mutation, SENSITIVE[mutation]))[0] == "SECOND_FACTOR_REQUIRED"
    assert await client.refused("verifySecondFactor", {"code": app.wrong()}) == WRONG_CODE
    assert (await client.refused(mutation, SENSITIVE[mutation]))[0] == "SECOND_FACTOR_REQUIRED"
    assert (await client.change("verifySecondFactor", {"code": app.code()}))["errors"] == []
    assert (await client.change(mutation, SENSITIVE[mutation]))["errors"] == []


async def fresh(client: Api, payload: Any) -> Api:
    """Returns a client for the opened session with fresh tokens."""
    renewed = await client.change("refreshSession", {"refreshToken": payload["refreshToken"]}, fields=TOKENS)
    return client.bearing(renewed["accessToken"])


async def test_a_verification_counts_in_its_own_session_only(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    device = await signed_in(api, ann)  # before the second factor was enabled
    _, _, app = await with_app(api, ann, clock)
    other = api.bearing(device.access)
    given = SENSITIVE["createApiToken"]
    assert (await other.refused("createApiToken", given))[0] == "SECOND_FACTOR_REQUIRED"
    assert (await other.change("verifySecondFactor", {"code": app.code()}))["errors"] == []
    assert (await other.change("createApiToken", given))["errors"] == []


async def test_disabling_needs_the_password_and_a_code(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    client, _, app = await with_app(api, ann, clock)
    wrong = ("INVALID_CREDENTIALS", ["input", "password"])
    given = {"password": "another passphrase", "code": app.code()}
    assert await client.refused("disableSecondFactor", given) == wrong
    given = {"password": PASSWORD, "code": app.wrong()}
    assert await client.refused("disableSecondFactor", given) == WRONG_CODE
    assert (await client.change("disableSecondFactor", {**given, "code": app.code()}))["errors"] == []
    assert await client.data(STATE) == {"hasSecondFactor": False, "backupCodesLeft": 0}
    await signed_in(api, ann)
    assert (await client.refused("verifySecondFactor", {"code": app.code(1)}))[0] == "NOT_FOUND"


async def test_operators_can_remove_a_lost_second_factor(
    api: Api, make: Factories, services: Services, clock: Clock
) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await with_app(api, ann, clock)
    transaction = services.database.transaction
    assert await transaction(remove_second_factor, email=ann.email.upper()) == ann.id
    await signed_in(api, ann)
    for email in (ann.email, bob.email, "nobody@example.com"):
        with pytest.raises(Refused):
            await transaction(remove_second_factor, email=email)
    done = "SELECT action::text FROM audit_events WHERE target_user_id = :id AND action::text LIKE 'second%'"
    assert sorted(await sql(services, done, id=ann.id)) == ["second_factor_disabled", "second_factor_enabled"]


async def test_other_users_can_not_see_the_second_factor(api: Api, make: Factories, clock: Clock) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    await with_app(api, ann, clock)
    assert await api.as_(bob).data(STATE) == {"hasSecondFactor": False, "backupCodesLeft": 0}
