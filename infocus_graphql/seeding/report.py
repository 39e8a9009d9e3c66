"""The progress and the result of seeding."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Called with the name of a table, the number of rows written so far, and the total.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SeedReport:
    """The rows written per table, the duration, and whether the data set was created or existed already."""

    counts: Mapping[str, int]
    seconds: float
    created: bool
