"""What the client does when TMDB fails, over HTTP."""

import asyncio
import logging
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.rate_limiting.throttle import LocalThrottle
from infocus_graphql.tmdb.breaker import CircuitBreaker
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import (
    CircuitOpen,
    InvalidResponse,
    KeyRejected,
    LimitReached,
    RequestRejected,
    TmdbError,
    TmdbUnavailable,
)
from infocus_graphql.tmdb.records import TitleType
from infocus_graphql.tmdb.transport import Transport
from tests.tmdb.conftest import Unlimited

VERSION_3_KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.HTML, InvalidResponse),
        (Fault.NO_SUCCESS, InvalidResponse),
        (Fault.TRUNCATED, InvalidResponse),
        (Fault.WRONG_TYPES, InvalidResponse),
        (Fault.HUGE, InvalidResponse),
        (Fault.KEY_REJECTED, KeyRejected),
    ],
)
async def test_errors_that_a_retry_would_not_fix_are_not_retried(
    client: TmdbClient, local: LocalTmdb, fault: Fault, error: type[TmdbError]
) -> None:
    local.faults.plan(fault)
    with pytest.raises(error):
        await client.title(TitleType.MOVIE, 550)
    assert len(local.faults.requests) == 1


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.RATE_LIMITED_SILENTLY, Fault.RATE_LIMITED]
)
async def test_a_passing_failure_is_retried(client: TmdbClient, local: LocalTmdb, fault: Fault) -> None:
    local.faults.plan(fault, times=1)
    began = time.monotonic()
    assert (await client.title(TitleType.MOVIE, 550)).title == "Fight Club"
    assert len(local.faults.requests) == 2
    assert fault is not Fault.RATE_LIMITED or time.monotonic() - began >= 1  # as Retry-After asks


async def test_a_lasting_failure_is_reported_in_time(client: TmdbClient, local: LocalTmdb) -> None:
    local.faults.plan(Fault.SERVER_ERROR)
    with pytest.raises(TmdbUnavailable, match="/movie/550"):
        await client.title(TitleType.MOVIE, 550, seconds=1)
    assert 1 < len(local.faults.requests) <= 4


async def test_a_slow_response_is_not_waited_for(tmdb_url: str, local: LocalTmdb) -> None:
    local.faults.plan(Fault.SLOW)
    breaker, throttle = CircuitBreaker(failures=1), LocalThrottle(5)
    transport = Transport("key", base_url=tmdb_url, throttle=throttle, breaker=breaker)
    async with TmdbClient(transport) as client:
        await throttle.acquire(0)
        # The call waits for 0.2 s, which leaves TMDB 0.1 s.
        with pytest.raises(TmdbUnavailable, match=r"no response within 0\.3 s"):
            await client.title(TitleType.MOVIE, 550, seconds=0.3)
        assert not breaker.is_open
        with pytest.raises(TmdbUnavailable, match=r"no response within 1\.3 s"):
            await client.title(TitleType.MOVIE, 550, seconds=1.3)
        assert breaker.is_open


async def test_bulk_calls_leave_connections_to_others(client: TmdbClient, local: LocalTmdb) -> None:
    local.faults.plan(Fault.SLOW, path="/movie")
    bulk = [asyncio.create_task(client.bulk().title(TitleType.MOVIE, number)) for number in range(1, 21)]
    while len(local.faults.requests) < 8:  # noqa: ASYNC110 - the local TMDB has no event for it
        await asyncio.sleep(0.01)
    assert (await client.title(TitleType.TV, 70523, seconds=5)).title == "Dark"
    assert len(local.faults.requests) == 9
    for task in bulk:
        task.cancel()
    await asyncio.wait(bulk)


async def test_a_refused_connection_is_no_response(breaker: CircuitBreaker) -> None:
    nowhere = Transport("key", base_url="http://127.0.0.1:1/3", throttle=Unlimited(), breaker=breaker)
    async with TmdbClient(nowhere) as client:
        with pytest.raises(TmdbUnavailable, match="ConnectError"):
            await client.title(TitleType.MOVIE, 550, seconds=0.5)


