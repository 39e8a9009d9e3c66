"""The lane of expensive operations: bounded for each worker and each account, and fair."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.graph.expensive_lane import Lane, LaneFull
from tests.support.client import Api
from tests.support.factories import Factories


async def until(holds: Callable[[], bool]) -> None:
    """Lets other tasks run until the condition is true."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)


class Log:
    """Records the accounts that had a place, in order."""

    def __init__(self, lane: Lane) -> None:
        self.lane, self.had, self.now, self.most = lane, list[str](), 0, 0

    async def work(self, account: str) -> None:
        """Holds a place for a moment."""
        async with self.lane.place(account):
            self.had.append(account)
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.001)
            self.now -= 1


@pytest.mark.parametrize("width", [1, 2, 3])
async def test_concurrency_is_limited_and_accounts_take_turns(width: int) -> None:
    log = Log(Lane(width))
    await asyncio.gather(*(log.work(account) for account in ["a"] * 4 + ["b", "c"]))
    assert sorted(log.had) == ["a", "a", "a", "a", "b", "c"]
    assert log.had[:3] == ["a", "b", "c"], "the others don't wait for all that came first"
    assert log.most == width


async def test_an_account_has_one_place_and_a_short_queue() -> None:
    lane = Lane(3)
    log = Log(lane)
    async with lane.place("a"):
        waiting = [asyncio.create_task(log.work("a")) for _ in range(4)]
        await asyncio.sleep(0)
        assert log.had == []
        with pytest.raises(LaneFull) as full:
            await log.work("a")
        assert full.value.of_account
        await log.work("b")
    await asyncio.gather(*waiting)
    assert log.most == 1


async def test_the_total_queue_is_bounded() -> None:
    lane = Lane(1)
    async with lane.place("a"):
        waiting = [asyncio.create_task(Log(lane).work(f"b{number}")) for number in range(100)]
        await asyncio.sleep(0)
        with pytest.raises(LaneFull) as full:
            await Log(lane).work("c")
        assert not full.value.of_account
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert not lane._waiting
    await Log(lane).work("c")


async def test_a_cancelled_operation_passes_its_place_on() -> None:
    lane = Lane(1)
    log = Log(lane)
    stack = AsyncExitStack()
    await stack.enter_async_context(lane.place("a"))
    first, second = asyncio.create_task(log.work("b")), asyncio.create_task(log.work("c"))
    await asyncio.sleep(0)
    await stack.aclose()  # b is assigned the place, and is cancelled before it resumes
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await second
    assert log.had == ["c"]
    assert (lane._free, lane._running, dict(lane._waiting)) == (1, set(), {})


async def test_other_operations_run_while_expensive_ones_wait(
    api: Api, services: Services, make: Factories, app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infocus_graphql.graph.execution.EXPENSIVE_FROM", 100)
    lane: Lane = app.state.engine._lane  # type: ignore[attr-defined]  # Starlette's state
    client = api.as_(await make.user())
    expensive = "{ discoverMedia { nodes { id title } } }"
    async with lane.place("somebody"):
        waiting = asyncio.create_task(client.result(expensive))
        for _ in range(3):
            assert await client.data("{ viewer { isStaff } }") == {"isStaff": False}
        assert not waiting.done()
    assert (await waiting)["data"] == {"discoverMedia": {"nodes": []}}


async def test_an_account_with_too_many_expensive_operations_is_rate_limited(
    api: Api, make: Factories, app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infocus_graphql.graph.execution.EXPENSIVE_FROM", 100)
    lane: Lane = app.state.engine._lane  # type: ignore[attr-defined]  # Starlette's state
    ann, bob = await make.user(), await make.user()
    expensive = "{ discoverMedia { nodes { id title } } }"
    async with lane.place(ann.id):
        waiting = [
            asyncio.create_task(
                api.as_(ann).http.post("/graphql", json={"query": expensive}, headers=api.as_(ann).headers)
            )
            for _ in range(4)
        ]
        await until(lambda: sum(map(len, lane._waiting.values())) == 4)
        response = await api.as_(ann).http.post(
            "/graphql", json={"query": expensive}, headers=api.as_(ann).headers
        )
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 1}
        assert response.headers["retry-after"] == "1"
        others = asyncio.create_task(api.as_(bob).result(expensive))
    assert "errors" not in await others
    assert all("errors" not in response.json() for response in await asyncio.gather(*waiting))


async def test_an_invalid_argument_of_an_expensive_operation_nulls_its_own_field(
    api: Api, services: Services, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api.as_(await make.user())
    monkeypatch.setattr("infocus_graphql.graph.execution.EXPENSIVE_FROM", 100)
    result = await client.result("""{ discoverMedia { nodes { id } }
        viewer { isStaff watchlist(after: "nonsense") { nodes { id } } } }""")
    assert result["data"] == {"discoverMedia": {"nodes": []}, "viewer": {"isStaff": False, "watchlist": None}}
    (error,) = result["errors"]
    assert error["path"] == ["viewer", "watchlist"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
