"""What kinds of jobs there can be: how often each is tried, how long it waits, how long it may take."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

JobData: TypeAlias = Mapping[str, Any]
Handler: TypeAlias = Callable[[JobData], Coroutine[Any, Any, None]]
"""Does one job. It may be called again for a job that it has done already, and must then do no harm."""

_GROWTH: Final = 3.0
_SPREAD: Final = 0.25


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of job, and the patience with it. `attempts` counts the first one too."""

    name: str
    attempts: int = 8
    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(minutes=1)

    def delay(self, retries: int, chance: float) -> timedelta:
        """How long to wait after the attempt that `retries` others came before.

        It grows threefold each time. `chance` (0 to 1) spreads it by a quarter to both sides, so that jobs
        that failed together don't all come back in the same moment.
        """
        seconds = self.first_delay.total_seconds() * _GROWTH ** min(retries, 64)
        seconds = min(seconds, self.longest_delay.total_seconds())
        return timedelta(seconds=seconds * (1 - _SPREAD + 2 * _SPREAD * chance))


@dataclass(frozen=True, slots=True)
class Schedule:
    """A kind of job that comes round by itself; `cron` has five fields, in UTC."""

    kind: JobType
    cron: str


class RetryableJobError(Exception):
    """A job could not be done now; the text is kept with the job and shown, so it names no person."""


class PermanentJobError(RetryableJobError):
    """A job will never work, however often it is tried: it becomes a dead letter at once."""
