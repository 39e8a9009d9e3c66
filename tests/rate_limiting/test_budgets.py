"""Budgets of users, networks and API tokens, as seen by clients through HTTP."""

import itertools
from typing import Any

import pytest
from starlette.applications import Starlette

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.accounting import Hold
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.graph.operation import OperationResult
from infocus_graphql.graph.rate_limits import RateLimited
from infocus_graphql.http.media_types import GRAPHQL_RESPONSE
from infocus_graphql.rate_limiting.rules import RateLimitRule
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.rate_limiting.conftest import Clock
from tests.rate_limiting.requests import bearer, code_of, from_address, post
from tests.support.client import Api
from tests.support.factories import Factories


@pytest.fixture(params=[RateStore.MEMORY])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Test settings with rate limits."""
    return settings.model_copy(update={"rate_limits": request.param})


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
                response = await post(http, "{ rateLimit { limit remaining } }", **who)
                limit, left = (int(response.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining"))
                assert 0 <= left <= limit
                assert response.json()["data"]["rateLimit"]["remaining"] <= limit
        clock.move(minutes=1)


async def test_expensive_operations_take_more_points(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    async with from_address(app, "192.0.2.1") as http:
        body = {"query": "{ __schema { types { name description } } }", "extensions": {"cost": True}}
        response = await http.post("/graphql", json=body, headers=headers)
        cost = response.json()["extensions"]["cost"]
        assert cost["points"] == 1 + cost["actual"] // 2000
        assert cost["points"] > 1
        assert int(response.headers["ratelimit-remaining"]) == 600 - cost["points"]


MANY = "{ viewer { recommendationsReceived(first: 100) { nodes { message fromUser { profile { bio } } } } } }"


@pytest.mark.parametrize("settings", [RateStore.MEMORY, RateStore.DATABASE], indirect=True)
async def test_unused_points_are_released(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    headers = bearer(services, await make.user())
    async with from_address(app, "192.0.2.1") as http:
        for number in range(1, 4):
            body = {"query": MANY, "extensions": {"cost": True}}
            response = await http.post("/graphql", json=body, headers=headers)
            cost = response.json()["extensions"]["cost"]
            assert cost["estimated"] > 4_000
            assert cost["actual"] < 100
            assert int(response.headers["ratelimit-remaining"]) == 600 - number


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
            response = await post(http, query, **headers)
            assert "errors" not in response.json()
            left.append(int(response.headers["ratelimit-remaining"]))
    objects = 21  # the viewer, and each list with its nodes
    assert left == [600 - 1 - (objects - 5), 600 - 2 - (objects - 5), 600 - 3 - 2 * (objects - 5)]


async def test_planning_takes_the_remaining_points_and_is_never_rejected(
    app: Starlette, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    rates = services.rates
    rates.budget(ann.id, None, rates.user.limit - 3)
    async with from_address(app, "192.0.2.1") as http:
        response = await post(http, WIDE, **bearer(services, ann))
    assert "errors" not in response.json()
    assert response.headers["ratelimit-remaining"] == "0"


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
    small = OperationResult({"data": {"a": "b" * 16_000}})
    assert hold.cost(small) == 20_000 + 2 * 3 + 250
    hold.settle(small)
    assert remaining(one) == 600 - 10
    Hold(other, Estimate(700_000, 0)).release()
    assert remaining(one) == 600 - 10
    unavailable = {"message": "", "extensions": {"code": "SERVICE_UNAVAILABLE"}}
    failed = OperationResult({"data": None, "errors": [unavailable]})
    Hold(other, Estimate(700_000, 0)).settle(failed)
    assert Hold(other, Estimate(700, 0)).cost(failed) == 0
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
        responses = [await post(http, "{ __typename }", **one) for _ in range(6)]
        assert [each.headers["ratelimit-remaining"] for each in responses] == ["4", "3", "2", "1", "0", "0"]
        assert [code_of(each) for each in responses] == [None] * 5 + ["RATE_LIMITED"]
        assert responses[5].headers["ratelimit-limit"] == "5"
        # The rest of the user's eight points is available for their other requests.
        responses = [await post(http, "{ __typename }", **who) for who in (herself, other, herself) * 2]
    assert [each.headers["ratelimit-remaining"] for each in responses] == ["2", "1", "0", "0", "0", "0"]
    assert [code_of(each) for each in responses] == [None] * 3 + ["RATE_LIMITED"] * 3
