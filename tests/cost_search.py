"""Searches for the most expensive operation below the cost limit: `make cost-search`.

Mutates random queries, and keeps those that use the most CPU time (of the server and of PostgreSQL). It runs
on the large data set, with a family as large as an attacker can create, and prints the most expensive
operations.

Each query is measured on the route that it takes: the CPU time and the statements of the planner's connection
and of the loaders' count together. With `--resolved`, nothing is planned, and only what the planner would
leave to the loaders (`RESOLVED_UP_TO`) is allowed: that is the bound of the loader route.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import text

from infocus_graphql.app import make_services
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.domains.viewer_lengths import ViewerLengths
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.expensive_lane import EXPENSIVE_FROM
from infocus_graphql.graph.limits.analysis import AnalyzedDocument
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits
from infocus_graphql.graph.operation import Request, RequestError
from infocus_graphql.graph.plan.planner import RESOLVED_UP_TO, Planner
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema
from infocus_graphql.seeding.large import seed_large
from infocus_graphql.server.gc_tuning import freeze_startup_objects
from infocus_graphql.settings import Environment, Settings
from tests.support.measuring import exit_status
from tests.support.mutating import Mutator, Selected, texts
from tests.support.server import TEMPLATE, Server
from tests.support.statements import recorded

CPU_MILLISECONDS: Final = 250.0
MEGABYTES: Final = 64.0
CORE: Final = core_schema(schema)
_KEPT: Final = 24  # queries that are mutated further
_SHRINKING: Final = 60  # steps to get below the limit
MEMBERS: Final = 20
TOO_MUCH: Final = 10**9  # the cost of what the loaders may not resolve


@dataclass
class Found:
    """A query with its measurements."""

    query: list[Selected]
    cost: int
    milliseconds: float  # with a cached document and plan
    first: float  # the first run, with validation and planning
    megabytes: float
    size: int
    statements: int  # of the loaders, in one run
    route: str

    @property
    def rate(self) -> float:
        """Microseconds for each unit of cost."""
        return self.milliseconds * 1000 / max(self.cost, 1)


async def hostile_family(connection: asyncpg.Connection, entries: int) -> str:
    """Fills five families with the same members, and their lists with entries; returns a member's id."""
    users = [
        each["id"]
        for each in await connection.fetch("SELECT id FROM users ORDER BY id DESC LIMIT $1", MEMBERS)
    ]
    families = [
        each["id"] for each in await connection.fetch("SELECT id FROM families ORDER BY id DESC LIMIT 5")
    ]
    await connection.execute(
        """INSERT INTO family_memberships (id, family_id, user_id, role, shares_watchlist)
        SELECT 'fm' || substr(md5(f || u), 1, 25), f, u, 'member', true
        FROM unnest($1::text[]) f, unnest($2::text[]) u ON CONFLICT DO NOTHING""",
        families,
        users,
    )
    await connection.execute(
        """INSERT INTO watchlist_entries (id, user_id, media_item_id, status, rating, notes, notes_visibility)
        SELECT 'we' || substr(md5(u || m.id), 1, 25), u, m.id, 'watching', 5,
            substr(repeat(md5(m.id), 63), 1, 2000), 'family'
        FROM unnest($1::text[]) u, (SELECT id FROM media_items ORDER BY id LIMIT $2) m
        ON CONFLICT DO NOTHING""",
        users,
        entries,
    )
    await connection.execute("ANALYZE watchlist_entries, family_memberships")
    found: str = users[0]
    return found


