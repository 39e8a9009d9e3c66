"""Budgets that all processes count together: each counts at once, and tells the others a little later.

A statement for every operation would cost more than most operations do. So uses are noted, and told to the
database twice a second, or sooner when somebody takes a lot; it adds up what all processes told, and what it
says counts from then on. What several processes can give too much in between is owed: the bucket goes below
empty, and it takes longer until it gives again.
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

log = structlog.get_logger("infocus.rates")

_EVERY: Final = 0.5
_PAUSE: Final = 5.0  # while the database can't be told
_MUCH: Final = 0.1  # of a bucket, is told at once
_MOST: Final = 1000  # keys in one statement

# $1 keys, $2 what was taken from each, $3 now, $4 the size of the buckets; all but the keys in seconds. In
# the order of the keys, as two processes that lock them crosswise would wait for each other.
_TELL: Final = """
WITH told AS (
    INSERT INTO rate_states AS held (key, level)
    SELECT key, $3::float8 + added FROM unnest($1::text[], $2::float8[]) AS taken (key, added) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET level = least(
        CASE WHEN held.level > $3::float8 + 2 * $4::float8 THEN $3::float8
            ELSE greatest(held.level, $3::float8) END + excluded.level - $3::float8,
        $3::float8 + 1.5 * $4::float8
    )
    RETURNING key, level
)
SELECT json_object_agg(key, level) FROM told
"""


class BudgetSync:
    """Counts in memory, and keeps that in step with the other processes as long as `run` runs.

    While the database can't be reached, each process counts for itself.
    """

    def __init__(self, memory: MemoryStore, pool: AsyncpgPool) -> None:
        self._memory = memory
        self._pool = pool
        self._untold: dict[str, tuple[RateLimitRule, dict[str, int]]] = {}
        self._much = asyncio.Event()

    def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        """As `Memory.spend`."""
        spent = self._memory.spend(rule, key, amount, at)
        if amount and spent.allowed:
            _, untold = self._untold.get(rule.name) or self._begin(rule)
            taken = untold.get(key, 0) + amount
            if taken > amount or len(untold) < KEYS:
                untold[key] = taken
            if taken > rule.limit * _MUCH:
                self._much.set()
        return spent

    def release(self, rule: RateLimitRule, key: str, amount: int, at: float) -> None:
        """As `Memory.give_back`."""
        self._memory.release(rule, key, amount, at)
        _, untold = self._untold.get(rule.name) or self._begin(rule)
        if key in untold or len(untold) < KEYS:
            untold[key] = untold.get(key, 0) - min(amount, rule.limit)

    async def run(self) -> None:
        """Tells and learns until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(_EVERY):
                    await self._much.wait()
            except TimeoutError:
                pass  # it is time anyway
            self._much.clear()
            try:
                await self.tell()
            except Exception as error:  # whatever it is, it has to go on afterwards
                log.warning(
                    "rate limit sync failed", reason=type(error).__name__, fault=classify_transient(error)
                )
                await asyncio.sleep(_PAUSE)

    async def tell(self) -> None:
        """Tells what was taken since the last time, and takes over what the others took too."""
        untold, self._untold = self._untold, {}
        for rule, taken in untold.values():
            keys = list(taken)
            for start in range(0, len(keys), _MOST):
                await self._tell(rule, {key: taken[key] for key in keys[start : start + _MOST]})

    def _begin(self, rule: RateLimitRule) -> tuple[RateLimitRule, dict[str, int]]:
        begun: tuple[RateLimitRule, dict[str, int]] = (rule, {})
        self._untold[rule.name] = begun
        return begun

    async def _tell(self, rule: RateLimitRule, taken: dict[str, int]) -> None:
        at = now().timestamp()
        places = [f"{rule.name}:{key}" for key in taken]
        added = [min(amount, rule.limit) * rule.interval for amount in taken.values()]
        found = await self._pool.write_once((_TELL, (places, added, at, rule.seconds)))
        levels = orjson.loads(found)
        _, untold = self._untold.get(rule.name, (rule, {}))
        for place, key in zip(places, taken, strict=True):
            self._memory.set_to(rule, key, levels[place] + untold.get(key, 0) * rule.interval)
