"""What the application asks: may this be done now, and if not, when."""

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

_SITE_BITS: Final = 64  # of an IPv6 address: one customer has all that share them, and more
COST_OF_POINT: Final = 2_000

LOCKOUT: Final = Backoff("lockout")


class RateLimiter:
    """The rules of this server, and where it counts.

    Everything takes from a budget of points: an operation costs one, and one more for each 2,000 of its
    cost. What has a rule of its own is rare. Both are counted where the settings say, for one process or for
    all; budgets at once in this process and a little later together, what is rare by a statement each.
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
        """Keeps the budgets of all processes in step until it is cancelled; nothing for one alone."""
        if self._together is not None:
            await self._together.run()

    def budget(
        self, user_id: str | None, address: str | None, points: int, token_id: str | None = None
    ) -> tuple[RateLimitRule, RateLimitDecision]:
        """Takes points from the budget of a person, or of an address; with none, only looks.

        An API token takes from its person's budget as far as its own goes, so that a program that runs wild
        leaves something to the others. What is told is the one that has less left.
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
        """Gives points back that `budget` took, to the same budgets."""
        rule, key = (self.anonymous, client_network(address)) if user_id is None else (self.user, user_id)
        store, at = self._together or self._memory, now().timestamp()
        store.release(rule, key, points, at)
        if token_id is not None:
            store.release(self.token, token_id, points, at)

    async def spend(self, rule: RateLimitRule, key: str, amount: int = 1) -> RateLimitDecision:
        """Takes uses from the bucket that `rule` has for `key`."""
        at = now().timestamp()
        if self._shared is not None:
            return await self._shared.spend(rule, key, amount, at)
        return self._memory.spend(rule, key, amount, at)

    async def attempt(self, key: str) -> float:
        """Notes a try that may fail; or notes nothing, and gives the seconds to wait before the next."""
        at = now().timestamp()
        if self._shared is not None:
            return await self._shared.attempt(LOCKOUT, key, at)
        return self._memory.attempt(LOCKOUT, key, at)

    async def succeed(self, key: str) -> None:
        """The try that was noted last was a good one: the failures before it count no more."""
        if self._shared is not None:
            await self._shared.succeed(LOCKOUT, key)
        else:
            self._memory.succeed(LOCKOUT, key)


def points_for_cost(cost: int) -> int:
    """What an operation takes from the budget."""
    return 1 + cost // COST_OF_POINT


def hashed_key(*parts: str | None) -> str:
    """A key that tells nothing of what it was made from: addresses of people are not kept here."""
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:32]


@lru_cache(4096)
def client_network(address: str | None) -> str:
    """The address as it counts: IPv4 whole, of IPv6 the first half; what is no address counts as one."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, _SITE_BITS), strict=False).network_address)
        parsed = parsed.ipv4_mapped
    return str(parsed)
