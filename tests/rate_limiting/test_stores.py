"""The memory store and the PostgreSQL store return the same results."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.rate_limiting.memory_store import MemoryStore
from infocus_graphql.rate_limiting.postgres_store import PostgresStore, purge_rates, rate_states
from infocus_graphql.rate_limiting.rules import Backoff, RateLimitDecision, RateLimitRule
from infocus_graphql.settings import Settings
from tests.http.conftest import NOWHERE

START = 1_800_000_000.0
TEN = RateLimitRule("ten", 10, 60)
SLOW = Backoff("slow")


class Store:
    """A common interface of both stores."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        found = self.inner.spend(rule, key, amount, at)
        spent: RateLimitDecision = await found if isinstance(found, Awaitable) else found
        return spent

    async def attempt(self, key: str, at: float) -> float:
        found = self.inner.attempt(SLOW, key, at)
        wait: float = await found if isinstance(found, Awaitable) else found
        return wait

    async def succeed(self, key: str) -> None:
        found = self.inner.succeed(SLOW, key)
        if found is not None:
            await found


@pytest_asyncio.fixture
async def database(database_url: str, settings: Settings) -> AsyncIterator[Database]:
    """A migrated database."""
    found = Database(make_engines(database_url, settings))
    yield found
    await found.dispose()


