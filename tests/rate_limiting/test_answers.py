"""Rate limits as seen by clients, through HTTP."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.accounting import Hold
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import OperationResult
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.graph.rate_limits import RateLimited
from infocus_graphql.http.media_types import GRAPHQL_RESPONSE, JSON
from infocus_graphql.rate_limiting.limiter import RateLimiter, client_network
from infocus_graphql.rate_limiting.rules import RateLimitRule
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.support.client import Api
from tests.support.factories import Factories

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class Clock:
    """The clock of the rate limiter, which stands still unless moved."""

    def __init__(self) -> None:
        self.time = datetime(2027, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the rate limiter."""
    clock = Clock()
    for place in ("infocus_graphql.rate_limiting.limiter.now", "infocus_graphql.graph.rate_limits.now"):
        monkeypatch.setattr(place, clock.now)
    return clock


@pytest.fixture(params=[RateStore.MEMORY])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Test settings with rate limits."""
    return settings.model_copy(update={"rate_limits": request.param})


def from_address(app: Starlette, address: str) -> httpx.AsyncClient:
    """Returns a client with this address."""
    transport = httpx.ASGITransport(app=app, client=(address, 4000))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def post(http: httpx.AsyncClient, query: str, *, accept: str = JSON, **headers: str) -> httpx.Response:
    """Sends an operation and returns the response."""
    return await http.post("/graphql", json={"query": query}, headers={"Accept": accept, **headers})


def bearer(services: Services, user: Any) -> dict[str, str]:
    """Returns the Authorization header of a user."""
    token = services.tokens.access_token(user_id=user.id, session_id="se" + "0" * 25, is_staff=False)
    return {"Authorization": f"Bearer {token.text}"}


def code_of(response: httpx.Response) -> str | None:
    """Returns the code of the response's first error."""
    errors = response.json().get("errors", [])
    return errors[0]["extensions"]["code"] if errors else None


async def test_an_address_has_sixty_points_a_minute_and_gets_retry_after(
    app: Starlette, clock: Clock
) -> None:
    async with from_address(app, "192.0.2.1") as http, from_address(app, "192.0.2.2") as other:
        for left in range(59, -1, -1):
            response = await post(http, "{ serverInfo { version } }")
            assert response.headers["ratelimit-remaining"] == str(left)
        assert response.headers["ratelimit-limit"] == "60"
        assert response.headers["ratelimit-policy"] == "60;w=60"
        assert response.headers["ratelimit-reset"] == "60"
        refused = await post(http, "{ serverInfo { version } }")
        assert (refused.status_code, refused.headers["retry-after"]) == (200, "1")
        assert refused.json() == {
            "errors": [
                {
                    "message": "Too often: try again in a second.",
                    "extensions": {"code": "RATE_LIMITED", "retryAfter": 1},
                }
            ]
        }
        newer = await post(http, "{ serverInfo { version } }", accept=GRAPHQL_RESPONSE)
        assert (newer.status_code, newer.headers["retry-after"]) == (429, "1")
        # Invalid requests are charged, too.
        assert code_of(await post(http, "{ nonsense")) == "RATE_LIMITED"
        assert code_of(await post(other, "{ serverInfo { version } }")) is None
        clock.move(seconds=1)
        assert code_of(await post(http, "{ nonsense")) == "GRAPHQL_PARSE_FAILED"
        assert code_of(await post(http, "{ serverInfo { version } }")) == "RATE_LIMITED"


