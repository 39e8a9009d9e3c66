"""The measurements of subscriptions."""

import argparse
import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Callable
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import httpx

from benchmarks.database import Bench
from benchmarks.live.subscriber import Subscriber
from benchmarks.live.world import MEMBERS, Home, make_homes
from benchmarks.servers import Server
from benchmarks.usage import cpu_seconds, memory_mib, tree

UPDATE: Final = """
mutation ($id: ID!, $rating: Int) {
  updateWatchlistEntry(input: {id: $id, rating: $rating}) { entry { id version } errors { code } }
}
"""
_CONNECTING: Final = 50  # connections that are opened at a time
_SETTLE_SECONDS: Final = 2.0
_LIMITS: Final = httpx.Limits(max_connections=64)

Report = Callable[[dict[str, Any]], None]


class Measurement:
    """Measures one server."""

    def __init__(self, bench: Bench, server: Server) -> None:
        self.bench, self.server, self.port = bench, server, server.port
        self.failures = 0
        # When an entry's latest write was sent, and the delays of the events since then.
        self._sent: dict[str, float] = {}
        self.delays: list[float] = []
        self._waiting = 0
        self._all_arrived = asyncio.Event()
        self._ratings: dict[str, int] = defaultdict(int)

    async def run(self, options: argparse.Namespace, report: Report) -> None:
        """Runs all measurements."""
        homes = await make_homes(self.bench.dsn, options.families)
        report(await self.idle(homes[0], options.idle))
        report(await self.single_events(homes[0], options.subscribers, options.events))
        report(await self.writes(homes, options))

    def arrived(self, event: dict[str, Any]) -> None:
        """Records the arrival of an event at one subscriber."""
        sent = self._sent.get(event["entry"]["id"])
        if sent is not None:
            self.delays.append((perf_counter() - sent) * 1000)
            self._waiting -= 1
            if self._waiting == 0:
                self._all_arrived.set()

    async def idle(self, home: Home, count: int) -> dict[str, Any]:
        """The memory of idle subscribers."""
        first = await self._subscribers([home], 50)
        await asyncio.sleep(_SETTLE_SECONDS)
        before, used = memory_mib(self.server.pid), cpu_seconds(self.server.pid)
        started = perf_counter()
        others = await self._subscribers([home], count - 50)
        connected = perf_counter() - started
        await asyncio.sleep(_SETTLE_SECONDS)
        after = memory_mib(self.server.pid)
        rest = cpu_seconds(self.server.pid)
        await asyncio.sleep(10)
        resting = (cpu_seconds(self.server.pid) - rest) / 10
        for each in (*first, *others):
            each.stop()
        await asyncio.sleep(_SETTLE_SECONDS)
        return {
            "measurement": "idle",
            "subscribers": count,
            "kib_each": round((after - before) * 1024 / (count - 50), 1),
            "mib_before": before,
            "mib_after": after,
            "mib_closed": memory_mib(self.server.pid),
            "connected_per_second": round((count - 50) / connected),
            "connect_cpu_ms": round((rest - used) / (count - 50) * 1000, 2),
            "idle_cpu_percent": round(resting * 100, 1),
        }

    async def single_events(self, home: Home, count: int, events: int) -> dict[str, Any]:
        """The delays of single events, from the request of the mutation to each subscriber of a family."""
        subscribers = await self._subscribers([home], count)
        delays: list[float] = []
        used = cpu_seconds(self.server.pid)
        async with self._client() as http:
            for number in range(events):
                self.delays, self._waiting = [], count
                self._all_arrived.clear()
                await self._write(http, home, number % MEMBERS)
                async with asyncio.timeout(30):
                    await self._all_arrived.wait()
                delays += self.delays
                await asyncio.sleep(0.1)
        cpu = (cpu_seconds(self.server.pid) - used) / (events * count) * 1e6
        for each in subscribers:
            each.stop()
        return {
            "measurement": "single events",
            "subscribers": count,
            "viewers": MEMBERS,
            **_percentiles(delays),
            "cpu_us_each": round(cpu, 1),
        }

    async def writes(self, homes: list[Home], options: argparse.Namespace) -> dict[str, Any]:
        """Delays, memory and lost events under writes to many families."""
        subscribers = await self._subscribers(homes, options.subscribers)
        keeping = [asyncio.create_task(each.keep()) for each in subscribers]
        self.delays = []
        killing = asyncio.create_task(self._kill(options.seconds)) if options.kill else None
        memory = [memory_mib(self.server.pid)]
        outcomes = await self._send(homes, options.rate, options.seconds, memory)
        if killing is not None:
            await killing
        await self._settle(subscribers)
        for task in keeping:
            task.cancel()
        memory.append(memory_mib(self.server.pid))
        events: dict[str, set[str]] = defaultdict(set)
        for each in subscribers:
            each.stop()
            events[each.family_id].update(each.received)
        return {
            "measurement": "writes",
            "subscribers": len(subscribers),
            "families": len(homes),
            "seconds": options.seconds,
            "rate": options.rate,
            "acknowledged": outcomes.count(True),
            "refused": outcomes.count(False),
            "events": sum(map(len, events.values())),
            "missed": sum(len(events[each.family_id] - set(each.received)) for each in subscribers),
            "doubled": sum(len(each.received) - len(set(each.received)) for each in subscribers),
            "out_of_order": sum(each.received != sorted(each.received) for each in subscribers),
            "resumed": sum(each.resumed for each in subscribers),
            "failures": self.failures,
            "mib": memory,
            **_percentiles(self.delays),
        }

    async def _send(self, homes: list[Home], rate: int, seconds: int, memory: list[float]) -> list[bool]:
        """Sends writes at a rate; returns for each whether it was acknowledged."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        tasks: list[asyncio.Task[bool]] = []
        async with self._client() as http:
            for number in range(rate * seconds):
                turn, home = divmod(number, len(homes))
                writing = self._write(http, homes[home], turn % MEMBERS)
                tasks.append(asyncio.create_task(writing))
                if number % (rate * max(1, seconds // 10)) == 0:
                    memory.append(memory_mib(self.server.pid))
                await asyncio.sleep(max(0.0, started + (number + 1) / rate - loop.time()))
            return list(await asyncio.gather(*tasks))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20, limits=_LIMITS)

    async def _settle(self, subscribers: list[Subscriber]) -> None:
        """Waits until no more events arrive."""
        last, same = -1, 0
        while same < 5:
            await asyncio.sleep(1)
            now = sum(len(each.received) for each in subscribers)
            same = same + 1 if now == last else 0
            last = now

    async def _kill(self, seconds: int) -> None:
        """Kills a worker at a third of the time, and a backend of PostgreSQL at two thirds."""
        await asyncio.sleep(seconds / 3)
        workers = [pid for pid in tree(self.server.pid) if pid != self.server.pid]
        os.kill(workers[0], signal.SIGKILL)
        await asyncio.sleep(seconds / 3)
        backends = [pid for pid in tree(self.bench.pid) if pid != self.bench.pid]
        os.kill(backends[-1], signal.SIGKILL)  # the postmaster then restarts all others

    async def _subscribers(self, homes: list[Home], count: int) -> list[Subscriber]:
        found = []
        for number in range(count):
            place, home = divmod(number, len(homes))
            found.append(Subscriber(self, homes[home].family_id, homes[home].tokens[place % MEMBERS]))
        for start in range(0, count, _CONNECTING):
            await asyncio.gather(*(each.start() for each in found[start : start + _CONNECTING]))
        await self._wait_until_active(homes, found)
        return found

    async def _wait_until_active(self, homes: list[Home], subscribers: list[Subscriber]) -> None:
        """Writes to each family until all have received an event: subscribing has no acknowledgement."""
        self._waiting, self._sent = -1, {}
        async with self._client() as http:
            for _ in range(60):
                for home in homes:
                    await self._write(http, home, 0)
                await asyncio.sleep(1)
                if all(each.received for each in subscribers):
                    break
        await asyncio.sleep(_SETTLE_SECONDS)
        for each in subscribers:
            each.received.clear()

    async def _write(self, http: httpx.AsyncClient, home: Home, place: int) -> bool:
        """Changes the rating of an entry; returns whether the change was acknowledged."""
        entry_id = home.entries[place]
        rating = self._ratings[entry_id] = self._ratings[entry_id] % 10 + 1
        self._sent[entry_id] = perf_counter()
        headers = {"Authorization": f"Bearer {home.tokens[place]}"}
        body = {"query": UPDATE, "variables": {"id": entry_id, "rating": rating}}
        try:
            response = await http.post("/graphql", json=body, headers=headers)
            payload = response.json()["data"]["updateWatchlistEntry"]
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            return False
        return payload is not None and not payload["errors"]


def _percentiles(delays: list[float]) -> dict[str, float]:
    if len(delays) < 2:
        return {}
    cuts = quantiles(delays, n=100)
    return {
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(max(delays), 1),
    }
