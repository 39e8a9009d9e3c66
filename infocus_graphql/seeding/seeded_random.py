"""Reproducible random choices, times and ids, determined by a seed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import gcd
from random import Random
from typing import Final, TypeVar

from infocus_graphql.core.ids import base36

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62

DAY: Final = 86_400_000_000


def micros(year: int, month: int = 1) -> int:
    """Returns the start of a month in microseconds since 1970."""
    return (datetime(year, month, 1, tzinfo=UTC) - _EPOCH) // _TICK


def instant(moment: int) -> datetime:
    """Converts microseconds since 1970 to a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=moment)


class SeededRandom:
    """A stream of random numbers.

    Each purpose has its own stream, so that changes to one don't affect others.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        source = Random(f"{seed} {purpose}")  # noqa: S311 - not for secrets: it must be reproducible
        # Only these two methods of `Random` return the same numbers in every version of Python.
        self.fraction = source.random
        self._bits = source.getrandbits

    def below(self, limit: int) -> int:
        """Returns an integer from 0 to `limit` - 1."""
        return int(self.fraction() * limit)

    def happens(self, probability: float) -> bool:
        """Returns True with this probability."""
        return self.fraction() < probability

    def one_of(self, options: Sequence[T]) -> T:
        """Returns one of the options. Repeated options are more likely."""
        return options[int(self.fraction() * len(options))]

    def some_of(self, options: Sequence[T], count: int) -> list[T]:
        """Returns `count` of the options, at different positions."""
        return [options[place] for place in self.order(len(options))[:count]]

    def order(self, count: int) -> list[int]:
        """Returns the numbers below `count`, shuffled."""
        keys = [self.fraction() for _ in range(count)]
        return sorted(range(count), key=keys.__getitem__)

    def stride(self, count: int) -> int:
        """Returns a random number coprime to `count`: steps of this size reach each of `count` positions."""
        while True:
            step = 1 + self.below(count)
            if gcd(step, count) == 1:
                return step

    def moments(self, count: int, start: int, end: int) -> Iterator[int]:
        """Yields `count` ascending times, spread evenly over the span, in microseconds since 1970."""
        width = (end - start) / count
        for number in range(count):
            yield start + int((number + self.fraction()) * width)

    def id_at(self, tag: str, moment: int) -> str:
        """Returns an id as created at `moment`: the tag, then a UUIDv7 in base 36."""
        low = self._bits(74)
        spread = (low >> 62) << 64 | low & ((1 << 62) - 1)
        return tag + base36(moment // 1000 << 80 | _VERSION | _VARIANT | spread)

    def hex(self, digits: int) -> str:
        """Returns random hexadecimal digits."""
        return f"{self._bits(4 * digits):0{digits}x}"
