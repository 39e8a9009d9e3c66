"""A short search for operations that cost more than their estimate; `make cost-search` is the long one."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import orjson
import pytest

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.domains.viewer_lengths import ViewerLengths
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits
from infocus_graphql.graph.operation import Request, RequestError
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema
from tests.plan.engines import Engines
from tests.support.mutating import Mutator, Selected, texts
from tests.support.server import Server

QUERIES = int(os.environ.get("FUZZ_OPERATIONS", "25"))
# Rows that a unit of cost may read: of what is only counted, four.
ROWS_OF_UNIT = 4


class Recorded:
    """A pool that remembers the statements."""

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self.queries: list[Query] = []

    async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
        """As `RawPool.fetch_values`."""
        self.queries += queries
        return await self._pool.read_all(queries)


def rows_read(node: dict[str, Any]) -> float:
    """The rows that a plan took from tables, those that it didn't need included."""
    found = 0.0
    if "Relation Name" in node:
        left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        found = (node["Actual Rows"] + left_out) * node["Actual Loops"]
    return found + sum(rows_read(inner) for inner in node.get("Plans", ()))


def searched(mutator: Mutator, engine: Engine, lengths: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Queries that are allowed, with their prices; each is a change of one before it."""
    kept: list[list[Selected]] = []
    while True:
        new = len(kept) < 5 or mutator.random.random() < 0.3
        query = mutator.query() if new else mutator.changed(mutator.random.choice(kept), kept)
        text = f"{{ {texts(query)} }}"
        try:
            known = engine._parse(text)
        except (LimitExceeded, RequestError):
            continue
        operation = known.operation(None)
        assert operation is not None
        kept = [*kept[-30:], query]
        yield text, known.price(operation, {}, lengths).total


@pytest.mark.parametrize("seed", range(2))
async def test_no_operation_reads_more_rows_than_it_pays_for(
    engines: Engines, server: Server, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = engines.world.viewers["owner"]
    pool = engines.services.database.engines.plans
    lengths = dict(await ViewerLengths(pool).of(viewer.id))
    recorded = Recorded(pool)
    monkeypatch.setattr(engines.planner, "pool", recorded)
    engine = Engine(schema, introspection=False, limits=Limits())
    found = []
    connection = await asyncpg.connect(engines.url, server_settings={"enable_seqscan": "off", "jit": "off"})
    queries = searched(Mutator(core_schema(schema), engines.world.ids, seed), engine, lengths)
    for text, price in (next(queries) for _ in range(QUERIES)):
        recorded.queries.clear()
        context = Context(engines.services, viewer)
        await engines.plans.run(Request(text), context, queries_only=True)
        await context.close()
        read = 0.0
        for statement, values in recorded.queries:
            explained = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement
            plan = await connection.fetchval(explained, *values)
            read += rows_read(orjson.loads(plan)[0]["Plan"])
        found.append((read, price, text))
    await connection.close()
    assert [each for each in found if each[0] > each[1] * ROWS_OF_UNIT] == []
    assert sum(read for read, *_ in found) > QUERIES, "queries that read nothing show nothing"