async def test_a_missing_block_is_none_and_not_empty(client: TmdbClient, local: LocalTmdb) -> None:
    local.faults.plan(Fault.EMPTY_BLOCKS)
    film = await client.title(TitleType.MOVIE, 550)
    blocks = (film.credits, film.keywords, film.translations, film.videos, film.offers, film.similar)
    assert blocks == (None,) * 6
    assert film.certifications is None
    local.faults.clear()
    local.catalogue.change("movie", 550, creators=())
    again = await client.title(TitleType.MOVIE, 550)
    assert again.credits is not None
    assert again.credits.crew == ()


async def test_an_open_breaker_refuses_at_once_and_lets_one_call_try(tmdb_url: str, local: LocalTmdb) -> None:
    now = 1000.0
    breaker = CircuitBreaker(failures=2, pause=30, clock=lambda: now)
    transport = Transport("key", base_url=tmdb_url, throttle=Unlimited(), breaker=breaker)
    async with TmdbClient(transport) as client:
        local.faults.plan(Fault.SERVER_ERROR)
        for _ in range(2):
            with pytest.raises(TmdbUnavailable):
                await client.title(TitleType.MOVIE, 550, seconds=0.2)
        asked = len(local.faults.requests)
        assert breaker.is_open
        with pytest.raises(TmdbUnavailable, match="repeatedly"):
            await client.title(TitleType.MOVIE, 550, seconds=0.2)
        assert len(local.faults.requests) == asked
        now += 31
        with pytest.raises(TmdbUnavailable):
            await client.title(TitleType.MOVIE, 550, seconds=0.2)
        assert len(local.faults.requests) == asked + 1
        now += 31
        local.faults.clear()
        assert (await client.title(TitleType.MOVIE, 550)).title == "Fight Club"
        assert not breaker.is_open


async def test_waiting_for_the_rate_limit_is_no_failure_of_tmdb(tmdb_url: str, tmdb: LocalTmdb) -> None:
    breaker = CircuitBreaker(failures=1)
    transport = Transport("key", base_url=tmdb_url, throttle=LocalThrottle(1), breaker=breaker)
    async with TmdbClient(transport) as client:
        await client.title(TitleType.MOVIE, 550)
        began = time.monotonic()
        with pytest.raises(LimitReached, match="/movie/550"):
            await client.title(TitleType.MOVIE, 550, seconds=0.5)
        assert time.monotonic() - began < 0.4  # as there is no hope, it doesn't wait
        assert not breaker.is_open
        assert tmdb.faults.requests == ["/movie/550"]


async def test_waiting_for_a_connection_is_no_failure_of_tmdb(tmdb_url: str, tmdb: LocalTmdb) -> None:
    breaker = CircuitBreaker(failures=1)
    transport = Transport("key", base_url=tmdb_url, throttle=Unlimited(), breaker=breaker)
    async with TmdbClient(transport) as client:
        tmdb.faults.plan(Fault.SLOW, times=10)
        slow = [asyncio.create_task(client.title(TitleType.MOVIE, 550)) for _ in range(10)]
        await arrived(tmdb, 10)
        with pytest.raises(LimitReached, match="not sent"):
            await client.title(TitleType.MOVIE, 550, seconds=0.1)
        assert not breaker.is_open
        for task in slow:
            task.cancel()
        assert all(isinstance(each, asyncio.CancelledError) for each in await gathered(slow))
        assert not breaker.is_open  # their callers have gone
        assert (await client.title(TitleType.MOVIE, 550)).title == "Fight Club"


async def test_a_call_whose_caller_has_gone_leaves_the_breaker_to_the_next(
    tmdb_url: str, tmdb: LocalTmdb
) -> None:
    now = 1000.0
    breaker = CircuitBreaker(failures=1, pause=30, clock=lambda: now)
    transport = Transport("key", base_url=tmdb_url, throttle=Unlimited(), breaker=breaker)
    async with TmdbClient(transport) as client:
        breaker.failed()
        now += 31
        tmdb.faults.plan(Fault.SLOW, times=1)
        probe = asyncio.create_task(client.title(TitleType.MOVIE, 550))
        await arrived(tmdb, 1)
        with pytest.raises(CircuitOpen):
            await client.title(TitleType.MOVIE, 550)
        probe.cancel()
        await gathered([probe])
        assert (await client.title(TitleType.MOVIE, 550)).title == "Fight Club"


