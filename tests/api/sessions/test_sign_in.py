"""Sign-in with a password."""

from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from infocus_graphql.core.viewer import ANONYMOUS
from infocus_graphql.domains.identity.sessions.passwords import ProvedPassword, rehash_password
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.security.passwords import Passwords
from tests.api.sessions.devices import PASSWORD, TOKENS, count, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories

SIGN_IN = (
    "mutation ($input: SignInInput!) { signIn(input: $input) "
    f"{{ {TOKENS} errors {{ __typename message code path }} }} }}"
)


async def attempt(api: Api, email: str, password: str) -> httpx.Response:
    """Signs in and returns the HTTP response."""
    return await api.post(SIGN_IN, input={"email": email, "password": password})


async def test_all_failures_get_identical_responses(api: Api, services: Services, make: Factories) -> None:
    ann = await make.user(email="ann@example.com")
    endless = await make.user(password="x" * 257)
    failures = [
        await attempt(api, ann.email, "another passphrase"),
        await attempt(api, ann.email, PASSWORD.upper()),
        await attempt(api, ann.email, ""),
        await attempt(api, "nobody@example.com", PASSWORD),
        await attempt(api, "no address", PASSWORD),
        await attempt(api, "", ""),
        # The right password, but too long to be hashed.
        await attempt(api, endless.email, "x" * 257),
        await attempt(api, ann.email, "x" * 200_000),
    ]
    (error,) = failures[0].json()["data"]["signIn"]["errors"]
    assert (error["code"], error["path"]) == ("INVALID_CREDENTIALS", [])
    assert {failure.content for failure in failures} == {failures[0].content}
    assert {failure.status_code for failure in failures} == {200}
    assert not any("set-cookie" in failure.headers for failure in failures)
    assert await count(services, "sessions") == [0]


async def test_the_address_is_compared_without_case_and_surrounding_blanks(api: Api, make: Factories) -> None:
    await make.user(email="ann@example.com")
    for email in ("ann@example.com", "ANN@Example.com", "  ann@example.com\n"):
        payload = (await attempt(api, email, PASSWORD)).json()["data"]["signIn"]
        assert payload["errors"] == []
        assert payload["viewer"] == {"email": "ann@example.com"}


async def test_passwords_are_compared_in_unicode_normal_form(api: Api, make: Factories) -> None:
    ann = await make.user(password="caf\u00e9 after the film")
    for password in ("caf\u00e9 after the film", "cafe\u0301 after the film"):
        await signed_in(api, ann, password=password)


async def test_each_sign_in_opens_a_new_session(api: Api, make: Factories) -> None:
    ann = await make.user()
    one, other = await signed_in(api, ann), await signed_in(api, ann)
    assert one.session_id != other.session_id
    assert one.secret != other.secret


async def test_device_and_network_are_recorded(api: Api, make: Factories) -> None:
    ann = await make.user()
    given = {"email": ann.email, "password": PASSWORD}
    api.headers["User-Agent"] = "curl/8"
    named = [({"device": " Ann's phone "}, "Ann's phone"), ({"device": "  "}, "curl/8"), ({}, "curl/8")]
    for device, shown in named:
        payload = await api.change("signIn", given | device, fields="session { device ipPrefix revokedAt }")
        assert payload["session"] == {"device": shown, "ipPrefix": "127.0.0.0/24", "revokedAt": None}
    assert await api.refused("signIn", given | {"device": "x" * 201}) == ("TOO_LONG", ["input", "device"])


async def test_a_hash_with_outdated_parameters_is_replaced(
    api: Api, services: Services, make: Factories
) -> None:
    ann, bob = await make.user(), await make.user()
    hashes = "SELECT password_hash FROM users ORDER BY id"
    outdated = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await sql(services, "UPDATE users SET password_hash = :hash WHERE id = :id", hash=outdated, id=ann.id)
    before = await sql(services, hashes)

    assert (await attempt(api, ann.email, "wrong")).json()["data"]["signIn"]["errors"]
    assert await sql(services, hashes) == before

    await signed_in(api, ann)
    await signed_in(api, bob)
    after = await sql(services, hashes)
    assert after[1] == before[1]
    assert after[0].startswith("$argon2id$v=19$m=8,t=1,p=1$")
    await signed_in(api, ann)


async def test_rehashing_does_not_overwrite_a_concurrent_password_change(
    services: Services, make: Factories
) -> None:
    ann = await make.user()
    (newer,) = await sql(services, "SELECT password_hash FROM users")
    for old, expected in (("older", newer), (newer, "renewed")):
        checked = ProvedPassword(User(id=ann.id, password_hash=old), "renewed")
        await services.database.transaction(rehash_password, ANONYMOUS, proved=checked)
        assert await sql(services, "SELECT password_hash FROM users") == [expected]


async def test_no_connection_is_held_while_a_password_is_hashed(
    api: Api, services: Services, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await make.user()
    mine = api.bearing((await signed_in(api, ann)).access)
    held: list[int] = []
    run = Passwords._run

    async def observed(self: Passwords, *args: Any) -> Any:
        engines = services.database.engines
        pools: list[Any] = [engines.read.sync_engine.pool, engines.write.sync_engine.pool]
        held.extend(pool.checkedout() for pool in pools)
        return await run(self, *args)

    monkeypatch.setattr(Passwords, "_run", observed)
    await signed_in(api, ann)
    for mutation, given in (
        ("requestEmailChange", {"newEmail": "new@example.com", "password": PASSWORD}),
        ("startSecondFactorSetup", {"password": PASSWORD}),
        ("requestAccountDeletion", {"password": PASSWORD}),
        ("changePassword", {"currentPassword": PASSWORD, "newPassword": "another passphrase"}),
    ):
        assert (await mine.change(mutation, given))["errors"] == []
    assert len(held) == 2 * 6
    assert set(held) == {0}
