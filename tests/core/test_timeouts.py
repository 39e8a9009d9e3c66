"""The shared timeout cancels operations that take too long, and nothing else."""

import asyncio

import pytest

from infocus_graphql.core.timeouts import SharedTimeout


async def test_operations_within_the_timeout_are_not_affected() -> None:
    with SharedTimeout(0.01).start():
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_operations_that_take_too_long_raise_timeout_error() -> None:
    with pytest.raises(TimeoutError), SharedTimeout(0.01).start():
        await asyncio.sleep(5)
    await asyncio.sleep(0)  # the task itself is not cancelled
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_concurrent_scopes_have_their_own_deadlines() -> None:
    deadlines, loop = SharedTimeout(0.05), asyncio.get_running_loop()

    async def late(begins: float, lasts: float) -> float | None:
        await asyncio.sleep(begins)
        started = loop.time()
        try:
            with deadlines.start():
                await asyncio.sleep(lasts)
        except TimeoutError:
            return loop.time() - started
        return None

    waits = [(0, 5), (0.01, 0), (0.02, 5), (0.03, 0.01), (0.04, 5), (0.12, 5)]
    ended = await asyncio.gather(*(late(*wait) for wait in waits))
    assert [each is None for each in ended] == [lasts < 5 for _, lasts in waits]
    assert all(0.05 <= each < 1 for each in ended if each is not None)


async def test_exceptions_are_propagated_unchanged() -> None:
    with pytest.raises(KeyError), SharedTimeout(5).start():
        raise KeyError


async def test_scopes_can_be_nested() -> None:
    with SharedTimeout(5).start():
        with pytest.raises(TimeoutError), SharedTimeout(0.01).start():
            await asyncio.sleep(5)
        await asyncio.sleep(0.01)


async def test_a_cancellation_from_elsewhere_is_no_timeout() -> None:
    async def wait() -> None:
        with SharedTimeout(5).start():
            await asyncio.sleep(5)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_during_the_timeout_takes_precedence() -> None:
    async def wait() -> None:
        deadline = SharedTimeout(5).start()
        with deadline:
            asyncio.get_running_loop().call_soon(deadline.expire)
            await asyncio.sleep(5)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_each_event_loop_has_its_own_timer() -> None:
    deadlines = SharedTimeout(0.01)

    async def wait() -> None:
        with pytest.raises(TimeoutError), deadlines.start():
            await asyncio.sleep(5)

    for _ in range(2):
        asyncio.run(wait())
