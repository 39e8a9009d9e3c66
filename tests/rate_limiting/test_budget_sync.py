"""Budgets are counted in each process, and synchronised through the database a little later."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from infocus_graphql.db.engines import Engines, make_engines
from infocus_graphql.rate_limiting import budget_sync as together
from infocus_graphql.rate_limiting.budget_sync import BudgetSync
from infocus_graphql.rate_limiting.memory_store import KEYS, MemoryStore
from infocus_graphql.rate_limiting.rules import RateLimitRule
from infocus_graphql.settings import Settings
from tests.http.conftest import NOWHERE

START = 1_800_000_000.0
SIXTY = RateLimitRule("sixty", 60, 60)


class Clock:
    """The clock of all processes."""

    at = START

    def timestamp(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still unless moved."""
    clock = Clock()
    monkeypatch.setattr(together, "now", lambda: clock)
    return clock


@pytest_asyncio.fixture
async def engines(database_url: str, settings: Settings) -> AsyncIterator[Engines]:
    """A migrated database."""
    engines = make_engines(database_url, settings)
    yield engines
    await engines.dispose()


def processes(engines: Engines, count: int) -> list[BudgetSync]:
    """Returns `count` instances, each with its own memory store."""
    return [BudgetSync(MemoryStore(), engines.changes) for _ in range(count)]


def allowed(process: BudgetSync, clock: Clock, key: str = "ann", amount: int = 1) -> bool:
    """Takes points and returns whether that was allowed."""
    return process.spend(SIXTY, key, amount, clock.at).allowed


async def test_points_taken_in_one_process_are_taken_in_the_others(engines: Engines, clock: Clock) -> None:
    one, other = processes(engines, 2)
    assert [allowed(one, clock) for _ in range(61)] == [True] * 60 + [False]
    await one.flush()
    assert allowed(other, clock), "it can't know yet"
    await other.flush()
    spent = other.spend(SIXTY, "ann", 1, clock.at)
    assert (spent.allowed, spent.remaining) == (False, 0)
    assert spent.wait == pytest.approx(2, abs=0.01), "one too many was given, which is owed"
    assert allowed(other, clock, "bob")
    # The budget refills for all processes together, not for each.
    clock.at += 31
    given = 0
    for _ in range(40):
        for process in (one, other):
            given += allowed(process, clock)
            await process.flush()
    assert 30 <= given <= 32


async def test_points_released_in_one_process_are_available_in_the_others(
    engines: Engines, clock: Clock
) -> None:
    one, other = processes(engines, 2)
    assert allowed(one, clock, amount=50)
    await one.flush()
    assert allowed(other, clock, amount=1)
    await other.flush()
    assert other.spend(SIXTY, "ann", 0, clock.at).remaining == 9
    one.release(SIXTY, "ann", 40, clock.at)
    await one.flush()
    assert one.spend(SIXTY, "ann", 0, clock.at).remaining == 49
    assert allowed(other, clock, amount=1)
    await other.flush()
    assert other.spend(SIXTY, "ann", 0, clock.at).remaining == 48
    # Points taken and released between two flushes are not sent.
    assert allowed(one, clock, "bob", 30)
    one.release(SIXTY, "bob", 30, clock.at)
    await one.flush()
    assert allowed(other, clock, "bob", 1)
    await other.flush()
    assert other.spend(SIXTY, "bob", 0, clock.at).remaining == 59


async def test_large_amounts_are_flushed_at_once_and_small_ones_soon(
    engines: Engines, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = processes(engines, 2)
    for process in (one, other):  # connects first, which may take some time
        assert allowed(process, clock, "bob")
        await process.flush()
    running = [asyncio.create_task(each.run()) for each in (one, other)]
    monkeypatch.setattr(together, "_FLUSH_INTERVAL", 60)
    for process in (one, other):
        assert allowed(process, clock)
    await asyncio.sleep(0)  # they wait for a minute, or for a large amount
    assert allowed(one, clock, amount=59)
    await until(lambda: not one._pending)
    assert allowed(other, clock, amount=7)
    await until(lambda: not other.spend(SIXTY, "ann", 0, clock.at).remaining)
    assert not allowed(other, clock)
    await ended(running)


async def test_concurrent_flushes_of_the_same_keys_do_not_deadlock(engines: Engines, clock: Clock) -> None:
    several, keys = processes(engines, 4), [f"person{number}" for number in range(1500)]
    for _ in range(2):
        for process in several:
            random.shuffle(keys)
            for key in keys:
                allowed(process, clock, key)
        await asyncio.gather(*(process.flush() for process in several))
    await asyncio.gather(*(process.flush() for process in several))
    for process in several:
        allowed(process, clock, "person7")
    await asyncio.gather(*(process.flush() for process in several))
    assert {process.spend(SIXTY, "person7", 0, clock.at).remaining for process in several} <= {48, 49, 50, 51}
    assert several[-1].spend(SIXTY, "person7", 0, clock.at).remaining <= 60 - 9


async def test_the_debt_is_bounded_and_a_wrong_clock_locks_no_client_out(
    engines: Engines, clock: Clock
) -> None:
    several = processes(engines, 12)
    for process in several:
        assert allowed(process, clock, amount=60)
    for process in several:
        await process.flush()
    spent = several[-1].spend(SIXTY, "ann", 1, clock.at)
    assert spent.wait <= 31.01
    clock.at -= 86_400
    (late,) = processes(engines, 1)
    assert allowed(late, clock)
    await late.flush()
    assert allowed(late, clock)


async def test_without_the_database_each_process_counts_alone_and_syncs_later(
    engines: Engines, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_FLUSH_INTERVAL", 0.005)
    monkeypatch.setattr(together, "_PAUSE", 0.005)
    (process,) = processes(engines, 1)
    nowhere = make_engines(NOWHERE, settings)
    pool, process._pool = process._pool, nowhere.changes
    running = asyncio.create_task(process.run())
    assert [allowed(process, clock) for _ in range(61)] == [True] * 60 + [False]
    await until(lambda: not process._pending)
    process._pool = pool
    (other,) = processes(engines, 1)
    assert allowed(other, clock, amount=60), "usage that could not be flushed is dropped"
    await other.flush()
    clock.at += 1
    assert allowed(process, clock)
    await until(lambda: process.spend(SIXTY, "ann", 0, clock.at).reset_after > 59.5)
    await ended([running])
    await nowhere.dispose()


async def test_a_flood_of_keys_is_flushed_partially(engines: Engines, clock: Clock) -> None:
    (process,) = processes(engines, 1)
    for number in range(KEYS + 100):
        allowed(process, clock, f"flood{number}")
    assert len(process._pending["sixty"][1]) == KEYS
    # Known keys are still counted.
    assert allowed(process, clock, "flood0")
    assert process._pending["sixty"][1]["flood0"] == 2


async def until(holds: Callable[[], bool]) -> None:
    """Waits until the condition is true, which must be soon."""
    for _ in range(4000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not become true")


async def ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancels background tasks."""
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