class Search:
    """Measures queries of one viewer on one database."""

    def __init__(self, url: str, home: Path, *, resolved: bool = False) -> None:
        self.resolved = resolved
        self.routes: Counter[str] = Counter()
        settings = Settings(
            _env_file=None,
            env=Environment.TEST,
            data_dir=home,
            jwt_keys={"test": "a key for tests that is long enough to sign"},
            pool_size=1,
            log_level="ERROR",
        )
        self.services = make_services(settings, url)
        engines = self.services.database.engines
        self.planner = Planner(schema, engines.plans, self.services.cursor_key)
        self.limits = Limits()
        self.engine = Engine(schema, introspection=False, planner=self.planner, limits=self.limits)
        self.lengths = ViewerLengths(engines.plans)
        self.viewer = Viewer()
        self.known: dict[str, int] = {}

    async def open(self, viewer_id: str) -> None:
        """Looks up the viewer."""
        self.viewer = Viewer(id=viewer_id, session_id="se" + "0" * 25)
        self.known = dict(await self.lengths.of(viewer_id))

    async def backends(self) -> list[int]:
        """The pids of the PostgreSQL backends of the planner and of the loaders, which have one each."""
        engines = self.services.database.engines
        async with engines.read.connect() as connection:
            loaders = await connection.scalar(text("SELECT pg_backend_pid()"))
        return [int(await engines.plans.write_once(("SELECT pg_backend_pid()", ()))), int(loaders or 0)]

    def price(self, query: list[Selected]) -> int | None:
        """The cost of a query; None if another limit rejects it."""
        document = f"{{ {texts(query)} }}"
        try:
            known: AnalyzedDocument = self.engine._parse(document)
        except (LimitExceeded, RequestError):
            return None
        operation = known.operation(None)
        if operation is None:
            return None
        found = known.price(operation, {}, self.known)
        too_much = self.resolved and found.returned > RESOLVED_UP_TO
        return TOO_MUCH if too_much else found.total

    async def measured(self, query: list[Selected]) -> Found:
        """What a query takes on a connection of its own, the first time and when it is known.

        A garbage collection of the search's own objects can fall into one run: the document is sent once more
        as an unseen one, and the least counts.
        """
        sent, cost = f"{{ {texts(query)} }}", self.price(query) or 0
        took: list[tuple[float, float]] = []  # by PostgreSQL and by the server, in ms
        size, route = 0, ""
        pids = await self.backends()
        for pid in pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak of its memory
        memory = sum(map(_peak, pids))
        for document in (sent, sent, f"{sent} "):
            context = Context(self.services, self.viewer)
            context.expensive = cost >= EXPENSIVE_FROM  # as in its lane
            with recorded(self.services.database) as statements:
                began, own = sum(map(_cpu, pids)), time.process_time()
                response = await Engine.run(self.free, Request(document), context, queries_only=True)
                content = response.content()
                await context.close()
                took.append(((sum(map(_cpu, pids)) - began) * 1000, (time.process_time() - own) * 1000))
            size, route = (
                len(content),
                context.unplanned_reason or ("planned" if context.planned else "resolved"),
            )
        self.routes[route] += 1
        megabytes = sum(map(_peak, pids)) - memory + 2 * size / 1e6
        first = took[0][0] + min(took[0][1], took[2][1])
        return Found(query, cost, min(map(sum, took)), first, megabytes, size, len(statements), route)

    @property
    def free(self) -> Engine:
        """The engine without a cost limit, which was checked before."""
        if not hasattr(self, "_free"):
            planner = None if self.resolved else self.planner
            self._free = Engine(schema, introspection=False, planner=planner, limits=Limits(cost=10**9))
        return self._free

    async def climb(self, mutator: Mutator, seconds: float) -> list[Found]:
        """The most expensive queries below the limit found in this time."""
        kept: list[Found] = []
        until = time.monotonic() + seconds
        tried = 0
        while time.monotonic() < until:
            query = self._next(mutator, kept)
            if query is None:
                continue
            tried += 1
            kept = _best([*kept, await self.measured(query)])
        print(f"{tried:,} queries were run.")
        return kept

    def _next(self, mutator: Mutator, kept: Sequence[Found]) -> list[Selected] | None:
        if len(kept) < _KEPT // 2 or mutator.random.random() < 0.15:
            query = mutator.query()
        else:
            query = mutator.changed(mutator.random.choice(kept).query, [each.query for each in kept])
        for _ in range(_SHRINKING):
            price = self.price(query)
            if price is not None and price <= self.limits.cost:
                return query
            query = mutator.smaller(query)
        return None

    async def close(self) -> None:
        """Closes the connections."""
        await self.services.database.dispose()
        self.services.passwords.close()


