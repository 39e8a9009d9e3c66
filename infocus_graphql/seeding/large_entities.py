"""Who and what is in the large data set: its size, and the ids that other rows refer to."""

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
# Below this there would be too few titles for everybody to have different ones on their list.
_FEWEST_FAMILIES: Final = 15

_TITLES_FROM: Final = micros(2019)
_USERS_FROM: Final = micros(2020)
_FAMILIES_FROM: Final = micros(2021)
_FAMILIES_TO: Final = micros(2022)

_FAVOURITES: Final = 10  # of each person's titles so many are favourites
_FAVOURITE_EVERY: Final = ENTRIES_PER_USER // _FAVOURITES
_FAVOURITES_APART: Final = 2  # and so many of them differ from one member of a family to the next

Row = tuple[object, ...]


class Table(NamedTuple):
    """A table to fill: its rows come one by one, so that they are never all in memory."""

    name: str
    columns: tuple[str, ...]
    total: int
    rows: Iterable[Row]


class SeededId(NamedTuple):
    """The id of a row that others refer to, and when it was made."""

    id: str
    moment: int


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows there are; everything grows with the number of families."""

    families: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        """The size at a scale; 1 is the full set."""
        return cls(max(_FEWEST_FAMILIES, round(FAMILIES * scale)))

    @property
    def users(self) -> int:
        """Everybody is in exactly one family."""
        return self.families * MEMBERS

    @property
    def titles(self) -> int:
        """As many titles as people."""
        return self.users


class Population:
    """People, titles and families by number, and which titles each person has on their list."""

    def __init__(self, seed: int, size: Size) -> None:
        self.seed, self.size = seed, size
        self.titles = self._made("mi", size.titles, _TITLES_FROM, _USERS_FROM)
        self.users = self._made("us", size.users, _USERS_FROM, _FAMILIES_FROM)
        self.families = self._made("fa", size.families, _FAMILIES_FROM, _FAMILIES_TO)
        self._choose_tastes()

    def chance(self, purpose: str) -> SeededRandom:
        """The stream of choices for that purpose."""
        return SeededRandom(self.seed, purpose)

    def family_of(self, user: int) -> int:
        """The family of a person; its members have successive numbers, the owner the first."""
        return user // MEMBERS

    def title(self, user: int, place: int) -> SeededId:
        """The title at a place of somebody's list; different places have different titles."""
        if (place + user) % _FAVOURITE_EVERY == 0:
            family, member = divmod(user, MEMBERS)
            start, stride = self._family_walks[family]
            steps = member * _FAVOURITES_APART + place // _FAVOURITE_EVERY
            return self.titles[self._favourites[(start + steps * stride) % len(self._favourites)]]
        start, stride = self._walks[user]
        return self.titles[self._others[(start + place * stride) % len(self._others)]]

    def _made(self, tag: str, count: int, start: int, end: int) -> list[SeededId]:
        chance = self.chance(f"ids {tag}")
        moments = chance.moments(count, start, end)
        return [SeededId(chance.id_at(tag, moment), moment) for moment in moments]

    def _choose_tastes(self) -> None:
        # A tenth of the titles are favourites, and families like the same ones: lists overlap as
        # they do in life. Each list is a walk whose stride shares no factor with the number of
        # titles, so that no title comes twice, without a set of seen ones for every person.
        chance = self.chance("tastes")
        order = chance.order(self.size.titles)
        favourites = max(_FAVOURITES, self.size.titles // 10)
        self._favourites, self._others = order[:favourites], order[favourites:]
        self._family_walks = _walks(chance, self.size.families, favourites)
        self._walks = _walks(chance, self.size.users, len(self._others))


def _walks(chance: SeededRandom, count: int, among: int) -> list[tuple[int, int]]:
    return [(chance.below(among), chance.stride(among)) for _ in range(count)]
