"""Registering, listing, renaming and removing passkeys."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from infocus_graphql.app import create_app
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.passkeys.jobs import purge_challenges
from infocus_graphql.domains.identity.passkeys.models import MAX_PASSKEYS
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Environment, Settings
from infocus_graphql.settings.mail import MailBackend
from tests.api.passkeys.people import PASSKEYS, added, asked, logged_in, turned_away, with_passkey
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, signed_in, sql
from tests.api.sessions.test_second_factor import with_app
from tests.support.authenticator import (
    IS_COPIED,
    PRESENT,
    VERIFIED,
    Authenticator,
    b64,
    es256,
    rs256,
    unb64,
)
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post

BAD = ("INVALID", ["input", "credential"])
NO_PASSWORD = ("REQUIRED", ["input", "password"])
WRONG_PASSWORD = ("INVALID_CREDENTIALS", ["input", "password"])
CODE_NEEDED: tuple[str, list[str]] = ("SECOND_FACTOR_REQUIRED", [])


async def refused_at(client: Api, device: Authenticator, **changes: Any) -> tuple[str, list[str]]:
    """Returns the error's code and path for a registration that must fail."""
    (error,) = (await added(client, device, **changes))["errors"]
    return error["code"], error["path"]


async def test_a_passkey_is_registered_and_listed(api: Api, make: Factories, services: Services) -> None:
    ann = await make.user("Ann")
    client = api.bearing((await signed_in(api, ann)).access)
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD, hints=["CLIENT_DEVICE"])
    device = Authenticator()
    assert len(unb64(options.pop("challenge"))) == 32
    assert options == {
        "rp": {"id": "localhost", "name": "InFocus"},
        "user": {"id": b64(ann.id.encode()), "name": ann.email, "displayName": "Ann"},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in (-7, -8, -257)],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "hints": ["client-device"],
    }
    device.transports = ("internal", "carrier-pigeon", "smart-card")
    payload = await added(client, device, "  Kitchen tablet ")
    assert (payload["errors"], payload["viewer"]) == ([], {"email": ann.email})
    passkey = payload["passkey"]["id"]
    mail = await Post(services).one(ann.email, "A passkey was added to your account")
    assert "“Kitchen tablet”" in " ".join(mail.text.split())
    found = (await client.data(PASSKEYS))["passkeys"]
    assert found["totalCount"] == 1
    (shown,) = found["nodes"]
    assert shown.pop("createdAt") is not None
    assert shown == {
        "id": passkey,
        "name": "Kitchen tablet",
        "lastUsedAt": None,
        "backedUp": False,
        "transports": ["INTERNAL", "SMART_CARD"],
    }
    # The next options exclude the device's credential.
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    known = {"id": b64(device.key_id), "type": "public-key", "transports": ["internal", "smart-card"]}
    assert options["excludeCredentials"] == [known]
    log = await client.data("{ viewer { auditLog(first: 1) { nodes { action targetId } } } }")
    assert log["auditLog"]["nodes"] == [{"action": "PASSKEY_ADDED", "targetId": passkey}]


