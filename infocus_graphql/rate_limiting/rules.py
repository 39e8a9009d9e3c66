"""The rules: how often what may be done, by whom; as configured."""

import enum
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_TEXT: Final = re.compile(r"([1-9]\d*)/(\d*)([smh])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


class LimitedAction(enum.Enum):
    """What has a rule of its own besides the budget for everything."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - something to do, not a password
    EMAIL_VERIFICATION = "email_verification"
    REFRESH = "refresh"
    INVITATION = "invitation"
    DATA_EXPORT = "data_export"
    ACCOUNT_DELETION = "account_deletion"


@dataclass(frozen=True)
class RateLimitRule:
    """So many uses in so many seconds: all at once, then as many more as time gives back."""

    name: str
    limit: int
    seconds: float

    @classmethod
    def of(cls, name: str, text: str) -> "RateLimitRule":
        """The rule that a setting spells: `60/m`, `10/h`, `30/5m`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"write {name} as 60/m, 10/h or 30/5m")
        limit, times, unit = found.groups()
        return cls(name, int(limit), int(times or 1) * _SECONDS[unit])

    @cached_property
    def interval(self) -> float:
        """The seconds that give one use back."""
        return self.seconds / self.limit


@dataclass(frozen=True, slots=True)
class Backoff:
    """Failures in a row: the first few are free, then each doubles the wait, up to a bound."""

    name: str
    free: int = 5
    longest: float = 300.0
    forgotten_after: float = 3600.0

    def wait_after(self, failures: int) -> float:
        """The seconds before the next try after so many failures."""
        return 0.0 if failures < self.free else min(2.0 ** min(failures - self.free, 30), self.longest)


@dataclass(slots=True)  # frozen ones take twice as long to make, and every operation makes one
class RateLimitDecision:
    """What became of a use: allowed, or refused with the seconds to wait; and how the bucket stands."""

    allowed: bool
    wait: float
    remaining: int
    reset_after: float
