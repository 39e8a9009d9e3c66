"""Limits of sign-in, registration and similar actions, as seen by clients through HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.graph.context import Services
from infocus_graphql.http.media_types import GRAPHQL_RESPONSE
from infocus_graphql.rate_limiting.rules import RateLimitRule
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.rate_limiting.conftest import Clock
from tests.rate_limiting.requests import bearer, code_of, from_address, post
from tests.support.factories import Factories


@pytest.fixture(params=[RateStore.MEMORY])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Test settings with rate limits."""
    return settings.model_copy(update={"rate_limits": request.param})


SIGN_IN = 'signIn(input: {{ email: "{}", password: "{}" }}) {{ accessToken errors {{ code }} }}'


def sign_in(email: str, password: str = "wrong as can be") -> str:
    """Returns a sign-in mutation."""
    return f"mutation {{ {SIGN_IN.format(email, password)} }}"


def outcome(response: httpx.Response) -> str:
    """Returns the outcome of a sign-in."""
    limited = code_of(response)
    if limited is not None:
        return limited
    payload = response.json()["data"]["signIn"]
    return payload["errors"][0]["code"] if payload["errors"] else "in"


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_wrong_passwords_cause_back_off_without_revealing_accounts(
    app: Starlette, make: Factories, clock: Clock
) -> None:
    ann = await make.user(password="three seats row nine")
    responses = {}
    for email in (ann.email, "nobody@example.com"):
        async with from_address(app, "192.0.2.1") as http:
            tries = [await post(http, sign_in(email)) for _ in range(6)]
            assert [outcome(each) for each in tries] == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
            assert tries[-1].headers["retry-after"] == "1"
            responses[email] = [each.json() for each in tries]
    assert responses[ann.email] == responses["nobody@example.com"]
    async with from_address(app, "192.0.2.1") as attacker, from_address(app, "198.51.100.7") as owner:
        # The address in another case is the same account.
        assert outcome(await post(attacker, sign_in(ann.email.upper()))) == "RATE_LIMITED"
        # A client at another address with the right password isn't affected.
        assert outcome(await post(owner, sign_in(ann.email, "three seats row nine"))) == "in"
        # At the same address, the back-off is a second.
        refused = await post(attacker, sign_in(ann.email, "three seats row nine"))
        assert outcome(refused) == "RATE_LIMITED"
        assert refused.json()["data"] is None
        clock.move(seconds=6)
        assert outcome(await post(attacker, sign_in(ann.email, "three seats row nine"))) == "in"
        # Afterwards the failures are reset.
        clock.move(seconds=60)
        outcomes = [outcome(await post(attacker, sign_in(ann.email))) for _ in range(6)]
        assert outcomes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]


async def test_each_alias_is_counted(app: Starlette, clock: Clock) -> None:
    """The limit of sixty sign-ins per address and minute counts aliases, too."""
    async with from_address(app, "192.0.2.1") as http:
        remaining = 60
        for number in range(3):
            fields = " ".join(
                f"a{i}: {SIGN_IN.format(f'x{number}-{i}@example.com', 'wrong')}" for i in range(20)
            )
            response = await post(http, f"mutation {{ {fields} }}")
            assert code_of(response) is None
            remaining -= 20
        assert remaining == 0
        refused = await post(
            http,
            f"mutation {{ ...More }} fragment More on Mutation {{ {SIGN_IN.format('y@example.com', 'x')} }}",
        )
        assert code_of(refused) == "RATE_LIMITED"
        assert "data" not in refused.json()
        clock.move(seconds=1)
        assert outcome(await post(http, sign_in("y@example.com"))) == "INVALID_CREDENTIALS"


REGISTER = (
    'mutation {{ register(input: {{ email: "{}", password: "three seats row nine", useCookie: false }}) '
    "{{ errors {{ code }} }} }}"
)


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_an_address_can_register_ten_times_an_hour(
    app: Starlette, services: Services, clock: Clock, server: Any, database_url: str
) -> None:
    async with from_address(app, "192.0.2.1") as http, from_address(app, "192.0.2.2") as other:
        for number in range(10):
            assert code_of(await post(http, REGISTER.format(f"new{number}@example.com"))) is None
        refused = await post(http, REGISTER.format("eleventh@example.com"), accept=GRAPHQL_RESPONSE)
        assert (refused.status_code, code_of(refused)) == (429, "RATE_LIMITED")
        assert refused.json()["errors"][0]["extensions"]["retryAfter"] == 360
        assert code_of(await post(other, REGISTER.format("twelfth@example.com"))) is None
        clock.move(minutes=6)
        assert code_of(await post(http, REGISTER.format("thirteenth@example.com"))) is None
    database = await server.connect(database_url)
    found = {row["email"] for row in await database.fetch("SELECT email FROM users")}
    await database.close()
    assert "eleventh@example.com" not in found and len(found) == 12


async def test_limits_for_accounts_are_counted_per_account(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann, bob = await make.user(), await make.user()
    family, theirs = await make.family(ann), await make.family(bob)
    services.rates.rules = {  # smaller, for a fast test
        each: RateLimitRule(rule.name, 3, rule.seconds) for each, rule in services.rates.rules.items()
    }

    async def invite(who: Any, where: Any, number: int) -> str | None:
        given = f'familyId: "{where.id}", email: "guest{number}@example.com"'
        query = f"mutation {{ inviteToFamily(input: {{ {given} }}) {{ errors {{ code }} }} }}"
        async with from_address(app, "192.0.2.1") as http:
            return code_of(await post(http, query, **bearer(services, who)))

    assert [await invite(ann, family, number) for number in range(4)] == [None, None, None, "RATE_LIMITED"]
    assert await invite(bob, theirs, 1) is None
    clock.move(minutes=20)
    assert await invite(ann, family, 5) is None


async def test_a_session_can_be_refreshed_thirty_times_in_five_minutes(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    query = 'mutation { refreshSession(input: { refreshToken: "one.two" }) { errors { code } } }'
    codes = []
    for number in range(31):
        async with from_address(app, f"192.0.2.{number}") as http:
            codes.append(code_of(await post(http, query)))
    assert codes == [None] * 30 + ["RATE_LIMITED"]
    async with from_address(app, "192.0.2.200") as http:
        other = query.replace("one.", "another.")
        assert code_of(await post(http, other)) is None


async def test_of_fifty_concurrent_sign_ins_five_are_tried(
    app: Starlette, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    async with from_address(app, "192.0.2.1") as http:
        found = await asyncio.gather(*(post(http, sign_in(ann.email)) for _ in range(50)))
    assert sorted(map(outcome, found)) == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"] * 45


async def test_a_wrong_current_password_causes_back_off(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    given = 'currentPassword: "wrong as can be", newPassword: "four seats row eleven"'
    query = f"mutation {{ changePassword(input: {{ {given} }}) {{ errors {{ code }} }} }}"
    async with from_address(app, "192.0.2.1") as http:
        codes = [code_of(await post(http, query, **headers)) for _ in range(6)]
    assert codes == [None] * 5 + ["RATE_LIMITED"]


@asynccontextmanager
async def second_process(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    """Yields a second instance of the application."""
    app = create_app(settings, database_url=database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.mark.parametrize("settings", [RateStore.DATABASE], indirect=True)
async def test_two_processes_share_the_back_off(
    settings: Settings, app: Starlette, database_url: str, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    async with second_process(settings, database_url) as other:
        outcomes = []
        for number in range(6):
            async with from_address(app if number % 2 else other, "192.0.2.1") as http:
                outcomes.append(outcome(await post(http, sign_in(ann.email))))
    assert outcomes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
