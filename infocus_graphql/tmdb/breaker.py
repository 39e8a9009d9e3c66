"""A circuit breaker: while TMDB is down, calls fail at once instead of after a timeout each."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from infocus_graphql.tmdb.errors import CircuitOpen

FAILURES: Final = 5
PAUSE_SECONDS: Final = 30.0


class CircuitBreaker:
    """Opens after `failures` failed calls in a row, and then lets one call through every `pause` seconds.

    The first call that succeeds closes it.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        pause: float = PAUSE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._limit, self._pause, self._clock = failures, pause, clock
        self._failures = 0
        self._closed_at = 0.0  # when the next call is let through

    @property
    def is_open(self) -> bool:
        """Whether the next call would be refused."""
        return self._failures >= self._limit and self._clock() < self._closed_at

    def check(self) -> None:
        """Raises CircuitOpen while the breaker is open."""
        if self.is_open:
            raise CircuitOpen("TMDB has failed repeatedly", retry_after=self._closed_at - self._clock())

    def enter(self) -> None:
        """Call before each attempt; CircuitOpen while the breaker is open."""
        self.check()
        if self._failures >= self._limit:
            self._closed_at = self._clock() + self._pause  # this call tries, and the others wait for it

    def abandoned(self) -> None:
        """Call after an attempt without a result, because its caller has gone: the next call may try."""
        if self._failures >= self._limit:
            self._closed_at = self._clock()

    def succeeded(self) -> None:
        """Call after a response, whatever it says."""
        self._failures = 0

    def failed(self) -> None:
        """Call after a failed attempt."""
        self._failures += 1
        if self._failures == self._limit:
            self._closed_at = self._clock() + self._pause
