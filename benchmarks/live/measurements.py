"""The measurements of subscriptions."""

import argparse
import asyncio
import os
import signal
from collections.abc import Callable
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import httpx

from benchmarks.database import Bench
from benchmarks.live.subscriber import Subscriber
from benchmarks.live.world import World, make_world
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
        self.world = World("", [], [], [])
        self.failures = 0
        # When an entry's latest write was sent, and the delays of the events since then.
        self._sent: dict[str, float] = {}
        self.delays: list[float] = []
        self._waiting = 0
        self._all_arrived = asyncio.Event()

    @property
    def family_id(self) -> str:
        """The family that all subscribe to."""
        return self.world.family_id

    async def run(self, options: argparse.Namespace, report: Report) -> None:
        """Runs all measurements."""
        self.world = await make_world(self.bench.dsn)
        if options.idle:
            report(await self.idle(options.idle))
        subscribers = await self._subscribers(options.subscribers)
        report(await self.single_events(options.events, len(subscribers)))
        report(await self.writes(subscribers, options))
        for each in subscribers:
            each.stop()

    def arrived(self, event: dict[str, Any]) -> None:
        """Records the arrival of an event at one subscriber."""
        sent = self._sent.get(event["entry"]["id"])
        if sent is not None:
            self.delays.append((perf_counter() - sent) * 1000)
            self._waiting -= 1
            if self._waiting == 0:
                self._all_arrived.set()

    async def idle(self, count: int) -> dict[str, Any]:
        """The memory of idle subscribers."""
        first = await self._subscribers(50)
        await asyncio.sleep(_SETTLE_SECONDS)
        before, used = memory_mib(self.server.pid), cpu_seconds(self.server.pid)
        started = perf_counter()
        others = await self._subscribers(count - 50)
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

    async def single_events(self, events: int, subscribers: int) -> dict[str, Any]:
        """The delays of single events, from the request of the mutation to each subscriber."""
        delays: list[float] = []
        used = cpu_seconds(self.server.pid)
        async with self._client() as http:
            for number in range(events):
                place = number % len(self.world.entries)
                self.delays, self._waiting = [], subscribers
                self._all_arrived.clear()
                await self._write(http, place, number % 10 + 1 if number % 2 else None)
                async with asyncio.timeout(30):
                    await self._all_arrived.wait()
                delays += self.delays
                await asyncio.sleep(0.1)
        cpu = (cpu_seconds(self.server.pid) - used) / (events * subscribers) * 1e6
        return {
            "measurement": "single events",
            "subscribers": subscribers,
            "viewers": len(self.world.users),
            **_percentiles(delays),
            "cpu_us_each": round(cpu, 1),
        }

    async def writes(self, subscribers: list[Subscriber], options: argparse.Namespace) -> dict[str, Any]:
        """Delays, memory and lost events under writes."""
        keeping = [asyncio.create_task(each.keep()) for each in subscribers]
        for each in subscribers:
            each.received.clear()
        self.delays, self._waiting, self._sent = [], -1, {}
        killing = asyncio.create_task(self._kill(options.seconds)) if options.kill else None
        memory = [memory_mib(self.server.pid)]
        outcomes = await self._send(options.rate, options.seconds, memory)
        if killing is not None:
            await killing
        await self._settle(subscribers)
        for task in keeping:
            task.cancel()
        memory.append(memory_mib(self.server.pid))
        events = set().union(*(each.received for each in subscribers))
        return {
            "measurement": "writes",
            "seconds": options.seconds,
            "rate": options.rate,
            "acknowledged": outcomes.count(True),
            "refused": outcomes.count(False),
            "events": len(events),
            "missed": sum(len(events) - len(set(each.received)) for each in subscribers),
            "doubled": sum(len(each.received) - len(set(each.received)) for each in subscribers),
            "out_of_order": sum(each.received != sorted(each.received) for each in subscribers),
            "resumed": sum(each.resumed for each in subscribers),
            "failures": self.failures,
            "mib": memory,
            **_percentiles(self.delays),
        }

    async def _send(self, rate: int, seconds: int, memory: list[float]) -> list[bool]:
        """Sends writes at a rate; returns for each whether it was acknowledged."""
        loop, count = asyncio.get_running_loop(), len(self.world.entries)
        started = loop.time()
        tasks: list[asyncio.Task[bool]] = []
        async with self._client() as http:
            for number in range(rate * seconds):
                tasks.append(asyncio.create_task(self._write(http, number % count, number // count % 10 + 1)))
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

    async def _subscribers(self, count: int) -> list[Subscriber]:
        tokens = self.world.tokens
        found = [Subscriber(self, tokens[place % len(tokens)]) for place in range(count)]
        for start in range(0, count, _CONNECTING):
            await asyncio.gather(*(each.start() for each in found[start : start + _CONNECTING]))
        return found

    async def _write(self, http: httpx.AsyncClient, place: int, rating: int | None) -> bool:
        """Sends a mutation; returns whether it was acknowledged."""
        entry_id = self.world.entries[place]
        self._sent[entry_id] = perf_counter()
        headers = {"Authorization": f"Bearer {self.world.tokens[place]}"}
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
