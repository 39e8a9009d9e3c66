"""A deadline ends what takes too long, and nothing else."""

import asyncio

import pytest

from infocus_graphql.http.deadline import Deadline


async def test_what_ends_in_time_is_left_alone() -> None:
    with Deadline(0.01):
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), Deadline(0.01):
        await asyncio.sleep(5)
    await asyncio.sleep(0)  # the task itself isn't cancelled
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_failure_passes_as_it_is() -> None:
    with pytest.raises(KeyError), Deadline(5):
        raise KeyError


async def test_a_cancellation_from_elsewhere_is_no_timeout() -> None:
    async def wait() -> None:
        with Deadline(5):
            await asyncio.sleep(5)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_in_the_moment_of_the_timeout_wins() -> None:
    async def wait() -> None:
        deadline = Deadline(5)
        with deadline:
            asyncio.get_running_loop().call_soon(deadline._expire)
            await asyncio.sleep(5)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
