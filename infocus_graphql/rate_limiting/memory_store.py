"""The in-memory store of one process, with a bounded number of keys."""

from typing import Final

from infocus_graphql.core.cache import LruCache
from infocus_graphql.rate_limiting.rules import Backoff, RateLimitDecision, RateLimitRule

KEYS: Final = 10_000  # per rule
ROUNDING: Final = 1e-3  # seconds; floating-point errors are smaller


class MemoryStore:
    """The buckets and failures that this process has counted."""

    def __init__(self, keys: int = KEYS) -> None:
        self._keys = keys
        self._levels: dict[str, LruCache[str, float]] = {}
        self._failures: dict[str, LruCache[str, tuple[int, float, float]]] = {}

    def spend(self, rule: RateLimitRule, key: str, amount: int, at: float) -> RateLimitDecision:
        """Takes `amount` uses, or none if the bucket has too few; the decision has the seconds to wait.

        Stores only the time at which the bucket will be full again (GCRA, the generic cell rate algorithm).
        With `60/m`, each use moves it one second into the future; a use that would move it more than 60
        seconds ahead of now is rejected.
        """
        levels = self._levels.get(rule.name)
        if levels is None:
            levels = self._levels[rule.name] = LruCache(self._keys)
        level = levels.get(key)
        spent = spent_at(rule, at if level is None else level, amount, at)
        if spent.allowed and amount:
            levels.put(key, at + spent.reset_after)
        return spent

    def release(self, rule: RateLimitRule, key: str, amount: int, at: float) -> None:
        """Refunds uses that `spend` took."""
        levels = self._levels.get(rule.name)
        level = None if levels is None else levels.get(key)
        if levels is not None and level is not None:
            levels.put(key, max(at, level - min(amount, rule.limit) * rule.interval))

    def set_to(self, rule: RateLimitRule, key: str, level: float) -> None:
        """Sets the time at which a bucket will be full again, if this process uses the bucket."""
        levels = self._levels.get(rule.name)
        if levels is not None and levels.get(key) is not None:
            levels.put(key, level)

    def attempt(self, backoff: Backoff, key: str, at: float) -> float:
        """Counts an attempt as failed until `succeed` and returns 0, or returns the seconds to wait first."""
        tries = self._failures.get(backoff.name)
        if tries is None:
            tries = self._failures[backoff.name] = LruCache(self._keys)
        failures, allowed_at, expires_at = tries.get(key) or (0, at, at)
        if at < allowed_at <= at + backoff.max_wait and at < expires_at:
            return allowed_at - at
        failures = failures + 1 if at < expires_at else 1
        tries.put(key, (failures, at + backoff.wait_after(failures), at + backoff.expires_after))
        return 0.0

    def succeed(self, backoff: Backoff, key: str) -> None:
        """Resets the failures of `key`."""
        tries = self._failures.get(backoff.name)
        if tries is not None:
            tries.pop(key)


def spent_at(rule: RateLimitRule, level: float, amount: int, at: float) -> RateLimitDecision:
    """The decision about a use at time `at` of a bucket that will be full again at `level`."""
    amount = min(amount, rule.limit)  # an amount larger than the bucket takes all of it
    # If the clock was set back by much, the bucket starts again as full.
    level = at if level > at + 2 * rule.seconds else max(level, at)
    after = level + amount * rule.interval
    wait = after - at - rule.seconds
    if wait > ROUNDING:
        after = level
    else:
        wait = 0.0
    until_full = max(0.0, after - at)
    # Less than one use, or a fast rule (a million per minute) would report more than it has left.
    rounding = min(ROUNDING, rule.interval / 2)
    remaining = int((rule.seconds - until_full + rounding) / rule.interval)
    return RateLimitDecision(not wait, wait, max(0, remaining), until_full)