async def test_retry_after_pauses_everyone(tmdb_url: str, tmdb: LocalTmdb) -> None:
    throttle = Unlimited()
    async with TmdbClient(Transport("key", base_url=tmdb_url, throttle=throttle)) as client:
        tmdb.faults.plan(Fault.RATE_LIMITED, times=1)
        await client.title(TitleType.MOVIE, 550)
    assert throttle.pauses == [1]


async def test_a_retry_after_the_deadline_is_not_waited_for(client: TmdbClient, tmdb: LocalTmdb) -> None:
    tmdb.faults.plan(Fault.RATE_LIMITED)
    began = time.monotonic()
    with pytest.raises(TmdbUnavailable, match="429"):
        await client.title(TitleType.MOVIE, 550, seconds=0.9)
    assert time.monotonic() - began < 0.9
    assert len(tmdb.faults.requests) == 1


async def test_a_broken_result_does_no_harm_to_the_others(client: TmdbClient, tmdb: LocalTmdb) -> None:
    whole = await client.popular(TitleType.MOVIE, language="en")
    tmdb.faults.plan(Fault.WRONG_TYPES)
    with capture_logs() as events:
        damaged = await client.popular(TitleType.MOVIE, language="en")
    assert damaged.titles == whole.titles[1:]
    assert [each["event"] for each in events] == ["TMDB result skipped"]


async def test_failures_are_logged_with_path_status_and_attempts(client: TmdbClient, tmdb: LocalTmdb) -> None:
    for fault, error, status in (
        (Fault.BAD_GATEWAY, TmdbUnavailable, 502),
        (Fault.TRUNCATED, InvalidResponse, 200),
        (Fault.KEY_REJECTED, KeyRejected, 401),
    ):
        tmdb.faults.clear()
        tmdb.faults.plan(fault)
        with capture_logs() as events, pytest.raises(error):
            await client.title(TitleType.MOVIE, 550, seconds=0.7)
        (event,) = events
        assert event["event"] == "TMDB call failed"
        assert (event["path"], event["error"]) == ("/movie/550", error.__name__)
        assert event["status"] == status
        assert event.get("attempts", 1) == len(tmdb.faults.requests)


async def arrived(tmdb: LocalTmdb, number: int) -> None:
    """Waits until the server, which runs in another thread, has received so many requests."""
    while len(tmdb.faults.requests) < number:  # noqa: ASYNC110 - there is no event across threads
        await asyncio.sleep(0.01)


async def gathered(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    """Waits for all tasks; returns their results and exceptions."""
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_page_that_tmdb_refuses_is_our_error(client: TmdbClient) -> None:
    with pytest.raises(RequestRejected, match="Invalid page"):
        await client.search("alien", language="en", page=501)


@pytest.mark.parametrize("key", [VERSION_3_KEY, "eyJ0.version-4-token"])
async def test_the_key_is_sent_and_never_logged(
    tmdb_url: str, local: LocalTmdb, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with TmdbClient(Transport(key, base_url=tmdb_url, throttle=Unlimited())) as client:
        await client.title(TitleType.MOVIE, 550)
        local.faults.plan(Fault.SERVER_ERROR)
        with pytest.raises(TmdbUnavailable) as caught:
            await client.title(TitleType.MOVIE, 550, seconds=0.5)
    ours = [each for each in caplog.records if not each.name.startswith("uvicorn")]
    assert ours
    assert not any(key in each.getMessage() for each in ours)
    assert key not in str(caught.value)


async def test_every_attempt_counts_for_the_rate_limit(tmdb_url: str, local: LocalTmdb) -> None:
    limit = Unlimited()
    async with TmdbClient(Transport("key", base_url=tmdb_url, throttle=limit)) as client:
        local.faults.plan(Fault.BAD_GATEWAY, times=2)
        await client.title(TitleType.MOVIE, 550)
    assert limit.calls == len(local.faults.requests) == 3
