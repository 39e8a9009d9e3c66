"""What a seeding tells about itself, while it runs and afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Called with the name of a table, the rows written so far and the rows there will be.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SeedReport:
    """The rows written by table, how long it took, and whether there was anything to do at all."""

    counts: Mapping[str, int]
    seconds: float
    created: bool
