"""The store shared by all processes: an unlogged table, with one statement for each use."""

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

log = structlog.get_logger("infocus.rate_limits")

# Times are Unix times of the application's clock. Unlogged, so a crash of PostgreSQL resets all counters.
rate_states: Final = Table(
    "rate_states",
    Base.metadata,
    Column("key", key_text(), primary_key=True),
    Column("level", Double(), nullable=False),  # when the bucket is full, or the failures expire
    Column("failures", Integer(), server_default=text("0"), nullable=False),
    Column("allowed_at", Double(), server_default=text("0"), nullable=False),
    prefixes=["UNLOGGED"],
)

# $1 key, $2 now, $3 what the use adds, $4 the size of the bucket; all but the key in seconds. A rejected use
# writes nothing and returns the negated level.
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

# $1 key, $2 now, $3 free failures, $4 the longest wait, $5 when failures expire. The wait is that of
# `Backoff.wait_after`. An attempt that has to wait writes nothing and returns the negated `allowed_at`.
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
    """The buckets and failures of all processes on one database.

    Rejections are cached until they expire, so that a client that keeps trying causes no more queries.
    While the database can't be reached, each process counts on its own.
    """

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self._fallback = MemoryStore()
        self._refused: LruCache[str, float] = LruCache(KEYS)

    async def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        """Like `MemoryStore.spend`."""
        row_key = f"{rule.name}:{key}"
        level = self._refused.get(row_key)
        if level is None or spent_at(rule, level, amount, at).allowed:
            added = min(amount, rule.limit) * rule.interval
            try:
                level = await self._execute(_SPEND, row_key, at, added, rule.seconds)
            except StoreUnavailable:
                return self._fallback.spend(rule, key, amount, at)
            if level is not None and level > 0:
                return spent_at(rule, level, 0, at)
            # Under concurrency, the level returned with a rejection may be older than the one that caused it,
            # or missing (None) if the row was just inserted: the SELECT uses the statement's snapshot.
            level = max(-(level or 0.0), at + rule.seconds - added + 2 * ROUNDING)
            self._refused.put(row_key, level)
        return spent_at(rule, level, amount, at)

    async def attempt(self, backoff: Backoff, key: str, at: float) -> float:
        """Like `MemoryStore.attempt`."""
        row_key = f"{backoff.name}:{key}"
        allowed_at = self._refused.get(row_key)
        if allowed_at is None or not at < allowed_at < at + backoff.max_wait:
            limits = (backoff.free_attempts, backoff.max_wait, backoff.expires_after)
            try:
                found = await self._execute(_ATTEMPT, row_key, at, *limits)
            except StoreUnavailable:
                return self._fallback.attempt(backoff, key, at)
            if found is not None and found > 0:
                return 0.0
            # As in `spend`: under concurrency the returned time may be too early.
            allowed_at = -found if found is not None and -found > at else at + 1
            self._refused.put(row_key, allowed_at)
        return min(max(allowed_at - at, 0.0), backoff.max_wait)

    async def succeed(self, backoff: Backoff, key: str) -> None:
        """Like `MemoryStore.succeed`."""
        row_key = f"{backoff.name}:{key}"
        self._refused.pop(row_key)
        self._fallback.succeed(backoff, key)
        try:
            await self._execute(_SUCCEED, row_key)
        except StoreUnavailable:
            log.warning("sign-in failure reset failed", rule=backoff.name)

    async def _execute(self, statement: str, *values: Any) -> float | None:
        try:
            found: float | None = await self._pool.write_once((statement, values))
        except Exception as error:
            if classify_transient(error) is None:
                raise
            raise StoreUnavailable from error
        return found


class StoreUnavailable(Exception):
    """The database can't be reached."""


async def purge_user_rates(work: UnitOfWork, user_id: str) -> None:
    """Deletes the counters with the user's id in their key; those with hashed keys expire within the hour."""
    await work.session.execute(rate_states.delete().where(rate_states.c.key.endswith(f":{user_id}")))


async def purge_rates(work: UnitOfWork) -> bool:
    """Deletes expired counters; always returns False, as one statement deletes all."""
    await work.session.execute(rate_states.delete().where(rate_states.c.level < now().timestamp()))
    return False