async def test_each_account_has_its_own_budget_across_addresses(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann, bob = await make.user(), await make.user()
    async with from_address(app, "192.0.2.1") as http, from_address(app, "192.0.2.2") as other:
        for each in (http, other):
            found = await post(each, "{ rateLimit { limit remaining resetAt } }", **bearer(services, ann))
        assert found.json()["data"]["rateLimit"] == {
            "limit": 600,
            "remaining": 598,
            "resetAt": "2027-01-01T00:00:00.000000Z",
        }
        found = await post(http, "{ rateLimit { remaining } }", **bearer(services, bob))
        assert found.json()["data"]["rateLimit"] == {"remaining": 599}
        nobody = await post(http, "{ rateLimit { limit remaining } }")
        assert nobody.json()["data"]["rateLimit"] == {"limit": 60, "remaining": 59}


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_remaining_never_exceeds_the_limit(
    app: Starlette, services: Services, api: Api, make: Factories, clock: Clock
) -> None:
    rates, ann = services.rates, await make.user()
    given = {"name": "Backup", "scopes": ["READ"]}
    made = await api.as_(ann).change("createApiToken", given, fields="secret")
    for anonymous, user, token in itertools.product(("60/m", "1000000/m", "9999999/s"), repeat=3):
        rates.anonymous, rates.user = RateLimitRule.of("anonymous", anonymous), RateLimitRule.of("user", user)
        rates.token = RateLimitRule.of("token", token)
        async with from_address(app, "192.0.2.1") as http:
            for who in ({}, bearer(services, ann), {"Authorization": f"Bearer {made['secret']}"}):
                answer = await post(http, "{ rateLimit { limit remaining } }", **who)
                limit, left = (int(answer.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining"))
                assert 0 <= left <= limit
                assert answer.json()["data"]["rateLimit"]["remaining"] <= limit
        clock.move(minutes=1)


async def test_expensive_operations_take_more_points(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    async with from_address(app, "192.0.2.1") as http:
        body = {"query": "{ __schema { types { name description } } }", "extensions": {"cost": True}}
        answer = await http.post("/graphql", json=body, headers=headers)
        cost = answer.json()["extensions"]["cost"]
        assert cost["points"] == 1 + cost["actual"] // 2000
        assert cost["points"] > 1
        assert int(answer.headers["ratelimit-remaining"]) == 600 - cost["points"]


MANY = "{ viewer { recommendationsReceived(first: 100) { nodes { message mediaItem { description } } } } }"


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_unused_points_are_released(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    async with from_address(app, "192.0.2.1") as http:
        for number in range(1, 4):
            body = {"query": MANY, "extensions": {"cost": True}}
            answer = await http.post("/graphql", json=body, headers=headers)
            cost = answer.json()["extensions"]["cost"]
            assert cost["estimated"] > 4_000
            assert cost["actual"] < 100
            assert int(answer.headers["ratelimit-remaining"]) == 600 - number


WIDE = (
    "{ viewer { "
    + " ".join(f"a{n}: watchlist(first: {n}) {{ nodes {{ id }} }}" for n in range(1, 11))
    + " } }"
)


async def test_planning_a_document_is_charged_once(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    async with from_address(app, "192.0.2.1") as http:
        left = []
        for query in (WIDE, WIDE, f"{WIDE} "):
            answer = await post(http, query, **headers)
            assert "errors" not in answer.json()
            left.append(int(answer.headers["ratelimit-remaining"]))
    objects = 21  # the viewer, and each list with its nodes
    assert left == [600 - 1 - (objects - 5), 600 - 2 - (objects - 5), 600 - 3 - 2 * (objects - 5)]


async def test_planning_takes_the_remaining_points_and_is_never_rejected(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    rates = services.rates
    rates.budget(ann.id, None, rates.user.limit - 3)
    async with from_address(app, "192.0.2.1") as http:
        answer = await post(http, WIDE, **bearer(services, ann))
    assert "errors" not in answer.json()
    assert answer.headers["ratelimit-remaining"] == "0"


def context_of(services: Services, user: Any, token: str | None = None) -> Context:
    """Returns the context of an operation of a user, optionally with an API token."""
    return Context(services, Viewer(id=user.id, api_token_id=token))


def remaining(context: Context) -> int:
    """Returns the remaining points."""
    viewer = context.viewer
    return context.services.rates.budget(viewer.id, None, 0, viewer.api_token_id)[1].remaining


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_the_estimate_is_held_during_the_operation(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    one, other = context_of(services, ann), context_of(services, ann)
    hold = Hold(one, Estimate(700_000, 20_000))
    assert remaining(one) == 600 - 360
    with pytest.raises(RateLimited):
        Hold(other, Estimate(700_000, 20_000))
    assert hold.settle(OperationResult({"data": {"a": "b" * 16_000}})) == 20_000 + 2 * 3 + 250
    assert remaining(one) == 600 - 10
    Hold(other, Estimate(700_000, 0)).release()
    assert remaining(one) == 600 - 10
    failed = {"message": "", "extensions": {"code": "SERVICE_UNAVAILABLE"}}
    assert Hold(other, Estimate(700_000, 0)).settle(OperationResult({"data": None, "errors": [failed]})) == 0
    assert remaining(one) == 600 - 10
    slow = {"message": "", "extensions": {"code": "TIMEOUT"}}
    Hold(other, Estimate(0, 100_000)).settle(OperationResult({"data": None, "errors": [slow]}))
    assert remaining(one) == 600 - 60, "what was read was read"


async def test_points_of_a_token_are_released_if_its_account_has_too_few_points(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    mine, program = context_of(services, ann), context_of(services, ann, "at" + "0" * 25)
    Hold(mine, Estimate(1_000_000, 0))
    limit = services.rates.token.limit
    with pytest.raises(RateLimited):
        Hold(program, Estimate(400_000, 0))
    assert services.rates._memory.spend(services.rates.token, "at" + "0" * 25, 0, 0).remaining == limit
    hold = Hold(program, Estimate(100_000, 0))
    assert remaining(program) == 50
    hold.settle(OperationResult({"data": {}}))
    assert remaining(program) == 100


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
    answers = {}
    for email in (ann.email, "nobody@example.com"):
        async with from_address(app, "192.0.2.1") as http:
            tries = [await post(http, sign_in(email)) for _ in range(6)]
            assert [outcome(each) for each in tries] == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
            assert tries[-1].headers["retry-after"] == "1"
            answers[email] = [each.json() for each in tries]
    assert answers[ann.email] == answers["nobody@example.com"]
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
            answer = await post(http, f"mutation {{ {fields} }}")
            assert code_of(answer) is None
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


async def test_an_api_token_can_not_use_up_the_budget_of_its_user(
    app: Starlette, services: Services, api: Api, make: Factories, clock: Clock
) -> None:
    services.rates.token, services.rates.user = (
        RateLimitRule.of("token", "5/m"),
        RateLimitRule.of("user", "8/m"),
    )
    ann = await make.user()
    given = {"name": "Backup", "scopes": ["READ"]}
    made = [await api.as_(ann).change("createApiToken", given, fields="secret") for _ in range(2)]
    one, other = ({"Authorization": f"Bearer {each['secret']}"} for each in made)
    herself = bearer(services, ann)
    clock.move(hours=1)
    async with from_address(app, "192.0.2.1") as http:
        answers = [await post(http, "{ __typename }", **one) for _ in range(6)]
        assert [each.headers["ratelimit-remaining"] for each in answers] == ["4", "3", "2", "1", "0", "0"]
        assert [code_of(each) for each in answers] == [None] * 5 + ["RATE_LIMITED"]
        assert answers[5].headers["ratelimit-limit"] == "5"
        # The rest of the user's eight points is available for their other requests.
        answers = [await post(http, "{ __typename }", **who) for who in (herself, other, herself) * 2]
    assert [each.headers["ratelimit-remaining"] for each in answers] == ["2", "1", "0", "0", "0", "0"]
    assert [code_of(each) for each in answers] == [None] * 3 + ["RATE_LIMITED"] * 3


async def test_nothing_is_limited_if_rate_limits_are_off(
    settings: Settings, app: Starlette, api: Api
) -> None:
    app.state.services.rates.on = False
    for _ in range(70):
        answer = await api.post("{ rateLimit { limit } }")
    assert answer.json() == {"data": {"rateLimit": None}}
    assert not [name for name in answer.headers if "ratelimit" in name]


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.77", "192.0.2.77"),
        ("::ffff:192.0.2.77", "192.0.2.77"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_addresses_are_grouped_by_network(address: str | None, site: str) -> None:
    assert client_network(address) == site


def test_a_check_takes_microseconds(services: Services) -> None:
    rates: RateLimiter = services.rates
    best = min(_timed(rates, process_time) for _ in range(5))
    assert best < 50e-6, "about four; this is for slow and busy machines"


def _timed(rates: RateLimiter, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(1000):
        rates.budget("us" + "0" * 25, None, 0)
    return (clock() - started) / 1000


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
