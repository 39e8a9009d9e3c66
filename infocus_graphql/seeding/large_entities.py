"""The size of the large data set, and the ids that its rows reference."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from infocus_graphql.seeding.seeded_random import SeededRandom, micros

FAMILIES: Final = 5_000
MEMBERS: Final = 4
ENTRIES_PER_USER: Final = 50
PROVIDERS_PER_TITLE: Final = 3
INVITATIONS_PER_FAMILY: Final = 2
RECOMMENDATIONS_PER_FAMILY: Final = 20
# With fewer families there would be too few titles for the watchlists, which contain no title twice.
_FEWEST_FAMILIES: Final = 15

_TITLES_FROM: Final = micros(2019)
_USERS_FROM: Final = micros(2020)
_FAMILIES_FROM: Final = micros(2021)
_FAMILIES_TO: Final = micros(2022)

_FAVOURITES: Final = 10  # number of favourites on each watchlist
_FAVOURITE_EVERY: Final = ENTRIES_PER_USER // _FAVOURITES
_FAVOURITES_APART: Final = 2  # number of favourites that differ between successive members of a family

Row = tuple[object, ...]


class Table(NamedTuple):
    """A table to fill. `rows` is an iterator, so that the rows are never all in memory."""

    name: str
    columns: tuple[str, ...]
    total: int
    rows: Iterable[Row]


class SeededId(NamedTuple):
    """The id of a row that other rows reference, and its creation time in microseconds since 1970."""

    id: str
    moment: int


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of rows, which all derive from the number of families."""

    families: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        """Returns the size at a scale; 1 is the full set."""
        return cls(max(_FEWEST_FAMILIES, round(FAMILIES * scale)))

    @property
    def users(self) -> int:
        """The number of users. Each is in exactly one family."""
        return self.families * MEMBERS

    @property
    def titles(self) -> int:
        """The number of titles, which equals the number of users."""
        return self.users


class Population:
    """Users, titles and families by number, and the titles on each user's watchlist."""

    def __init__(self, seed: int, size: Size) -> None:
        self.seed, self.size = seed, size
        self.titles = self._create("mi", size.titles, _TITLES_FROM, _USERS_FROM)
        self.users = self._create("us", size.users, _USERS_FROM, _FAMILIES_FROM)
        self.families = self._create("fa", size.families, _FAMILIES_FROM, _FAMILIES_TO)
        self._choose_tastes()

    def random_for(self, purpose: str) -> SeededRandom:
        """Returns the stream of random numbers for a purpose."""
        return SeededRandom(self.seed, purpose)

    def family_of(self, user: int) -> int:
        """Returns the number of a user's family. Its members have successive numbers, the owner the first."""
        return user // MEMBERS

    def title(self, user: int, place: int) -> SeededId:
        """Returns the title at a position of a user's watchlist. No title occurs twice on a list."""
        if (place + user) % _FAVOURITE_EVERY == 0:
            family, member = divmod(user, MEMBERS)
            start, stride = self._family_walks[family]
            steps = member * _FAVOURITES_APART + place // _FAVOURITE_EVERY
            return self.titles[self._favourites[(start + steps * stride) % len(self._favourites)]]
        start, stride = self._walks[user]
        return self.titles[self._others[(start + place * stride) % len(self._others)]]

    def _create(self, tag: str, count: int, start: int, end: int) -> list[SeededId]:
        rng = self.random_for(f"ids {tag}")
        moments = rng.moments(count, start, end)
        return [SeededId(rng.id_at(tag, moment), moment) for moment in moments]

    def _choose_tastes(self) -> None:
        # A tenth of the titles are favourites, which families share, so that watchlists overlap
        # realistically. Each list steps through the titles with a stride coprime to their number, so that no
        # title occurs twice, without a set of used titles for each user.
        rng = self.random_for("tastes")
        order = rng.order(self.size.titles)
        favourites = max(_FAVOURITES, self.size.titles // 10)
        self._favourites, self._others = order[:favourites], order[favourites:]
        self._family_walks = _walks(rng, self.size.families, favourites)
        self._walks = _walks(rng, self.size.users, len(self._others))


def _walks(rng: SeededRandom, count: int, among: int) -> list[tuple[int, int]]:
    return [(rng.below(among), rng.stride(among)) for _ in range(count)]
