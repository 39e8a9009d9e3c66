"""Lengths of lists and the cost of reading a page, which are declared with each list for cost estimates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEFAULT_PAGE: Final = 20
INNER_PAGE: Final = 10  # for lists within lists, such as each member's watchlist
MAX_PAGE: Final = 100


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


FAMILIES: Final = Length("families", 20, "families of a user")
MEMBERS: Final = Length("members", 20, "members of a family")
PEOPLE: Final = Length("people", 100, "users who share a family with the viewer")
ENTRIES: Final = Length("entries", 20_000, "entries of a watchlist")
FAMILY_ENTRIES: Final = Length("family_entries", 100_000, "entries of a family's watchlists")
ALL_ENTRIES: Final = Length("all_entries", 200_000, "entries of all watchlists that the viewer sees")
TITLES: Final = Length("titles", 100_000, "titles of the catalogue")
OFFERS: Final = Length("offers", 6, "offers of a title")
RECOMMENDATIONS: Final = Length("recommendations", 1_000, "recommendations of a user")
INVITATIONS: Final = Length("invitations", 100, "invitations of a family")
EVENTS: Final = Length("events", 10_000, "events of an audit log")
RECORDS: Final = Length("records", 200, "sessions, tokens or other records of a user")
FEW: Final = Length("few", 5, "items of a short list")

LENGTHS: Final = {
    each.name: each
    for each in (
        *(FAMILIES, MEMBERS, PEOPLE, ENTRIES, FAMILY_ENTRIES, ALL_ENTRIES, TITLES, OFFERS),
        *(RECOMMENDATIONS, INVITATIONS, EVENTS, RECORDS, FEW),
    )
}


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


# Measured on the large data set. `make cost-search` searches for operations that exceed their estimate.
WATCHLIST: Final = Reading(
    ENTRIES, filtered=3, searched=20, sorted=6, indexed=frozenset({"DATE_ADDED", "DATE_UPDATED", "STATUS"})
)
WATCHLIST_STATS: Final = Reading(ENTRIES, counted=0.5)
FAMILY_WATCHLIST: Final = Reading(
    FAMILY_ENTRIES,
    always=1,
    filtered=4,
    searched=12,
    sorted=4,
    counted=0.5,
    indexed=frozenset({"DATE_ADDED", "DATE_UPDATED", "STATUS", "RATING"}),
)
FAMILY_TITLES: Final = Reading(FAMILY_ENTRIES, always=3, filtered=4)
SUGGESTIONS: Final = Reading(ALL_ENTRIES, always=9, filtered=0)
TITLE_ENTRIES: Final = Reading(PEOPLE, always=4, counted=4)
CATALOGUE: Final = Reading(TITLES, filtered=3)
