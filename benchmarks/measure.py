"""Measures: checks responses first, then samples all servers in turn."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import asyncpg

from benchmarks.database import Bench, tidy
from benchmarks.load import checked, load
from benchmarks.places import OTHER_CPU
from benchmarks.servers import KEY, Server
from benchmarks.truth import Wrong, difference, expected_data
from benchmarks.usage import busy_seconds, cpu_seconds, memory_mib, starting_on
from benchmarks.workload import COMPARISONS, UNKNOWN_TO_STOCK, Request
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.settings import Environment, Settings

LEVELS: Final = (1, 16, 64)
COMPARED: Final = 16  # connections, for the figures that are compared
SLOW: Final = ("loaders", "stock")  # measured at the compared connections only
_CHECKED: Final = 12  # responses of each server per query
_WARM_SECONDS: Final = 1.0
# Requests in progress when wrk stops use CPU without being counted. With this many responses per
# connection the error is 2.5 % at most, unless they take longer than this.
_ANSWERS: Final = 20
_LONGEST: Final = 12.0
_SOAK: Final = {"Q2": 1, "Q3": 3, "Q4": 5, "M1": 1}  # the parts of the mixture
_SOAK_PARTS: Final = 10
_SOAK_SECONDS: Final = 600.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and for how long."""

    queries: tuple[str, ...]
    client: str
    seconds: float
    rounds: int
    soak: int


class Bearers:
    """Signs access tokens with the key of the server."""

    def __init__(self) -> None:
        kid, _, key = KEY.partition(":")
        self._tokens = AccessTokens(Settings(_env_file=None, env=Environment.TEST, jwt_keys={kid: key}))

    def texts(self, requests: Sequence[Request]) -> list[str]:
        """The HTTP requests, each with a valid token of its viewer."""
        session_id = "se" + "0" * 25
        return [
            request.http(
                self._tokens.access_token(user_id=request.viewer, session_id=session_id, is_staff=False).text
            )
            for request in requests
        ]


def check(servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench, say: Say) -> None:
    """Compares the responses of every server with plain SQL."""
    asyncio.run(_check(servers, requests, bench))
    say(f"responses checked: {len(servers)} servers, {len(requests)} queries")


def samples(
    servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench, plan: Plan, say: Say
) -> Iterator[dict[str, Any]]:
    """Yields samples: in each round every query, at each level every server in turn."""
    bearers = Bearers()
    warm = {
        (server.name, query): _warmed(server, bearers.texts(requests[query]))
        for server in servers
        for query in _asked(server, plan.queries)
    }
    say("warmed up: every response was checked")
    for number in range(plan.rounds):
        for query in plan.queries:
            for level in LEVELS if query in COMPARISONS else (COMPARED,):
                order = [
                    server
                    for server in servers
                    if query in _asked(server, plan.queries)
                    and (level == COMPARED or server.name not in SLOW)
                ]
                random.Random(f"{number} {query} {level}").shuffle(order)  # noqa: S311 - no secret
                for server in order:
                    texts = bearers.texts(requests[query])
                    found = _sample(server, bench, plan, texts, level, warm[server.name, query])
                    say(_line(server.name, query, level, found))
                    yield {"round": number, "server": server.name, "query": query, "level": level, **found}
            if query == "M1":
                tidy(bench.dsn, "watchlist_entries")


