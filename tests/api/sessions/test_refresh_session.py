"""Refresh token rotation: each token can be exchanged once."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Settings
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import (
    COOKIE,
    NOT_VALID,
    TOKENS,
    count,
    living,
    refreshed,
    refused,
    signed_in,
    sql,
)
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Administer

REFRESH = f"mutation {{ refreshSession {{ {TOKENS} errors {{ code path }} }} }}"
REFRESH_WITH = f"{{ refreshSession(input: {{refreshToken: $token}}) {{ {TOKENS} errors {{ code }} }} }}"


async def test_a_token_is_exchanged_for_its_successor(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    device = await signed_in(api, ann)
    clock.move(hours=1)
    payload = await api.change("refreshSession", {"refreshToken": device.refresh}, fields=TOKENS)
    assert payload["errors"] == []
    assert payload["session"]["id"] == device.session_id
    assert payload["viewer"] == {"email": ann.email}
    assert payload["refreshToken"] != device.refresh
    assert payload["accessToken"] != device.access
    assert await living(services, device.session_id) == (True, 1)
    (seen,) = await sql(services, "SELECT last_seen_at - created_at FROM sessions")
    assert timedelta(minutes=59) < seen < timedelta(minutes=61)
    chain = await sql(
        services,
        "SELECT new.id = old.replaced_by_id FROM refresh_tokens old, refresh_tokens new "
        "WHERE old.revoked_at IS NOT NULL AND new.revoked_at IS NULL",
    )
    assert chain == [True]
    clock.move(hours=1)
    await refreshed(api, payload["refreshToken"])


async def test_an_exchange_is_atomic(
    api: Api, services: Services, make: Factories, administer: Administer
) -> None:
    device = await signed_in(api, await make.user())
    await administer("CREATE RULE stuck AS ON UPDATE TO refresh_tokens DO INSTEAD SELECT 1 / 0")
    result = await api.result(f"mutation ($token: String) {REFRESH_WITH}", token=device.refresh)
    assert [error["extensions"]["code"] for error in result["errors"]] == ["INTERNAL"]
    assert await living(services, device.session_id) == (True, 1)
    assert await count(services, "refresh_tokens") == [1]
    await administer("DROP RULE stuck ON refresh_tokens")
    await refreshed(api, device.refresh)


async def test_a_retry_within_the_grace_period_returns_the_same_successor(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    device = await signed_in(api, await make.user())
    successor = await refreshed(api, device.refresh)
    clock.move(seconds=9)
    assert await refreshed(api, device.refresh) == successor
    assert await living(services, device.session_id) == (True, 1)
    assert await count(services, "refresh_tokens") == [2]
    await refreshed(api, successor)


async def test_reuse_after_the_grace_period_revokes_the_session(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    device, other = await signed_in(api, ann), await signed_in(api, ann)
    successor = await refreshed(api, device.refresh)
    clock.move(seconds=11)
    await refused(api, device.refresh)
    assert await living(services, device.session_id) == (False, 0)
    await refused(api, successor)
    assert await living(services, other.session_id) == (True, 1)
    await refreshed(api, other.refresh)


async def test_reuse_after_the_successor_was_used_revokes_the_session(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    newest = await refreshed(api, await refreshed(api, device.refresh))
    await refused(api, device.refresh)
    assert await living(services, device.session_id) == (False, 0)
    await refused(api, newest)


@pytest.mark.parametrize("clients", [2, 8])
async def test_concurrent_exchanges_of_one_token_return_one_successor(
    api: Api, services: Services, make: Factories, clients: int
) -> None:
    device = await signed_in(api, await make.user())
    successors = await asyncio.gather(*(refreshed(api, device.refresh) for _ in range(clients)))
    assert len(set(successors)) == 1
    assert await living(services, device.session_id) == (True, 1)
    assert await count(services, "refresh_tokens") == [2]
    await refreshed(api, successors[0])


async def test_unknown_tokens_are_rejected_without_effect(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    half = device.refresh.partition(".")[2]
    for token in ("", ".", "..", "x.y", "null", "🦊.🦊", "x" * 100_000, "' OR true --", half, f".{half}"):
        await refused(api, token)
    assert await living(services, device.session_id) == (True, 1)


async def test_parts_of_two_tokens_can_not_be_combined(api: Api, services: Services, make: Factories) -> None:
    ann, bob = await signed_in(api, await make.user()), await signed_in(api, await make.user())
    await refused(api, f"{ann.secret}.{bob.refresh.partition('.')[2]}")
    # A token of Ann's session that was never issued counts as reuse, so the session is revoked.
    assert await living(services, ann.session_id) == (False, 0)
    assert await living(services, bob.session_id) == (True, 1)
    await refreshed(api, bob.refresh)


async def test_an_expired_token_is_refused(api: Api, make: Factories, clock: Clock) -> None:
    device = await signed_in(api, await make.user())
    clock.move(days=6, hours=23)
    token = await refreshed(api, device.refresh)
    clock.move(days=7, seconds=1)
    await refused(api, token)


async def test_an_ended_session_can_not_be_refreshed(api: Api, services: Services, make: Factories) -> None:
    ann = await make.user()
    for number, end in enumerate(["expires_at = now()", "revoked_at = now()"], 1):
        device = await signed_in(api, ann)
        await sql(services, f"UPDATE sessions SET {end}")
        await refused(api, device.refresh)
        assert await count(services, "refresh_tokens") == [number]


async def test_tokens_expire_after_7_days_and_sessions_after_30(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    device = await signed_in(api, await make.user())
    last = (
        "SELECT token.expires_at - session.created_at FROM refresh_tokens token "
        "JOIN sessions session ON session.id = session_id WHERE token.revoked_at IS NULL"
    )
    token = device.refresh
    for days in (13, 19, 25, 30):
        clock.move(days=6)
        token = await refreshed(api, token)
        (end,) = await sql(services, last)
        assert round(end / timedelta(days=1), 2) == days
    clock.move(days=6, minutes=1)
    await refused(api, token)


def set_cookies(response_headers: list[str]) -> list[tuple[str, str]]:
    """Returns the value and Max-Age of the refresh cookies that a response sets."""
    found = []
    for header in response_headers:
        value, age, *_ = header.split("; ")
        found.append((value.removeprefix(f"{COOKIE}="), age.removeprefix("Max-Age=")))
    return found


async def test_a_cookie_is_renewed_and_its_token_is_never_in_the_body(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    api.headers["Cookie"] = f"{COOKIE}={device.refresh}"
    response = await api.post(REFRESH)
    payload = response.json()["data"]["refreshSession"]
    assert payload["errors"] == []
    assert payload["accessToken"]
    assert payload["refreshToken"] is None
    ((token, age),) = set_cookies(response.headers.get_list("set-cookie"))
    assert 7 * 86_400 - 60 < int(age) <= 7 * 86_400
    assert token not in response.text
    assert await refreshed(api, token) != token
    assert await living(services, device.session_id) == (True, 1)


async def test_a_rejected_cookie_is_cleared(api: Api, make: Factories, clock: Clock) -> None:
    device = await signed_in(api, await make.user())
    clock.move(days=8)
    for cookie in (f"{COOKIE}={device.refresh}", f"{COOKIE}=made-up", ""):
        api.headers["Cookie"] = cookie
        response = await api.post(REFRESH)
        (error,) = response.json()["data"]["refreshSession"]["errors"]
        assert (error["code"], error["path"]) == NOT_VALID
        assert set_cookies(response.headers.get_list("set-cookie")) == [("", "0")]


async def test_a_token_in_the_input_takes_precedence_over_the_cookie(
    api: Api, services: Services, make: Factories
) -> None:
    app, browser = await signed_in(api, await make.user()), await signed_in(api, await make.user())
    api.headers["Cookie"] = f"{COOKIE}={browser.refresh}"
    # Even an empty one: a script must not get the cookie's successor in the body.
    for token, good in ((app.refresh, True), ("", False), ("made.up", False)):
        response = await api.post(f"mutation ($token: String) {REFRESH_WITH}", token=token)
        payload = response.json()["data"]["refreshSession"]
        assert (payload["errors"] == []) is good
        assert (payload["refreshToken"] is not None) is good
        assert "set-cookie" not in response.headers
    assert await living(services, browser.session_id) == (True, 1)
    assert await count(services, "refresh_tokens") == [3]


async def test_refresh_works_with_an_expired_access_token_in_the_header(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    device = await signed_in(api, ann)
    clock.move(minutes=-16)
    expired = api.as_(ann)
    clock.move(minutes=16)
    for client in (expired, api.bearing("garbage")):
        assert (await client.result("{ viewer { email } }"))["errors"]
        payload = await client.change("refreshSession", {"refreshToken": device.refresh}, fields=TOKENS)
        assert payload["viewer"] == {"email": ann.email}


async def test_a_promotion_takes_effect_with_the_next_access_token(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    assert services.tokens.verify(device.access).is_staff is False
    await sql(services, "UPDATE users SET is_staff = true")
    payload = await api.change("refreshSession", {"refreshToken": device.refresh}, fields=TOKENS)
    assert services.tokens.verify(payload["accessToken"]).is_staff is True


async def test_a_rotation_of_signing_keys_ends_no_session(
    api: Api, services: Services, settings: Settings, database_url: str, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    successor = await refreshed(api, device.refresh)
    keys = {"next": SecretStr("another key that is long enough to sign with"), **settings.jwt_keys}
    app = create_app(settings.model_copy(update={"jwt_keys": keys}), database_url=database_url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as rotated:
        assert (await rotated.bearing(device.access).data("{ viewer { email } }"))["email"]
        assert await refreshed(rotated, device.refresh) == successor
        await refreshed(rotated, successor)
    assert await living(services, device.session_id) == (True, 1)