@pytest.fixture(params=["memory", "shared"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each of the two stores."""
    if request.param == "memory":
        return Store(MemoryStore())
    database: Database = request.getfixturevalue("database")
    return Store(PostgresStore(database.engines.changes))


async def test_a_bucket_allows_a_burst_and_then_refills_evenly(store: Store) -> None:
    for left in range(9, -1, -1):
        spent = await store.spend(TEN, "ann", 1, START)
        assert (spent.allowed, spent.remaining) == (True, left)
    refused = await store.spend(TEN, "ann", 1, START)
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert refused.wait == pytest.approx(6, abs=0.01) and refused.reset_after == pytest.approx(60, abs=0.01)
    # Other keys and other limits have separate buckets.
    assert (await store.spend(TEN, "bob", 1, START)).remaining == 9
    assert (await store.spend(RateLimitRule("other", 10, 60), "ann", 1, START)).remaining == 9
    # Rejected attempts cost nothing: the time of the next use doesn't change.
    assert not (await store.spend(TEN, "ann", 1, START + 5.9)).allowed
    assert (await store.spend(TEN, "ann", 1, START + 6)).allowed
    assert not (await store.spend(TEN, "ann", 1, START + 6)).allowed
    # Full again after a minute, and never above the limit.
    assert (await store.spend(TEN, "ann", 10, START + 3600)).remaining == 0
    assert not (await store.spend(TEN, "ann", 1, START + 3600)).allowed


async def test_several_uses_are_taken_all_or_none(store: Store) -> None:
    assert (await store.spend(TEN, "ann", 7, START)).remaining == 3
    refused = await store.spend(TEN, "ann", 4, START)
    assert (refused.allowed, refused.remaining) == (False, 3)
    assert refused.wait == pytest.approx(6, abs=0.01)
    assert (await store.spend(TEN, "ann", 3, START)).remaining == 0
    # An amount above the limit takes the whole bucket.
    assert (await store.spend(TEN, "bob", 50, START)).remaining == 0
    assert not (await store.spend(TEN, "eve", 1, START) and await store.spend(TEN, "eve", 50, START)).allowed


@pytest.mark.parametrize("text", ["10/m", "9/h", "7/3s", "1000/s", "1000000/m", "9999999/s", "9999999/999h"])
async def test_remaining_never_exceeds_the_limit(store: Store, text: str) -> None:
    rule = RateLimitRule.of("any", text)
    for amount in (0, 1, 2, 0):
        spent = await store.spend(rule, "ann", amount, START)
        assert spent.allowed and spent.remaining <= rule.limit
    assert spent.remaining == pytest.approx(rule.limit - 3, abs=3)
    # Nor does the bucket refill above the limit.
    for later in (1e-6, 0.5, 1e9, -1e-6, -0.5):
        assert (await store.spend(rule, "ann", 0, START + later)).remaining <= rule.limit


async def test_a_clock_set_back_delays_by_at_most_the_period(store: Store) -> None:
    await store.spend(TEN, "ann", 10, START)
    assert (await store.spend(TEN, "ann", 1, START - 5)).wait == pytest.approx(11, abs=0.01)
    assert (await store.spend(TEN, "ann", 1, START - 86_400)).allowed
    for _ in range(6):
        await store.attempt("ann", START)
    assert await store.attempt("ann", START - 86_400) == 0


async def test_the_back_off_doubles_with_each_failure_up_to_five_minutes(store: Store) -> None:
    at = START
    for _ in range(5):
        assert await store.attempt("ann", at) == 0
    for expected in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        assert await store.attempt("ann", at) == pytest.approx(expected, abs=0.01)
        assert await store.attempt("ann", at + expected - 0.5) == pytest.approx(0.5, abs=0.01)
        at += expected + 0.01
        assert await store.attempt("ann", at) == 0
    assert await store.attempt("bob", at) == 0
    # A success resets the failures.
    at += 301
    assert await store.attempt("ann", at) == 0
    await store.succeed("ann")
    for _ in range(5):
        assert await store.attempt("ann", at) == 0
    assert await store.attempt("ann", at) > 0
    # After an hour without failures, they are reset, too.
    at += 3601
    for _ in range(5):
        assert await store.attempt("ann", at) == 0


async def test_concurrent_uses_never_exceed_the_limit(store: Store) -> None:
    found = await asyncio.gather(*(store.spend(TEN, "ann", 1, START) for _ in range(40)))
    assert sum(each.allowed for each in found) == 10
    waits = await asyncio.gather(*(store.attempt("ann", START) for _ in range(40)))
    assert sum(wait == 0 for wait in waits) == 5


async def test_two_processes_share_the_limit(database: Database) -> None:
    one, other = (PostgresStore(database.engines.changes) for _ in range(2))
    found = await asyncio.gather(*(each.spend(TEN, "ann", 1, START) for each in (one, other) * 12))
    assert sum(each.allowed for each in found) == 10
    for each in (one, other) * 2 + (one,):
        assert await each.attempt(SLOW, "ann", START) == 0
    assert await other.attempt(SLOW, "ann", START) == pytest.approx(1, abs=0.01)


async def test_repeated_rejected_attempts_need_no_database_query(database: Database) -> None:
    pool = Counting(database.engines.changes.write_once)
    store = PostgresStore(pool)  # type: ignore[arg-type]  # implements the used method
    for _ in range(100):
        await store.spend(TEN, "ann", 1, START)
    assert pool.asked == 11
    for _ in range(100):
        await store.attempt(SLOW, "ann", START)
    assert pool.asked == 11 + 6
    assert (await store.spend(TEN, "ann", 1, START + 6)).allowed


class Counting:
    """A pool that counts its queries."""

    def __init__(self, fetch: Callable[..., Awaitable[Any]]) -> None:
        self._fetch = fetch
        self.asked = 0

    async def write_once(self, query: Any) -> Any:
        self.asked += 1
        return await self._fetch(query)


async def test_without_the_database_each_process_counts_alone(settings: Settings) -> None:
    engines = make_engines(NOWHERE, settings)
    store = PostgresStore(engines.changes)
    found = [(await store.spend(TEN, "ann", 1, START)).allowed for _ in range(11)]
    assert found == [True] * 10 + [False]
    assert [await store.attempt(SLOW, "ann", START) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    await store.succeed(SLOW, "ann")
    assert await store.attempt(SLOW, "ann", START) == 0
    await engines.dispose()


async def test_expired_states_are_purged(database: Database) -> None:
    store = PostgresStore(database.engines.changes)
    await store.spend(TEN, "long ago", 1, START - 10**9)
    await store.spend(TEN, "now", 1, START)

    async def keys(work: Any) -> list[str]:
        return list(await work.session.scalars(rate_states.select()))

    assert len(await database.transaction(keys)) == 2
    assert await database.transaction(purge_rates) is False
    assert await database.transaction(keys) == ["ten:now"]


def test_memory_is_bounded_for_a_flood_of_keys() -> None:
    memory = MemoryStore(100)
    for number in range(10_000):
        memory.spend(TEN, str(number), 1, START)
        memory.attempt(SLOW, str(number), START)
    sizes = [*map(len, memory._levels.values()), *map(len, memory._failures.values())]
    assert sizes and max(sizes) <= 100


@pytest.mark.parametrize(
    ("text", "limit", "seconds"), [("60/m", 60, 60), ("10/h", 10, 3600), ("30/5m", 30, 300), ("1/s", 1, 1)]
)
def test_limits_are_parsed(text: str, limit: int, seconds: int) -> None:
    assert RateLimitRule.of("x", text) == RateLimitRule("x", limit, seconds)


@pytest.mark.parametrize("text", ["", "60", "0/m", "60/d", "-1/m", "60/m ", "1.5/m"])
def test_invalid_limits_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="write x"):
        RateLimitRule.of("x", text)