def soak(server: Server, requests: dict[str, list[Request]], plan: Plan, say: Say) -> list[dict[str, float]]:
    """The server's memory during many mixed requests, with every response checked."""
    groups = [
        iter(requests[query]) for query, parts in _SOAK.items() if query in requests for _ in range(parts)
    ]
    mixed = [request for together in zip(*groups, strict=False) for request in together]
    bearers, found = Bearers(), [{"requests": 0.0, "rss_mib": memory_mib(server.pid)}]
    done = 0
    while done < plan.soak and mixed:
        part = max(1, plan.soak // _SOAK_PARTS)
        with starting_on(OTHER_CPU):
            seen = checked(server.port, bearers.texts(mixed), COMPARED, _SOAK_SECONDS, at_most=part)
        done += seen["requests"]
        found.append({"requests": done, "rss_mib": memory_mib(server.pid)})
    say(f"memory after {done:,} requests: {found[-1]['rss_mib']} MiB, {found[0]['rss_mib']} before")
    return found


def _asked(server: Server, queries: Sequence[str]) -> list[str]:
    return [query for query in queries if server.name not in SLOW or query in COMPARISONS]


def _sample(
    server: Server, bench: Bench, plan: Plan, texts: list[str], level: int, warm: dict[str, Any]
) -> dict[str, Any]:
    rate = warm["requests"] / warm["seconds"]
    seconds = max(plan.seconds, min(_LONGEST, _ANSWERS * level / rate))
    started, busy = time.monotonic(), busy_seconds()
    before = cpu_seconds(server.pid), cpu_seconds(bench.pid)
    found = _loaded(plan.client, server, texts, level, seconds)
    used = cpu_seconds(server.pid) - before[0], cpu_seconds(bench.pid) - before[1]
    others = busy_seconds() - busy - sum(used) - found.pop("client_seconds")
    count = found["requests"]
    compare_lengths(server.name, found, warm)
    return {
        **{name: value for name, value in found.items() if name not in {"failed", "problem"}},
        "per_second": count / found["seconds"],
        "server_ms": used[0] / count * 1e3,
        "postgres_ms": used[1] / count * 1e3,
        # CPUs used by other programs.
        "others": max(0.0, others / (time.monotonic() - started)),
        "rss_mib": memory_mib(server.pid),
    }


def compare_lengths(name: str, found: dict[str, Any], warm: dict[str, Any]) -> None:
    """Compares the lengths of responses with those checked in the warm-up."""
    tolerance = 0.02 + 1 / sqrt(min(found["requests"], warm["requests"]))
    if abs(found["bytes"] / warm["bytes"] - 1) > tolerance:
        raise Wrong(f"{name}: {found['bytes']:.0f} bytes per response, {warm['bytes']:.0f} when checked")


def _warmed(server: Server, texts: list[str]) -> dict[str, Any]:
    try:
        with starting_on(OTHER_CPU):
            return checked(server.port, texts, COMPARED, _WARM_SECONDS)
    except Wrong as wrong:
        raise Wrong(f"{server.name}: {wrong}") from wrong


def _loaded(client: str, server: Server, texts: list[str], level: int, seconds: float) -> dict[str, Any]:
    try:
        with starting_on(OTHER_CPU):
            return load(client, server.port, texts, level, seconds)
    except Wrong as wrong:
        raise Wrong(f"{server.name}: {wrong}") from wrong


async def _check(servers: Sequence[Server], requests: dict[str, list[Request]], bench: Bench) -> None:
    bearers = Bearers()
    connection = await asyncpg.connect(bench.dsn)
    try:
        for request in (each for all_of_it in requests.values() for each in all_of_it[:_CHECKED]):
            right = None
            (text,) = bearers.texts([request])
            for server in servers:
                if server.name == "stock" and request.query in UNKNOWN_TO_STOCK:
                    continue
                content = await asyncio.to_thread(server.post, text)
                result = json.loads(content)
                if right is None or request.query == "M1":
                    right = await expected_data(connection, request)
                place = difference(result.get("data"), right)
                if place or "errors" in result:
                    words = f"{str(place)[:300]}: {content[:700]!r}"
                    raise Wrong(f"{server.name}, {request.query}: {words}")
    finally:
        await connection.close()


def _line(name: str, query: str, level: int, found: dict[str, Any]) -> str:
    return (
        f"{query:6} {name:8} {level:3} connections {found['per_second']:9.1f}/s"
        f"  p50 {found['p50_ms']:8.2f}  p99 {found['p99_ms']:8.2f} ms"
        f"  server {found['server_ms']:7.3f}  postgres {found['postgres_ms']:7.3f} ms"
        f"  others {found['others']:.2f}"
    )
