"""What answering may cost: sums of weights times sizes, some of which only a request's variables tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infocus_graphql.graph.limits.sizes import Size

CEILING = 10**9  # sums stop growing here: fragments in fragments can make numbers of a thousand digits


@dataclass(frozen=True, slots=True)
class Condition:
    """A `@skip` or `@include` whose variable decides whether something is asked for at all."""

    variable: str
    wanted: bool

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is asked for; where the variable is none that fits, it counts as asked for."""
        return values.get(self.variable) is not (not self.wanted)


@dataclass(slots=True)
class Cost:
    """A number known beforehand, and parts that depend on variables."""

    known: int = 0
    parts: "list[tuple[int | Size, tuple[Condition, ...], Cost]]" = field(default_factory=list)

    def add(self, other: "Cost", size: int | Size = 1, conditions: tuple[Condition, ...] = ()) -> None:
        """Adds `other`, `size` times, while the conditions hold."""
        if other.parts or conditions or isinstance(size, Size):
            self.parts.append((size, conditions, other))
        else:
            self.known = min(self.known + size * other.known, CEILING)

    def of(self, values: Mapping[str, Any]) -> int:
        """The cost with these values of the variables; what several parts have in common is computed once."""
        return self._of(values, {})

    def _of(self, values: Mapping[str, Any], done: dict[int, int]) -> int:
        found = done.get(id(self))
        if found is None:
            found = self.known
            for size, conditions, part in self.parts:
                if all(condition.holds(values) for condition in conditions):
                    times = size.of(values) if isinstance(size, Size) else size
                    found += times * part._of(values, done)
            found = done[id(self)] = min(found, CEILING)
        return found

    def variables(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the variables that sizes depend on, and of those that conditions do."""
        sizes: set[str] = set()
        conditions: set[str] = set()
        waiting, seen = [self], {id(self)}
        while waiting:
            for size, when, part in waiting.pop().parts:
                sizes.update(size.variables if isinstance(size, Size) else ())
                conditions.update(each.variable for each in when)
                if id(part) not in seen:
                    seen.add(id(part))
                    waiting.append(part)
        return frozenset(sizes), frozenset(conditions)
