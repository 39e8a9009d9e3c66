"""Lengths of lists and the cost of reading a page, which are declared with each list for cost estimates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEFAULT_PAGE: Final = 20
INNER_PAGE: Final = 10  # for lists within lists, such as each member's watchlist
MAX_PAGE: Final = 100
LARGEST_PAGE: Final = 500  # of a list that clients copy as a whole


@dataclass(frozen=True, slots=True)
class Length:
    """The length of a kind of list. `bound` is assumed if the actual length isn't known.

    A page returns at most `MAX_PAGE` rows, so the bound matters only for lists without pages and for
    queries that read the whole list.
    """

    name: str
    bound: int
    words: str  # completes "at most 20 …"

    def of(self, lengths: Mapping[str, int]) -> int:
        """Returns the actual length if `lengths` contains it, else the bound."""
        return lengths.get(self.name, self.bound)


RECORDS: Final = Length("records", 200, "sessions, tokens or other records of a user")
FEW: Final = Length("few", 5, "items of a short list")


@dataclass(frozen=True, slots=True)
class Reading:
    """The cost of finding a page besides returning its rows, in units per row of the whole list.

    `searched` replaces `filtered` for filters by text (`query`), which are more expensive. Orders in
    `indexed` (None for all orders of the list) are read from an index, so only the rows of the page are read.
    """

    length: Length = RECORDS
    always: float = 0.0
    filtered: float = 1.0
    searched: float | None = None
    sorted: float = 1.0
    counted: float = 0.25
    indexed: frozenset[str] | None = None
