"""Synchronises budgets between processes: usage is counted in memory and flushed to the database in batches.

A statement for every operation would cost more than most operations. Usage is flushed twice a second, or
sooner if a client uses much at once; the database adds up all processes, and its levels replace the local
ones. Overspend between flushes is carried over as debt: the bucket goes below empty and takes longer to
refill.
"""

import asyncio
from typing import Final

import orjson
import structlog

from infocus_graphql.core.clock import now
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.rate_limiting.memory_store import KEYS, MemoryStore
from infocus_graphql.rate_limiting.rules import RateLimitDecision, RateLimitRule

log = structlog.get_logger("infocus.rate_limits")

_FLUSH_INTERVAL: Final = 0.5
_PAUSE: Final = 5.0  # after a failed flush
_FLUSH_AT_ONCE: Final = 0.1  # share of a bucket
_BATCH_SIZE: Final = 1000  # keys in one statement

# $1 keys, $2 usage of each, $3 now, $4 the size of the buckets; all but the keys in seconds. The rows are
# inserted in the order of their keys: two processes that locked them in different orders would deadlock.
_FLUSH: Final = """
WITH flushed AS (
    INSERT INTO rate_states AS held (key, level)
    SELECT key, $3::float8 + added FROM unnest($1::text[], $2::float8[]) AS taken (key, added) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET level = least(
        CASE WHEN held.level > $3::float8 + 2 * $4::float8 THEN $3::float8
            ELSE greatest(held.level, $3::float8) END + excluded.level - $3::float8,
        $3::float8 + 1.5 * $4::float8
    )
    RETURNING key, level
)
SELECT json_object_agg(key, level) FROM flushed
"""


class BudgetSync:
    """Counts in memory, synchronised with the other processes while `run` runs.

    While the database can't be reached, each process counts on its own.
    """

    def __init__(self, memory: MemoryStore, pool: AsyncpgPool) -> None:
        self._memory = memory
        self._pool = pool
        self._pending: dict[str, tuple[RateLimitRule, dict[str, int]]] = {}
        self._flush_now = asyncio.Event()

    def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        """Like `MemoryStore.spend`."""
        spent = self._memory.spend(rule, key, amount, at)
        if amount and spent.allowed:
            _, pending = self._pending.get(rule.name) or self._begin(rule)
            taken = pending.get(key, 0) + amount
            if taken > amount or len(pending) < KEYS:
                pending[key] = taken
            if taken > rule.limit * _FLUSH_AT_ONCE:
                self._flush_now.set()
        return spent

    def release(self, rule: RateLimitRule, key: str, amount: int, at: float) -> None:
        """Like `MemoryStore.release`."""
        self._memory.release(rule, key, amount, at)
        _, pending = self._pending.get(rule.name) or self._begin(rule)
        if key in pending or len(pending) < KEYS:
            pending[key] = pending.get(key, 0) - min(amount, rule.limit)

    async def run(self) -> None:
        """Flushes regularly until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(_FLUSH_INTERVAL):
                    await self._flush_now.wait()
            except TimeoutError:
                pass  # the regular flush
            self._flush_now.clear()
            try:
                await self.flush()
            except Exception as error:  # keep running after any error
                log.warning(
                    "rate limit sync failed", reason=type(error).__name__, fault=classify_transient(error)
                )
                await asyncio.sleep(_PAUSE)

    async def flush(self) -> None:
        """Sends the usage since the last flush, and adopts the levels of all processes together."""
        pending, self._pending = self._pending, {}
        for rule, taken in pending.values():
            keys = list(taken)
            for start in range(0, len(keys), _BATCH_SIZE):
                await self._flush_batch(rule, {key: taken[key] for key in keys[start : start + _BATCH_SIZE]})

    def _begin(self, rule: RateLimitRule) -> tuple[RateLimitRule, dict[str, int]]:
        begun: tuple[RateLimitRule, dict[str, int]] = (rule, {})
        self._pending[rule.name] = begun
        return begun

    async def _flush_batch(self, rule: RateLimitRule, taken: dict[str, int]) -> None:
        at = now().timestamp()
        row_keys = [f"{rule.name}:{key}" for key in taken]
        added = [min(amount, rule.limit) * rule.interval for amount in taken.values()]
        found = await self._pool.write_once((_FLUSH, (row_keys, added, at, rule.seconds)))
        levels = orjson.loads(found)
        _, pending = self._pending.get(rule.name, (rule, {}))
        for row_key, key in zip(row_keys, taken, strict=True):
            self._memory.set_to(rule, key, levels[row_key] + pending.get(key, 0) * rule.interval)
