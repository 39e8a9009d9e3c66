"""Calls to another service are spread over time, for all processes together."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from time import monotonic, time

import pytest

from infocus_graphql.db.engines import Engines, make_engines
from infocus_graphql.rate_limiting.throttle import LocalThrottle, SharedThrottle
from infocus_graphql.settings import Settings
from tests.cli.conftest import ROOT, environment
from tests.http.conftest import NOWHERE
from tests.support.server import Administer

RATE = 100
CALLS = 30
# Prints the times of its calls.
PROCESS = """
import asyncio, sys, time
from infocus_graphql.db.engines import make_engines
from infocus_graphql.rate_limiting.throttle import SharedThrottle
from infocus_graphql.settings import Environment, Settings

async def main():
    engines = make_engines(sys.argv[1], Settings(_env_file=None, env=Environment.TEST))
    throttle = SharedThrottle(engines.changes, "test", int(sys.argv[2]))
    for _ in range(int(sys.argv[3])):
        assert await throttle.acquire(20)
        print(time.time())
    await engines.dispose()

asyncio.run(main())
"""


@pytest.fixture
async def engines(settings: Settings, database_url: str) -> AsyncIterator[Engines]:
    """The connections of a process."""
    engines = make_engines(database_url, settings)
    yield engines
    await engines.dispose()


async def test_processes_share_a_throttle(engines: Engines, database_url: str) -> None:
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, database_url, str(RATE), str(CALLS)),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
    )
    throttle, times = SharedThrottle(engines.changes, "test", RATE), []

    async def call() -> None:
        assert await throttle.acquire(20)
        times.append(time())

    assert other.stdout is not None
    times.append(float(await other.stdout.readline()))  # from now on, both processes call
    await asyncio.gather(*(call() for _ in range(CALLS)))
    output, _ = await other.communicate()
    assert other.returncode == 0
    times = sorted([*times, *(float(line) for line in output.split())])
    assert len(times) == 2 * CALLS
    # A call is sent when its moment has come or later, so the last one can't come too early.
    assert times[-1] - times[0] >= (2 * CALLS - 2) / RATE
    assert 0 < times.index(max(times)) and len({*times}) == 2 * CALLS


async def test_a_call_without_a_chance_in_time_is_refused_and_takes_no_place(engines: Engines) -> None:
    throttle = SharedThrottle(engines.changes, "test", 2)
    assert await throttle.acquire(0)
    began = monotonic()
    assert [await throttle.acquire(0.1) for _ in range(3)] == [False] * 3
    assert await throttle.acquire(0.6)
    assert monotonic() - began < 0.6


async def test_calls_are_made_in_the_order_of_asking(engines: Engines) -> None:
    throttle, order = SharedThrottle(engines.changes, "test", 50), []

    async def call(number: int) -> None:
        await throttle.acquire(5)
        order.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(call(number))
    assert order == list(range(5))


async def test_bulk_calls_of_all_processes_wait_behind_others(engines: Engines) -> None:
    processes = [SharedThrottle(engines.changes, "test", 10) for _ in range(3)]
    for throttles in (processes, [LocalThrottle(10)]):
        bulk = [
            asyncio.create_task(throttle.acquire(20, bulk=True)) for throttle in throttles for _ in range(10)
        ]
        await asyncio.wait(bulk, return_when=asyncio.FIRST_COMPLETED)
        # In a queue of their own, the calls would have reserved the next second or three.
        for _ in range(3):
            assert await throttles[0].acquire(0.25)
        assert not all(task.done() for task in bulk)
        for task in bulk:
            task.cancel()
        await asyncio.wait(bulk)
    slow = SharedThrottle(engines.changes, "slow", 1)
    assert await slow.acquire(0, bulk=True)
    assert not await slow.acquire(0.2, bulk=True)


async def test_a_pause_holds_for_all_processes(engines: Engines) -> None:
    one, other = (SharedThrottle(engines.changes, "test", RATE) for _ in range(2))
    await one.pause(0.3)
    assert not await other.acquire(0.1)
    began = monotonic()
    assert await other.acquire(1)
    assert monotonic() - began >= 0.2
    await one.pause(1_000_000)
    assert not await other.acquire(59)
    assert not await one.acquire(59)


async def test_reservations_in_a_distant_future_are_forgotten(
    engines: Engines, administer: Administer
) -> None:
    throttle = SharedThrottle(engines.changes, "test", RATE)
    assert await throttle.acquire(0)
    await administer("UPDATE rate_states SET level = level + 86400")  # the clock was set back by a day
    assert await throttle.acquire(0.1)


async def test_without_its_database_a_process_counts_on_its_own(settings: Settings) -> None:
    engines = make_engines(NOWHERE, settings)
    throttle = SharedThrottle(engines.changes, "test", 2)
    assert await throttle.acquire(0)
    assert not await throttle.acquire(0.1)
    await throttle.pause(30)
    assert not await throttle.acquire(20)
    await engines.dispose()


async def test_a_local_throttle_spreads_calls() -> None:
    throttle = LocalThrottle(RATE)
    began = monotonic()
    assert all(await asyncio.gather(*(throttle.acquire(5) for _ in range(11))))
    assert monotonic() - began >= 10 / RATE
    await throttle.pause(30)
    assert not await throttle.acquire(1)
