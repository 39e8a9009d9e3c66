"""The rate limiter: decides whether an action is allowed now, and otherwise how long to wait."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from infocus_graphql.core.clock import now
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.rate_limiting.budget_sync import BudgetSync
from infocus_graphql.rate_limiting.memory_store import MemoryStore
from infocus_graphql.rate_limiting.postgres_store import PostgresStore
from infocus_graphql.rate_limiting.rules import Backoff, LimitedAction, RateLimitDecision, RateLimitRule
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore

_SITE_BITS: Final = 64  # one IPv6 customer has at least a /64
COST_OF_POINT: Final = 2_000

LOCKOUT: Final = Backoff("lockout")


class RateLimiter:
    """The rate limits of this server, and the store of their counters.

    Every operation is charged to a budget of points: one, plus one for each 2,000 of its cost. Rare actions,
    such as sign-in, have a limit of their own. With a shared store, budgets are counted in memory and
    synchronised between processes, and each rare action costs one statement.
    """

    def __init__(self, settings: Settings, pool: AsyncpgPool) -> None:
        self.on = settings.rate_store is not RateStore.OFF
        self.anonymous = RateLimitRule.of("anonymous", settings.rate_anonymous)
        self.user = RateLimitRule.of("user", settings.rate_user)
        self.token = RateLimitRule.of("token", settings.rate_token)
        self.account_sign_in = RateLimitRule.of("account_sign_in", settings.rate_account_sign_in)
        self.rules: Mapping[LimitedAction, RateLimitRule] = {
            each: RateLimitRule.of(each.value, getattr(settings, f"rate_{each.value}"))
            for each in LimitedAction
        }
        self._memory = MemoryStore()
        shared = settings.rate_store is RateStore.DATABASE
        self._shared = PostgresStore(pool) if shared else None
        self._together = BudgetSync(self._memory, pool) if shared else None

    async def run(self) -> None:
        """Synchronises the budgets of all processes until cancelled; does nothing without a shared store."""
        if self._together is not None:
            await self._together.run()

    def budget(
        self, user_id: str | None, address: str | None, points: int, token_id: str | None = None
    ) -> tuple[RateLimitRule, RateLimitDecision]:
        """Charges points to the budget of a user, or of an IP address if anonymous; 0 points only read it.

        An API token is charged to its own budget and to its user's, so that one program can't use up all of
        the user's budget. Returns the rule and decision of the budget with less left.
        """
        rule, key = (self.anonymous, client_network(address)) if user_id is None else (self.user, user_id)
        store, at = self._together or self._memory, now().timestamp()
        if token_id is None:
            return rule, store.spend(rule, key, points, at)
        own = store.spend(self.token, token_id, points, at)
        if not own.allowed:
            return self.token, own
        spent = store.spend(rule, key, points, at)
        if not spent.allowed:
            store.release(self.token, token_id, points, at)
        return (self.token, own) if spent.allowed and own.remaining < spent.remaining else (rule, spent)

    def release(
        self, user_id: str | None, address: str | None, points: int, token_id: str | None = None
    ) -> None:
        """Refunds points that `budget` charged, to the same budgets."""
        rule, key = (self.anonymous, client_network(address)) if user_id is None else (self.user, user_id)
        store, at = self._together or self._memory, now().timestamp()
        store.release(rule, key, points, at)
        if token_id is not None:
            store.release(self.token, token_id, points, at)

    async def spend(self, rule: RateLimitRule, key: str, amount: int = 1) -> RateLimitDecision:
        """Takes `amount` uses from the bucket of `rule` for `key`, if it has enough."""
        at = now().timestamp()
        if self._shared is not None:
            return await self._shared.spend(rule, key, amount, at)
        return self._memory.spend(rule, key, amount, at)

    async def attempt(self, key: str) -> float:
        """Counts an attempt as failed until `succeed` and returns 0, or returns the seconds to wait first."""
        at = now().timestamp()
        if self._shared is not None:
            return await self._shared.attempt(LOCKOUT, key, at)
        return self._memory.attempt(LOCKOUT, key, at)

    async def succeed(self, key: str) -> None:
        """Resets the failures of `key` after a successful attempt."""
        if self._shared is not None:
            await self._shared.succeed(LOCKOUT, key)
        else:
            self._memory.succeed(LOCKOUT, key)


def points_for_cost(cost: int) -> int:
    """The points that an operation of this cost is charged."""
    return 1 + cost // COST_OF_POINT


def hashed_key(*parts: str | None) -> str:
    """A hash of `parts` as a key, so that no personal data is stored with the counters."""
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:32]


@lru_cache(4096)
def client_network(address: str | None) -> str:
    """The network that an address counts as: IPv4 itself, the /64 of IPv6, "unknown" for anything else."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, _SITE_BITS), strict=False).network_address)
        parsed = parsed.ipv4_mapped
    return str(parsed)
