"""Measuring: checked answers first, then samples in which all servers take turns."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from benchmarks.database import Bench, tidy
from benchmarks.places import OTHER_CPU, ROOT
from benchmarks.servers import KEY, Server
from benchmarks.truth import Wrong, difference, right_answer
from benchmarks.usage import busy_seconds, cpu_seconds, memory_mib, pin
from benchmarks.workload import Request
from infocus_graphql.core.settings import Environment, Settings
from infocus_graphql.core.tokens import Tokens

LEVELS: Final = (1, 16, 64)
COMPARED: Final = 16  # connections, for the figures that are compared
_CHECKED: Final = 12  # answers of each server to each query
_WARM_SECONDS: Final = 1.0
_FOREVER: Final = 10**9
_SOAK: Final = ("Q2", "Q3", "Q4", "M1")
_SOAK_PARTS: Final = 10

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and for how long."""

    queries: tuple[str, ...]
    seconds: float
    rounds: int
    soak: int


class Bearers:
    """Signs the viewers in, with the key that the server has."""

    def __init__(self) -> None:
        kid, _, key = KEY.partition(":")
        self._tokens = Tokens(Settings(_env_file=None, env=Environment.TEST, jwt_keys={kid: key}))

    def texts(self, requests: Sequence[Request]) -> list[str]:
        """The HTTP requests, each with a token of its viewer that is good for some minutes."""
        return [
            request.http(
                self._tokens.access_token(user_id=request.viewer, session_id="bench", is_staff=False).text
            )
            for request in requests
        ]


def check(servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench, say: Say) -> None:
    """Compares answers of every server to every query with those of plain SQL."""
    asyncio.run(_check(servers, requests, bench))
    say(f"answers checked: {len(servers)} servers, {len(requests)} queries")


def samples(
    servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench, plan: Plan, say: Say
) -> Iterator[dict[str, Any]]:
    """One sample after the other: in each round each query, at each level each server in turn."""
    bearers = Bearers()
    for server in servers:
        for query in plan.queries:
            _load(server, bearers.texts(requests[query]), COMPARED, _WARM_SECONDS)
    for number in range(plan.rounds):
        for query in plan.queries:
            for level in LEVELS if "@" not in query else (COMPARED,):
                order = list(servers)
                random.Random(f"{number} {query} {level}").shuffle(order)  # noqa: S311 - no secret
                for server in order:
                    found = _sample(server, bench, bearers.texts(requests[query]), level, plan.seconds)
                    say(_line(server.name, query, level, found))
                    yield {"round": number, "server": server.name, "query": query, "level": level, **found}
            if query == "M1":
                asyncio.run(tidy(bench.dsn, "watchlist_entries"))


def soak(server: Server, requests: dict[str, list[Request]], plan: Plan, say: Say) -> list[dict[str, float]]:
    """The server's memory while it answers a long row of mixed requests."""
    groups = [requests[query] for query in _SOAK if query in requests]
    mixed = [request for group in zip(*groups, strict=False) for request in group]
    bearers, found = Bearers(), [{"requests": 0.0, "rss_mib": memory_mib(server.pid)}]
    done = 0
    while done < plan.soak and mixed:
        part = max(1, plan.soak // _SOAK_PARTS)
        done += _load(server, bearers.texts(mixed), COMPARED, 600, at_most=part)["requests"]
        found.append({"requests": done, "rss_mib": memory_mib(server.pid)})
    say(f"memory after {done:,} requests: {found[-1]['rss_mib']} MiB, {found[0]['rss_mib']} before")
    return found


def _sample(server: Server, bench: Bench, texts: list[str], level: int, seconds: float) -> dict[str, Any]:
    started, busy = time.monotonic(), busy_seconds()
    before = cpu_seconds(server.pid), cpu_seconds(bench.pid)
    found = _load(server, texts, level, seconds)
    used = cpu_seconds(server.pid) - before[0], cpu_seconds(bench.pid) - before[1]
    others = busy_seconds() - busy - sum(used) - found.pop("client_seconds")
    count = found["requests"]
    if found["failed"] and level <= COMPARED:
        raise Wrong(f"{server.name}: {found['problem']}")
    return {
        **found,
        "per_second": found["requests"] / found["seconds"],
        "server_ms": used[0] / count * 1e3,
        "postgres_ms": used[1] / count * 1e3,
        # What everybody else on the machine used meanwhile, in CPUs.
        "others": max(0.0, others / (time.monotonic() - started)),
        "rss_mib": memory_mib(server.pid),
    }


def _load(
    server: Server, texts: list[str], level: int, seconds: float, at_most: int = _FOREVER
) -> dict[str, Any]:
    order = {"port": server.port, "connections": level, "seconds": seconds, "at_most": at_most}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        pin(process.pid, OTHER_CPU)
        output, problem = process.communicate(json.dumps({**order, "requests": texts}))
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise Wrong(f"{server.name}: {problem.strip()[-1500:]}")
    found: dict[str, Any] = json.loads(output)
    return found


async def _check(servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench) -> None:
    bearers = Bearers()
    connection = await asyncpg.connect(bench.dsn)
    try:
        for request in (each for all_of_it in requests.values() for each in all_of_it[:_CHECKED]):
            right = None
            (text,) = bearers.texts([request])
            for server in servers:
                content = await asyncio.to_thread(server.post, text)
                answer = json.loads(content)
                if right is None or request.query == "M1":
                    right = await right_answer(connection, request)
                place = difference(answer.get("data"), right)
                if place or "errors" in answer:
                    raise Wrong(f"{server.name}, {request.query}: {place or content[:1000]!r}")
    finally:
        await connection.close()


def _line(name: str, query: str, level: int, found: dict[str, Any]) -> str:
    return (
        f"{query:6} {name:8} {level:3} connections {found['per_second']:9.1f}/s"
        f"  p50 {found['p50_ms']:8.2f}  p99 {found['p99_ms']:8.2f} ms"
        f"  server {found['server_ms']:7.3f}  postgres {found['postgres_ms']:7.3f} ms"
        f"  others {found['others']:.2f}" + (f"  {found['failed']} FAILED" if found["failed"] else "")
    )