def _best(found: list[Found]) -> list[Found]:
    """The most expensive by time, by time of the first run, and by memory."""
    keys: tuple[Callable[[Found], float], ...] = (
        lambda each: each.milliseconds,
        lambda each: each.first,
        lambda each: each.megabytes,
    )
    best = [each for key in keys for each in sorted(found, key=key, reverse=True)[: _KEPT // len(keys)]]
    return list({id(each): each for each in best}.values())


def _cpu(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    shared = int(lines["RssShmem"].split()[0]) + int(lines["RssFile"].split()[0])
    return (int(lines["VmHWM"].split()[0]) - shared) / 1000


async def ids_of(connection: asyncpg.Connection, viewer_id: str) -> dict[str, list[str]]:
    """Ids that the viewer can see, by type."""
    families = "SELECT family_id FROM family_memberships WHERE user_id = $1"
    queries = {
        "Family": families,
        "User": f"SELECT user_id FROM family_memberships WHERE family_id IN ({families})",
        "WatchlistEntry": "SELECT id FROM watchlist_entries WHERE user_id = $1 LIMIT 100",
        "MediaItem": "SELECT id FROM media_items WHERE $1 <> '' LIMIT 100",
    }
    return {
        name: [each[0] for each in await connection.fetch(sql, viewer_id)] for name, sql in queries.items()
    }


async def searched(url: str, home: Path, viewer_id: str, options: argparse.Namespace) -> bool:
    """Searches, prints the result, and returns whether it is within the bounds."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:", 1))
    ids = await ids_of(connection, viewer_id)
    await connection.close()
    search = Search(url, home, resolved=options.resolved)
    await search.open(viewer_id)
    print("Lengths of the viewer's lists:", search.known)
    found = await search.climb(Mutator(CORE, ids, options.seed), options.seconds)
    await search.close()
    print("Routes:", dict(search.routes))
    slowest = max(found, key=lambda each: each.milliseconds)
    newest = max(found, key=lambda each: each.first)
    largest = max(found, key=lambda each: each.megabytes)
    for name, each in (("CPU", slowest), ("CPU the first time", newest), ("memory", largest)):
        print(
            f"Most {name}: {each.milliseconds:.1f} ms, {each.first:.1f} ms the first time, "
            f"{each.megabytes:.1f} MB, {each.size:,} bytes, cost {each.cost:,}, {each.rate:.2f} µs a unit, "
            f"{each.statements} statements of loaders, {each.route}\n"
            f"    {{ {texts(each.query)} }}"
        )
    return newest.first < CPU_MILLISECONDS and largest.megabytes < MEGABYTES


async def _all(server: Server, home: Path, options: Any) -> bool:
    await server.make_template()
    url = await server.create_database(TEMPLATE)
    await seed_large(url, password_hash="-", progress=lambda *_: None, scale=options.scale)
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:", 1))
    viewer_id = await hostile_family(connection, options.entries)
    await connection.close()
    return await searched(url, home, viewer_id, options)


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="make cost-search", description=__doc__)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SEARCH_SECONDS", "600")))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--scale", type=float, default=1.0, help="of the large data set")
    parser.add_argument("--entries", type=int, default=1_000, help="of each member of the hostile family")
    parser.add_argument("--url", help="a database that has the large data set already")
    parser.add_argument("--viewer", help="the id of the viewer there")
    parser.add_argument("--resolved", action="store_true", help="measure the loaders, within their bound")
    options = parser.parse_args()
    freeze_startup_objects()  # as a server does
    if options.url:
        with tempfile.TemporaryDirectory() as home:
            good = asyncio.run(searched(options.url, Path(home), options.viewer, options))
        return 0 if good else 1
    return exit_status(lambda server, home: _all(server, home, options))


if __name__ == "__main__":
    sys.exit(main())