async def test_registration_needs_the_password_or_a_recent_passkey(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user("Ann")
    client, device, passkey = await with_passkey(api, ann)
    sensitive: dict[str, dict[str, str]] = {"startPasskeyRegistration": {}, "removePasskey": {"id": passkey}}
    for mutation, which in sensitive.items():
        assert await client.refused(mutation, which) == NO_PASSWORD
        wrong = {**which, "password": "another passphrase"}
        assert await client.refused(mutation, wrong) == WRONG_PASSWORD
    # A recent sign-in with a passkey replaces the password.
    client = api.bearing((await logged_in(api, device.get(await asked(api))))["accessToken"])
    assert (await client.change("startPasskeyRegistration", {}))["errors"] == []
    clock.move(minutes=10)
    assert await client.refused("startPasskeyRegistration", {}) == NO_PASSWORD
    given = {"credential": device.get(await asked(client, "startPasskeyVerification"))}
    assert (await client.change("verifyPasskey", given))["errors"] == []
    assert (await client.change("removePasskey", {"id": passkey}))["errors"] == []


async def test_with_a_second_factor_the_password_is_not_enough(
    api: Api, make: Factories, clock: Clock
) -> None:
    client, _, app = await with_app(api, await make.user("Ann"), clock)
    assert (await client.change("startPasskeyRegistration", {}))["errors"] == []
    clock.move(minutes=10)
    assert await client.refused("startPasskeyRegistration", {"password": PASSWORD}) == CODE_NEEDED
    assert (await client.change("verifySecondFactor", {"code": app.code()}))["errors"] == []
    assert (await client.change("startPasskeyRegistration", {}))["errors"] == []


async def test_registration_needs_a_verified_address_if_mails_are_sent(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    ann = await make.user("Ann", email_verified_at=None)
    client = api.bearing((await signed_in(api, ann)).access)
    given = {"password": PASSWORD}
    assert await client.refused("startPasskeyRegistration", given) == ("EMAIL_NOT_VERIFIED", [])
    app = create_app(settings.model_copy(update={"mail": MailBackend.OFF}), database_url=database_url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as elsewhere:
        assert (await elsewhere.as_(ann).change("startPasskeyRegistration", given))["errors"] == []


def p384() -> Any:
    """A key whose curve doesn't match its algorithm."""
    public, sign = es256()
    return {**public, -1: 2}, sign


def other_algorithm() -> Any:
    """A key of an algorithm that the options don't offer."""
    public, sign = rs256()
    return {**public, 3: -37}, sign


def mixed() -> Any:
    """An RSA key that claims to be for ES256."""
    public, sign = rs256()
    return {**public, 3: -7}, sign


def long_exponent() -> Any:
    """An RSA key with a long exponent, with which verification is slow."""
    public, sign = rs256()
    return {**public, -2: b"\x01" + bytes(99) + b"\x01"}, sign


BAD_ANSWERS: dict[str, dict[str, Any]] = {
    "another origin": {"client_data": {"origin": "https://localhost:8000"}},
    "a page in a frame": {"client_data": {"crossOrigin": True}},
    "another domain": {"domain": "evil.example"},
    "the other ceremony": {"client_data": {"type": "webauthn.get"}},
    "user not present": {"flags": VERIFIED},
    "user not verified": {"flags": PRESENT},
    "copies of what can't be copied": {"flags": PRESENT | VERIFIED | IS_COPIED},
    "an attestation": {"statement": {"fmt": "fido-u2f", "attStmt": {"sig": b"x", "x5c": [b"x"]}}},
    "an attestation with a good certificate": {"certified": True},
    "a bad signature of its own": {"statement": {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x"}}},
    "no key": {"statement": {"authData": bytes(37)}},
}
BAD_KEYS = {
    "RSA of 1024 bits": lambda: rs256(1024),
    "RSA with a long exponent": long_exponent,
    "another curve": p384,
    "another algorithm": other_algorithm,
    "RSA for ES256": mixed,
    "no point of the curve": lambda: ({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)}, bytes),
    "nothing": lambda: ({}, bytes),
    "a number": lambda: (4, bytes),
}


async def test_invalid_responses_and_weak_keys_are_rejected(
    api: Api, make: Factories, services: Services
) -> None:
    client = api.bearing((await signed_in(api, await make.user("Ann"))).access)
    for what, changes in BAD_ANSWERS.items():
        assert await refused_at(client, Authenticator(), **changes) == BAD, what
    for what, kind in BAD_KEYS.items():
        assert await refused_at(client, Authenticator(kind=kind)) == BAD, what
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    credential = {**Authenticator().create(options), "id": "AAAA", "rawId": "AAAA"}
    assert (
        await client.refused("finishPasskeyRegistration", {"credential": credential, "name": "Another id"})
        == BAD
    )
    assert await sql(services, "SELECT count(*) FROM passkeys") == [0]


async def test_self_attestation_is_accepted(api: Api, make: Factories) -> None:
    client = api.bearing((await signed_in(api, await make.user("Ann"))).access)
    device = Authenticator()
    assert (await added(client, device, self_signed=True))["errors"] == []
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []


async def test_a_challenge_is_valid_once_briefly_and_for_its_session(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    here, there = [api.bearing((await signed_in(api, ann)).access) for _ in range(2)]
    elsewhere = api.bearing((await signed_in(api, bob)).access)
    options = await asked(here, "startPasskeyRegistration", password=PASSWORD)
    given = {"credential": Authenticator().create(options), "name": "Phone"}
    late = ("EXPIRED", ["input", "credential"])
    for client in (there, elsewhere):
        assert await client.refused("finishPasskeyRegistration", given) == late
    assert (await here.change("finishPasskeyRegistration", given))["errors"] == []
    assert await here.refused("finishPasskeyRegistration", given) == late
    options = await asked(here, "startPasskeyRegistration", password=PASSWORD)
    clock.move(minutes=5)
    given = {"credential": Authenticator().create(options), "name": "Phone"}
    assert await here.refused("finishPasskeyRegistration", given) == late


async def test_a_retry_with_an_idempotency_key_returns_the_first_response(api: Api, make: Factories) -> None:
    client = api.bearing((await signed_in(api, await make.user("Ann"))).access)
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    given = {"credential": Authenticator().create(options), "name": "Phone"}
    retrying = replace(client, headers={**client.headers, "Idempotency-Key": "adding-1"})
    first, second = [
        await retrying.change("finishPasskeyRegistration", given, fields="passkey { id }") for _ in range(2)
    ]
    assert first == second and first["errors"] == []
    assert (await client.data(PASSKEYS))["passkeys"]["totalCount"] == 1


async def test_a_passkey_can_be_registered_by_one_user_only(api: Api, make: Factories) -> None:
    client, device, _ = await with_passkey(api, await make.user("Ann"))
    bob = api.bearing((await signed_in(api, await make.user("Bob"))).access)
    for each in (client, bob):
        assert await refused_at(each, device) == ("ALREADY_EXISTS", ["input", "credential"])


async def test_a_passkey_is_renamed_and_removed(api: Api, make: Factories, services: Services) -> None:
    ann, post = await make.user("Ann"), Post(services)
    client, device, passkey = await with_passkey(api, ann)
    await post.delivered()
    renamed = await client.change(
        "renamePasskey", {"id": passkey, "name": " Laptop "}, fields="passkey { name }"
    )
    assert renamed == {"passkey": {"name": "Laptop"}, "errors": []}
    for name, code in (("  ", "REQUIRED"), ("x" * 101, "TOO_LONG")):
        assert await client.refused("renamePasskey", {"id": passkey, "name": name}) == (
            code,
            ["input", "name"],
        )
    given = {"id": passkey, "password": PASSWORD}
    assert (await client.change("removePasskey", given, fields="deletedId"))["deletedId"] == passkey
    mail = await post.one(ann.email, "A passkey was removed from your account")
    assert "“Laptop”" in " ".join(mail.text.split())
    assert await client.refused("removePasskey", given) == ("NOT_FOUND", ["input", "id"])
    assert await client.refused("renamePasskey", {"id": passkey, "name": "x"}) == (
        "NOT_FOUND",
        ["input", "id"],
    )
    assert (await client.data(PASSKEYS))["passkeys"] == {"totalCount": 0, "nodes": []}
    await turned_away(api, device.get(await asked(api)))
    # The session stays valid, and the password still works.
    assert await sql(services, "SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [1]


async def test_the_number_of_passkeys_is_limited(api: Api, make: Factories, services: Services) -> None:
    ann = await make.user("Ann")
    client, _, _ = await with_passkey(api, ann)
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    await sql(
        services,
        "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count, backup_eligible, "
        "backed_up, transports) SELECT 'pk' || n, user_id, name, n, public_key, 0, false, false, '{}' "
        "FROM passkeys, generate_series(2, :most) n",
        most=MAX_PASSKEYS,
    )
    assert (await client.refused("startPasskeyRegistration", {"password": PASSWORD}))[0] == "LIMIT_REACHED"
    given = {"credential": Authenticator().create(options), "name": "One more"}
    assert (await client.refused("finishPasskeyRegistration", given))[0] == "LIMIT_REACHED"


async def test_api_tokens_need_the_account_scope_and_the_password(api: Api, make: Factories) -> None:
    client = api.bearing((await signed_in(api, await make.user("Ann"))).access)
    device = Authenticator()
    for scope in ApiScope:
        given = {"name": scope.name, "scopes": [scope.name]}
        program = api.bearing((await client.change("createApiToken", given, fields="secret"))["secret"])
        if scope is ApiScope.ACCOUNT:
            assert await program.refused("startPasskeyRegistration", {}) == NO_PASSWORD
            options = await asked(program, "startPasskeyRegistration", password=PASSWORD)
            phone = {"credential": device.create(options), "name": "Phone"}
            made = await program.change("finishPasskeyRegistration", phone, fields="passkey { id }")
            assert made["passkey"] is not None
            continue
        for mutation in (
            "startPasskeyRegistration(input: {})",
            'removePasskey(input: {id: "x"})',
            "startPasskeyVerification",
        ):
            response = await program.result(f"mutation {{ {mutation} {{ errors {{ code }} }} }}")
            assert response["errors"][0]["extensions"]["code"] == "FORBIDDEN", (scope, mutation)
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []


async def test_a_challenge_of_an_api_token_is_bound_to_its_user(api: Api, make: Factories) -> None:
    programs = []
    for name in ("Ann", "Bob"):
        client = api.bearing((await signed_in(api, await make.user(name))).access)
        given: dict[str, Any] = {"name": name, "scopes": ["ACCOUNT"]}
        programs.append(
            api.bearing((await client.change("createApiToken", given, fields="secret"))["secret"])
        )
    options = await asked(programs[0], "startPasskeyRegistration", password=PASSWORD)
    given = {"credential": Authenticator().create(options), "name": "Phone"}
    assert await programs[1].refused("finishPasskeyRegistration", given) == (
        "EXPIRED",
        ["input", "credential"],
    )
    assert (await programs[0].change("finishPasskeyRegistration", given))["errors"] == []


async def test_expired_challenges_are_purged(api: Api, services: Services, clock: Clock) -> None:
    await asked(api)
    clock.move(minutes=4)
    await asked(api)
    clock.move(minutes=2)
    assert await services.database.transaction(purge_challenges) is False
    assert await sql(services, "SELECT count(*) FROM passkey_challenges") == [1]


EVERYTHING: dict[str, dict[str, Any]] = {
    "startPasskeyRegistration": {},
    "finishPasskeyRegistration": {"credential": {}, "name": "x"},
    "startPasskeySignIn": {},
    "signInWithPasskey": {"credential": {}},
    "startPasskeyVerification": {},
    "verifyPasskey": {"credential": {}},
}


@pytest.mark.parametrize("way", ["without the library", "without a domain"])
async def test_a_server_without_passkeys_returns_not_available(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, make: Factories, way: str
) -> None:
    ann = await make.user("Ann")
    changes: dict[str, Any] = {}
    if way == "without the library":
        monkeypatch.setitem(sys.modules, "webauthn", None)
    else:
        changes = {"env": Environment.PRODUCTION}
    app = create_app(settings.model_copy(update=changes), database_url=database_url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as client:
        assert await client.data("{ serverInfo { passkeysEnabled } }") == {"passkeysEnabled": False}
        for mutation, given in EVERYTHING.items():
            assert await client.as_(ann).refused(mutation, given) == ("NOT_AVAILABLE", []), mutation
        assert (await client.as_(ann).data(PASSKEYS))["passkeys"]["totalCount"] == 0


async def test_server_info_shows_that_passkeys_are_enabled(api: Api) -> None:
    assert await api.data("{ serverInfo { passkeysEnabled } }") == {"passkeysEnabled": True}
