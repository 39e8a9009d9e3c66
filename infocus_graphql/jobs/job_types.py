"""Job types: number of attempts, retry delays and timeout of each."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

JobData: TypeAlias = Mapping[str, Any]
Handler: TypeAlias = Callable[[JobData], Coroutine[Any, Any, None]]
"""Runs one job. It may run more than once for the same job, so it must be idempotent."""

_GROWTH: Final = 3.0
_SPREAD: Final = 0.25


@dataclass(frozen=True, slots=True)
class JobType:
    """A type of job with its retry policy. `attempts` includes the first one."""

    name: str
    attempts: int = 8
    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(minutes=1)

    def delay(self, retries: int, chance: float) -> timedelta:
        """The delay after an attempt that followed `retries` failed ones.

        It triples each time. `chance` (0 to 1) adds a jitter of up to a quarter in both directions, so that
        jobs that failed together are not retried at the same moment.
        """
        seconds = self.first_delay.total_seconds() * _GROWTH ** min(retries, 64)
        seconds = min(seconds, self.longest_delay.total_seconds())
        return timedelta(seconds=seconds * (1 - _SPREAD + 2 * _SPREAD * chance))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A periodic job; `cron` has five fields, in UTC."""

    kind: JobType
    cron: str


class RetryableJobError(Exception):
    """A job failed and may be retried. The message is stored and shown: it must contain no personal data."""


class PermanentJobError(RetryableJobError):
    """A job failed permanently and becomes a dead letter without further attempts."""
