"""The rate limiter: switched off, by network, and its cost."""

from collections.abc import Callable
from time import process_time

import pytest
from starlette.applications import Starlette

from infocus_graphql.graph.context import Services
from infocus_graphql.rate_limiting.limiter import RateLimiter, client_network
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.support.client import Api


@pytest.fixture(params=[RateStore.MEMORY])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Test settings with rate limits."""
    return settings.model_copy(update={"rate_limits": request.param})


async def test_nothing_is_limited_if_rate_limits_are_off(
    settings: Settings, app: Starlette, api: Api
) -> None:
    app.state.services.rates.on = False
    for _ in range(70):
        response = await api.post("{ rateLimit { limit } }")
    assert response.json() == {"data": {"rateLimit": None}}
    assert not [name for name in response.headers if "ratelimit" in name]


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
