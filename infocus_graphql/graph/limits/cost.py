"""The cost of an operation as a formula: weights times sizes, which may depend on variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

CEILING: Final = 10**9  # sums saturate here: nested fragments can produce numbers of a thousand digits
# More parts than these are shared, not copied: fragments in fragments would double them at each level.
_FEW_PARTS: Final = 8
NO_LENGTHS: Final[Mapping[str, int]] = {}


class Estimate(NamedTuple):
    """The estimated cost of an operation: of the data it returns, and of the rows it reads to find them."""

    returned: int = 0
    read: int = 0

    @property
    def total(self) -> int:
        """The cost that the limit applies to."""
        return min(self.returned + self.read, CEILING)


class Sized(Protocol):
    """A number that depends on variables or on the lengths of lists."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it depends on."""

    def of(self, values: Mapping[str, object], lengths: Mapping[str, int]) -> int:
        """The number for these values, and these lengths where they are known."""


@dataclass(frozen=True, slots=True)
class DirectiveCondition:
    """A `@skip` or `@include` with a variable."""

    variable: str
    wanted: bool

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether the node is selected. It counts as selected if the variable is not a boolean."""
        return values.get(self.variable) is not (not self.wanted)


@dataclass(slots=True)
class Cost:
    """A constant cost, and parts that depend on variables or lengths."""

    returned: int = 0
    read: int = 0
    parts: "list[tuple[int | Sized, tuple[DirectiveCondition, ...], Cost]]" = field(default_factory=list)

    def add(
        self, other: "Cost", size: "int | Sized" = 1, conditions: tuple[DirectiveCondition, ...] = ()
    ) -> None:
        """Adds `other`, `size` times, while the conditions hold.

        The sum is kept short, because it is computed for each request: an object in an object in a list is a
        single part, which depends on the length of the list.
        """
        if conditions:
            self.parts.append((size, conditions, other))
        elif isinstance(size, int) and (not other.parts or (size == 1 and len(other.parts) <= _FEW_PARTS)):
            self.returned = min(self.returned + size * other.returned, CEILING)
            self.read = min(self.read + size * other.read, CEILING)
            self.parts += other.parts
        elif other.parts or other.returned or other.read:
            self.parts.append((size, conditions, other))

    def of(self, values: Mapping[str, object], lengths: Mapping[str, int] = NO_LENGTHS) -> Estimate:
        """The cost for these values. Shared parts are computed once."""
        return self._of(values, lengths, {})

    def _of(
        self, values: Mapping[str, object], lengths: Mapping[str, int], done: dict[int, Estimate]
    ) -> Estimate:
        found = done.get(id(self))
        if found is None:
            returned, read = self.returned, self.read
            for size, conditions, part in self.parts:
                if not conditions or all(condition.holds(values) for condition in conditions):
                    times = size if isinstance(size, int) else size.of(values, lengths)
                    inner = part._of(values, lengths, done)
                    returned += times * inner.returned
                    read += times * inner.read
            found = done[id(self)] = Estimate(min(returned, CEILING), min(read, CEILING))
        return found

    def variables(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the variables in sizes, and of those in conditions."""
        sizes: set[str] = set()
        conditions: set[str] = set()
        waiting, seen = [self], {id(self)}
        while waiting:
            for size, when, part in waiting.pop().parts:
                sizes.update(() if isinstance(size, int) else size.variables)
                conditions.update(each.variable for each in when)
                if id(part) not in seen:
                    seen.add(id(part))
                    waiting.append(part)
        return frozenset(sizes), frozenset(conditions)
