"""Rate limit rules, as configured, and their decisions."""

import enum
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_TEXT: Final = re.compile(r"([1-9]\d*)/(\d*)([smh])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


class LimitedAction(enum.Enum):
    """The actions with a limit of their own, in addition to the budget of points."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an action, not a password
    EMAIL_VERIFICATION = "email_verification"
    REFRESH = "refresh"
    INVITATION = "invitation"
    DATA_EXPORT = "data_export"
    TITLE_FETCH = "title_fetch"
    TMDB_SEARCH = "tmdb_search"
    ACCOUNT_DELETION = "account_deletion"


@dataclass(frozen=True)
class RateLimitRule:
    """A limit of `limit` uses in `seconds`: a bucket of that size that refills continuously."""

    name: str
    limit: int
    seconds: float

    @classmethod
    def of(cls, name: str, text: str) -> "RateLimitRule":
        """Parses a setting such as `60/m`, `10/h` or `30/5m`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"write {name} as 60/m, 10/h or 30/5m")
        limit, times, unit = found.groups()
        return cls(name, int(limit), int(times or 1) * _SECONDS[unit])

    @cached_property
    def interval(self) -> float:
        """The seconds after which one use is refilled."""
        return self.seconds / self.limit


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off: after `free_attempts` failures without a wait, each further one doubles it.

    Times are seconds. `max_wait` bounds the wait; failures are forgotten `expires_after` the last one.
    """

    name: str
    free_attempts: int = 5
    max_wait: float = 300.0
    expires_after: float = 3600.0

    def wait_after(self, failures: int) -> float:
        """The seconds to wait before the next attempt after this number of failures."""
        if failures < self.free_attempts:
            return 0.0
        return min(2.0 ** min(failures - self.free_attempts, 30), self.max_wait)


@dataclass(slots=True)  # not frozen: that doubles the time to create one, and every operation does
class RateLimitDecision:
    """The decision about a use (seconds to `wait` if not allowed), and the state of the bucket."""

    allowed: bool
    wait: float
    remaining: int
    reset_after: float
