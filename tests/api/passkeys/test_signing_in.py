"""Sign-in with a passkey, and all the ways in which it fails."""

import asyncio
from typing import Any

import pytest

from infocus_graphql.app import create_app
from infocus_graphql.domains.identity.sessions.writes import demote_from_staff
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.api.passkeys.people import NOT_GOOD, added, asked, logged_in, turned_away, with_passkey
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, sql
from tests.api.sessions.test_second_factor import with_app
from tests.support.authenticator import (
    IS_COPIED,
    MAY_BE_COPIED,
    PRESENT,
    VERIFIED,
    Authenticator,
    b64,
    eddsa,
    rs256,
    unb64,
)
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post

SYNCED = {"counter": None, "flags": PRESENT | VERIFIED | MAY_BE_COPIED | IS_COPIED}


KINDS: dict[str, dict[str, Any]] = {
    "ES256": {},
    "EdDSA": {"kind": eddsa},
    "RS256": {"kind": rs256},
    "with copies": SYNCED,
}


@pytest.mark.parametrize("values", KINDS.values(), ids=KINDS)
async def test_a_passkey_signs_in_without_an_address(
    api: Api, make: Factories, services: Services, values: dict[str, Any]
) -> None:
    ann = await make.user("Ann")
    _, device, _ = await with_passkey(api, ann, **values)
    options = await asked(api)
    assert options["rpId"] == "localhost" and options["userVerification"] == "required"
    assert options["allowCredentials"] == [] and len(unb64(options["challenge"])) == 32
    payload = await logged_in(api, device.get(options))
    assert (payload["errors"], payload["viewer"]) == ([], {"email": ann.email})
    client = api.bearing(payload["accessToken"])
    (found,) = (await client.data("{ viewer { passkeys { nodes { lastUsedAt backedUp } } } }"))["passkeys"][
        "nodes"
    ]
    assert found["lastUsedAt"] is not None
    assert found["backedUp"] is (values is SYNCED)
    (newest, *_) = (await client.data("{ viewer { auditLog { nodes { action details } } } }"))["auditLog"][
        "nodes"
    ]
    assert newest == {"action": "SIGNED_IN", "details": {"method": "passkey"}}
    # It works repeatedly.
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []


async def test_the_sign_in_options_depend_on_no_user(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    client, _, _ = await with_passkey(api, ann)
    for each in (api, client, api.bearing("rubbish")):
        options = await asked(each)
        options.pop("challenge")
        assert options == {
            "rpId": "localhost",
            "timeout": 300_000,
            "allowCredentials": [],
            "userVerification": "required",
        }
    assert (await asked(api, hints=["HYBRID", "SECURITY_KEY", "HYBRID"]))["hints"] == [
        "hybrid",
        "security-key",
    ]
    assert await api.data("mutation { startPasskeySignIn { errors { code } } }") == {"errors": []}


WRONG: dict[str, dict[str, Any]] = {
    "another origin": {"client_data": {"origin": "http://localhost:8001"}},
    "an origin that only begins alike": {"client_data": {"origin": "http://localhost:8000.evil.example"}},
    "a page in a frame": {"client_data": {"crossOrigin": True}},
    "another domain": {"domain": "evil.example"},
    "the other ceremony": {"client_data": {"type": "webauthn.create"}},
    "user not present": {"flags": VERIFIED},
    "user not verified": {"flags": PRESENT},
    "copies of what can't be copied": {"flags": PRESENT | VERIFIED | IS_COPIED},
    "it has become one that can be copied": {"flags": PRESENT | VERIFIED | MAY_BE_COPIED},
    "a challenge of one's own": {"client_data": {"challenge": b64(bytes(32))}},
    "no signature to speak of": {"signature": bytes(70)},
    "another user's handle": {"user_handle": b64(b"us" + b"0" * 25)},
    "no handle": {"user_handle": None},
}


async def test_all_invalid_responses_get_the_same_error(
    api: Api, make: Factories, services: Services
) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"))
    for what, changes in WRONG.items():
        await turned_away(api, device.get(await asked(api), **changes), what)
    assert await sql(services, "SELECT count(*) FROM sessions") == [1]
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []


async def test_a_modified_response_is_rejected(api: Api, make: Factories) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"))
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        credential = device.get(await asked(api))
        bytes_ = bytearray(unb64(credential["response"][part]))
        bytes_[-1] ^= 1
        credential["response"][part] = b64(bytes(bytes_))
        await turned_away(api, credential, part)


async def test_a_challenge_is_valid_once_and_briefly(api: Api, make: Factories, clock: Clock) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"))
    options = await asked(api)
    assert (await logged_in(api, device.get(options)))["errors"] == []
    await turned_away(api, device.get(options))
    # A wrong response consumes it, too.
    options = await asked(api)
    await turned_away(api, device.get(options, flags=PRESENT))
    await turned_away(api, device.get(options))
    options = await asked(api)
    clock.move(minutes=5)
    await turned_away(api, device.get(options))


async def test_of_concurrent_responses_to_one_challenge_one_succeeds(api: Api, make: Factories) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"), counter=None)
    options = await asked(api)
    responses = await asyncio.gather(*(logged_in(api, device.get(options)) for _ in range(4)))
    assert sorted(len(each["errors"]) for each in responses) == [0, 1, 1, 1]


async def test_a_challenge_is_valid_for_its_purpose_only(api: Api, make: Factories) -> None:
    client, device, _ = await with_passkey(api, await make.user("Ann"))
    questions: dict[str, dict[str, Any]] = {
        "startPasskeyRegistration": {"password": PASSWORD},
        "startPasskeyVerification": {},
        "startPasskeySignIn": {},
    }
    owner = {"user": {"id": device.user_handle}}
    for begin, proof in questions.items():
        options = await asked(client, begin, **proof)
        if begin != "startPasskeySignIn":
            await turned_away(client, device.get(options))
        if begin != "startPasskeyVerification":
            assert await client.refused("verifyPasskey", {"credential": device.get(options)}) == NOT_GOOD
        if begin != "startPasskeyRegistration":
            given = {"credential": Authenticator().create(options | owner), "name": "New"}
            assert await client.refused("finishPasskeyRegistration", given) == (
                "EXPIRED",
                ["input", "credential"],
            )


async def test_a_decreasing_counter_is_rejected_and_the_user_notified(
    api: Api, make: Factories, services: Services
) -> None:
    ann, post = await make.user("Ann"), Post(services)
    _, device, passkey = await with_passkey(api, ann)
    await post.one(ann.email, "A passkey was added to your account")
    device.counter = 7
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []
    for counter in (8, 7, 0):
        await turned_away(api, device.get(await asked(api), counter=counter))
        mail = await post.one(ann.email, "One of your passkeys was rejected")
        assert "“Phone”" in " ".join(mail.text.split())
    # An invalid signature causes no notification.
    await turned_away(api, device.get(await asked(api), counter=1, signature=bytes(70)))
    assert await post.delivered() == []
    refused = "SELECT object_id FROM audit_events WHERE action = 'passkey_refused' AND target_user_id = :id"
    assert await sql(services, refused, id=ann.id) == [passkey] * 3
    device.counter = 8
    assert (await logged_in(api, device.get(await asked(api))))["errors"] == []


async def test_unknown_and_removed_passkeys_get_the_same_error(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user("Ann")
    client, device, passkey = await with_passkey(api, ann)
    stranger = Authenticator(user_handle=b64(ann.id.encode()))
    await turned_away(api, stranger.get(await asked(api)))
    await turned_away(api, device.get(await asked(api), flags=PRESENT))
    failed = "SELECT target_user_id FROM audit_events WHERE action = 'sign_in_failed' ORDER BY id"
    assert await sql(services, failed) == [None, ann.id]
    removed = await client.change("removePasskey", {"id": passkey, "password": PASSWORD}, fields="deletedId")
    assert removed == {"deletedId": passkey, "errors": []}
    await turned_away(api, device.get(await asked(api)))


async def test_a_passkey_is_deleted_with_its_account(api: Api, make: Factories, services: Services) -> None:
    ann = await make.user("Ann")
    _, device, _ = await with_passkey(api, ann)
    options = await asked(api)
    await sql(services, "DELETE FROM users WHERE id = :id", id=ann.id)
    await turned_away(api, device.get(options))
    assert await sql(services, "SELECT count(*) FROM passkeys") == [0]


async def test_a_demoted_user_signs_in_without_the_staff_role(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user("Ann", is_staff=True)
    _, device, _ = await with_passkey(api, ann)
    query = "{ viewer { isStaff } }"
    change = {"tmdb": {"id": 550, "type": "MOVIE"}, "title": "New"}
    client = api.bearing((await logged_in(api, device.get(await asked(api))))["accessToken"])
    assert await client.data(query) == {"isStaff": True}
    assert (await client.change("saveMediaItem", change))["errors"] == []
    await services.database.transaction(demote_from_staff, email=ann.email)
    client = api.bearing((await logged_in(api, device.get(await asked(api))))["accessToken"])
    assert await client.data(query) == {"isStaff": False}
    text = "mutation ($i: SaveMediaItemInput!) { saveMediaItem(input: $i) { errors { code } } }"
    (error,) = (await client.result(text, i=change))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_the_refresh_token_goes_into_the_cookie_by_default(api: Api, make: Factories) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"))
    query = (
        "mutation ($input: SignInWithPasskeyInput!) { signInWithPasskey(input: $input) "
        "{ refreshToken session { device } } }"
    )
    given = {"credential": device.get(await asked(api)), "device": "  Kitchen "}
    browser = api.http.build_request(
        "POST",
        "/graphql",
        json={"query": query, "variables": {"input": given}},
        headers={"Origin": "http://test"},
    )
    response = await api.http.send(browser)
    payload = response.json()["data"]["signInWithPasskey"]
    assert payload == {"refreshToken": None, "session": {"device": "Kitchen"}}
    assert "HttpOnly" in response.headers["Set-Cookie"]


# --- passkeys and the second factor ---

TOKEN = {"name": "Backup", "scopes": ["READ"]}


async def test_a_passkey_is_both_factors(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    client, _, _ = await with_app(api, ann, clock)
    device = Authenticator()
    assert (await added(client, device))["errors"] == []
    # No code is needed, and mutations that need a recent second factor are permitted.
    client = api.bearing((await logged_in(api, device.get(await asked(api))))["accessToken"])
    assert (await client.change("createApiToken", TOKEN))["errors"] == []
    clock.move(minutes=10)
    assert (await client.refused("createApiToken", TOKEN))[0] == "SECOND_FACTOR_REQUIRED"
    given = {"credential": device.get(await asked(client, "startPasskeyVerification"))}
    assert await client.change("verifyPasskey", given) == {"errors": []}
    assert (await client.change("createApiToken", TOKEN))["errors"] == []
    # The password alone is still not enough.
    payload = await api.change(
        "signIn", {"email": ann.email, "password": PASSWORD}, fields="challenge session { id }"
    )
    assert payload["challenge"] is not None and payload["session"] is None


async def test_verification_needs_the_viewers_own_passkey(api: Api, make: Factories) -> None:
    client, device, _ = await with_passkey(api, await make.user("Ann"))
    other, others, _ = await with_passkey(api, await make.user("Bob"))
    # Bob's device with Ann's challenge, then Ann's device with Bob's challenge.
    for question, answering in ((client, others), (other, device)):
        options = await asked(question, "startPasskeyVerification")
        given = {"credential": answering.get(options)}
        assert await client.refused("verifyPasskey", given) == NOT_GOOD
    again = api.bearing((await logged_in(api, device.get(await asked(api))))["accessToken"])
    given = {"credential": device.get(await asked(again, "startPasskeyVerification"))}
    assert await client.refused("verifyPasskey", given) == NOT_GOOD
    assert (await again.change("verifyPasskey", given))["errors"] == []
    stranger = api.as_(await make.user("Eve"))
    assert await stranger.refused("startPasskeyVerification", {}) == ("NOT_FOUND", [])


# --- rate limits ---


async def test_attempts_with_a_passkey_count_as_sign_ins(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    _, device, _ = await with_passkey(api, await make.user("Ann"))
    limited = create_app(
        settings.model_copy(update={"rate_limits": RateStore.MEMORY}), database_url=database_url
    )
    async with limited.router.lifespan_context(limited), Api.of(limited, limited.state.services) as client:
        query = "mutation ($i: SignInWithPasskeyInput!) { signInWithPasskey(input: $i) { errors { code } } }"
        codes = []
        for _ in range(6):
            credential = device.get(await asked(api), flags=PRESENT)
            response = (await client.post(query, i={"credential": credential})).json()
            errors = response.get("errors")
            codes.append(errors[0]["extensions"]["code"] if errors else "refused")
    assert codes == ["refused"] * 5 + ["RATE_LIMITED"]
