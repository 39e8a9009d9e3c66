"""Repeatable chance: choices, moments and ids that follow from a seed alone."""

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
    """The first instant of a month in microseconds since 1970, as which times are computed."""
    return (datetime(year, month, 1, tzinfo=UTC) - _EPOCH) // _TICK


def instant(moment: int) -> datetime:
    """The date and time of `moment`, given in microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=moment)


class SeededRandom:
    """One stream of choices. Each purpose has its own: a change to one leaves the others alone."""

    def __init__(self, seed: int, purpose: str) -> None:
        source = Random(f"{seed} {purpose}")  # noqa: S311 - nothing secret: it must be repeatable
        # Of `Random` only these two give the same numbers in every version of Python.
        self.fraction = source.random
        self._bits = source.getrandbits

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, not including, `limit`."""
        return int(self.fraction() * limit)

    def happens(self, probability: float) -> bool:
        """True in that share of all cases."""
        return self.fraction() < probability

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options; repeating an option makes it likelier."""
        return options[int(self.fraction() * len(options))]

    def some_of(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different ones of the options."""
        return [options[place] for place in self.order(len(options))[:count]]

    def order(self, count: int) -> list[int]:
        """The numbers below `count`, shuffled."""
        keys = [self.fraction() for _ in range(count)]
        return sorted(range(count), key=keys.__getitem__)

    def stride(self, count: int) -> int:
        """A step width that visits each of `count` places before it comes back to the first."""
        while True:
            step = 1 + self.below(count)
            if gcd(step, count) == 1:
                return step

    def moments(self, count: int, start: int, end: int) -> Iterator[int]:
        """`count` moments in order of time, spread over the whole span."""
        width = (end - start) / count
        for number in range(count):
            yield start + int((number + self.fraction()) * width)

    def id_at(self, tag: str, moment: int) -> str:
        """An id as if made at that moment: the tag, then a UUIDv7 of the moment in base 36."""
        low = self._bits(74)
        spread = (low >> 62) << 64 | low & ((1 << 62) - 1)
        return tag + base36(moment // 1000 << 80 | _VERSION | _VARIANT | spread)

    def hex(self, digits: int) -> str:
        """That many hexadecimal digits."""
        return f"{self._bits(4 * digits):0{digits}x}"
