"""The store of many processes: rows of an unlogged table, one statement for each use."""

from typing import Any, Final

import structlog
from sqlalchemy import Column, Double, Integer, Table, text

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.clock import now
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.base import Base, key_text
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.rate_limiting.memory_store import KEYS, ROUNDING, MemoryStore, spent_at
from infocus_graphql.rate_limiting.rules import Backoff, RateLimitDecision, RateLimitRule

log = structlog.get_logger("infocus.rates")

# Seconds since 1970, as the application's clock has them. Unlogged: after a crash everybody begins anew.
rate_states: Final = Table(
    "rate_states",
    Base.metadata,
    Column("key", key_text(), primary_key=True),
    Column("level", Double(), nullable=False),  # when the bucket is full, or the failures are forgotten
    Column("failures", Integer(), server_default=text("0"), nullable=False),
    Column("allowed_at", Double(), server_default=text("0"), nullable=False),
    prefixes=["UNLOGGED"],
)

# $1 key, $2 now, $3 what the use adds, $4 the size of the bucket; all but the key in seconds. A refused use
# writes nothing, and gives the level as a negative number.
_LEVEL: Final = """
CASE WHEN held.level > $2::float8 + 2 * $4::float8 THEN $2::float8 ELSE greatest(held.level, $2::float8) END
    + $3::float8
"""
_SPEND: Final = f"""
WITH spent AS (
    INSERT INTO rate_states AS held (key, level) VALUES ($1, $2::float8 + $3::float8)
    ON CONFLICT (key) DO UPDATE SET level = {_LEVEL} WHERE {_LEVEL} <= $2::float8 + $4::float8 + {ROUNDING}
    RETURNING level
)
SELECT coalesce((SELECT level FROM spent), -(SELECT level FROM rate_states WHERE key = $1))
"""  # noqa: S608 - constants of ours

# $1 key, $2 now, $3 free failures, $4 the longest wait, $5 when failures are forgotten. The wait is that of
# `Backoff.wait_after`; a try that has to wait writes nothing, and gives the moment as a negative number.
_ATTEMPT: Final = """
WITH tried AS (
    INSERT INTO rate_states AS held (key, level, failures, allowed_at)
    VALUES ($1, $2::float8 + $5::float8, 1, $2::float8)
    ON CONFLICT (key) DO UPDATE SET
        level = $2::float8 + $5::float8,
        failures = CASE WHEN held.level <= $2::float8 THEN 1 ELSE held.failures + 1 END,
        allowed_at = $2::float8 + CASE
            WHEN held.level <= $2::float8 OR held.failures + 1 < $3::int THEN 0
            ELSE least(2.0 ^ least(held.failures + 1 - $3::int, 30), $4::float8)
        END
        WHERE held.level <= $2::float8 OR held.allowed_at <= $2::float8
            OR held.allowed_at > $2::float8 + $4::float8
    RETURNING failures
)
SELECT coalesce((SELECT failures FROM tried), -(SELECT allowed_at FROM rate_states WHERE key = $1))
"""
_SUCCEED: Final = "DELETE FROM rate_states WHERE key = $1 RETURNING failures"


class PostgresStore:
    """Buckets and failures of all processes on one database.

    A refusal is remembered here until its time is over, so that who hammers on asks the database nothing.
    While the database can't be reached, each process counts for itself.
    """

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self._alone = MemoryStore()
        self._refused: LruCache[str, float] = LruCache(KEYS)

    async def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        """As `Memory.spend`."""
        place = f"{rule.name}:{key}"
        level = self._refused.get(place)
        if level is None or spent_at(rule, level, amount, at).allowed:
            added = min(amount, rule.limit) * rule.interval
            try:
                level = await self._ask(_SPEND, place, at, added, rule.seconds)
            except StoreUnavailable:
                return self._alone.spend(rule, key, amount, at)
            if level is not None and level > 0:
                return spent_at(rule, level, 0, at)
            # What is told of a refusal may be older than the reason for it, when many ask at once; and
            # nothing (None) where the row is that young.
            level = max(-(level or 0.0), at + rule.seconds - added + 2 * ROUNDING)
            self._refused.put(place, level)
        return spent_at(rule, level, amount, at)

    async def attempt(self, backoff: Backoff, key: str, at: float) -> float:
        """As `Memory.attempt`."""
        place = f"{backoff.name}:{key}"
        allowed_at = self._refused.get(place)
        if allowed_at is None or not at < allowed_at < at + backoff.longest:
            limits = (backoff.free, backoff.longest, backoff.forgotten_after)
            try:
                found = await self._ask(_ATTEMPT, place, at, *limits)
            except StoreUnavailable:
                return self._alone.attempt(backoff, key, at)
            if found is not None and found > 0:
                return 0.0
            # As above: it may be told too early a moment.
            allowed_at = -found if found is not None and -found > at else at + 1
            self._refused.put(place, allowed_at)
        return min(max(allowed_at - at, 0.0), backoff.longest)

    async def succeed(self, backoff: Backoff, key: str) -> None:
        """As `Memory.succeed`."""
        place = f"{backoff.name}:{key}"
        self._refused.pop(place)
        self._alone.succeed(backoff, key)
        try:
            await self._ask(_SUCCEED, place)
        except StoreUnavailable:
            log.warning("sign-in failure reset failed", rule=backoff.name)

    async def _ask(self, statement: str, *values: Any) -> float | None:
        try:
            found: float | None = await self._pool.write_once((statement, values))
        except Exception as error:
            if classify_transient(error) is None:
                raise
            raise StoreUnavailable from error
        return found


class StoreUnavailable(Exception):
    """The database gives no answer."""


async def purge_user_rates(work: UnitOfWork, user_id: str) -> None:
    """Deletes what is counted by the person's id; what is counted by hashes is over within the hour."""
    await work.session.execute(rate_states.delete().where(rate_states.c.key.endswith(f":{user_id}")))


async def purge_rates(work: UnitOfWork) -> bool:
    """Deletes what counts for nothing any more; there is never more left."""
    await work.session.execute(rate_states.delete().where(rate_states.c.level < now().timestamp()))
    return False
