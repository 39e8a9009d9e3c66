"""The titles of the local TMDB."""

import json
import random
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Final

# Ids of made-up titles begin here, far above those of TMDB.
FIRST_MADE_UP: Final = 100_000_000
MADE_UP_TITLES: Final = 20_000

_FIRST: Final = (
    "Silent", "Golden", "Northern", "Hidden", "Last", "Burning", "Paper", "Broken", "Distant", "Electric",
    "Frozen", "Midnight", "Scarlet", "Wandering", "Hollow", "Crystal", "Forgotten", "Iron", "Velvet", "Wild",
)  # fmt: skip
_SECOND: Final = (
    "River", "Lantern", "Harbour", "Garden", "Orchard", "Signal", "Letter", "Kingdom", "Station", "Mirror",
    "Compass", "Winter", "Island", "Voyage", "Clock", "Forest", "Bridge", "Theatre", "Comet", "Valley",
)  # fmt: skip
_THIRD: Final = (
    "",
    " of Glass",
    " at Dawn",
    " in Ruins",
    " Without End",
    " for Two",
    " by the Sea",
    " Returns",
)
_MOVIE_GENRES: Final = {
    "Action": 28, "Adventure": 12, "Animation": 16, "Comedy": 35, "Crime": 80, "Documentary": 99, "Drama": 18,
    "Family": 10751, "Fantasy": 14, "History": 36, "Horror": 27, "Music": 10402, "Mystery": 9648,
    "Romance": 10749, "Science Fiction": 878, "TV Movie": 10770, "Thriller": 53, "War": 10752, "Western": 37,
}  # fmt: skip
_SERIES_GENRES: Final = {
    "Action & Adventure": 10759, "Animation": 16, "Comedy": 35, "Crime": 80, "Documentary": 99, "Drama": 18,
    "Family": 10751, "Kids": 10762, "Mystery": 9648, "News": 10763, "Reality": 10764,
    "Sci-Fi & Fantasy": 10765, "Soap": 10766, "Talk": 10767, "War & Politics": 10768, "Western": 37,
}  # fmt: skip
GENRES: Final = {"movie": _MOVIE_GENRES, "tv": _SERIES_GENRES}


@dataclass(frozen=True, slots=True)
class Fact:
    """A title of the local TMDB. `titles` are its titles in other languages, `seasons` the episode counts."""

    type: str
    id: int
    title: str
    language: str
    date: str
    runtime: int
    genres: tuple[str, ...]
    rating: float
    popularity: float
    creators: tuple[str, ...] = ()
    original_title: str | None = None
    titles: dict[str, str] = field(default_factory=dict)
    seasons: tuple[int, ...] = ()

    def title_in(self, language: str) -> str:
        """The title in a language (`ll` or `ll-RR`). Without a translation it is the English one."""
        code = language.partition("-")[0]
        if code == self.language and self.original_title is not None:
            return self.original_title
        return self.titles.get(code, self.title)


class Catalogue:
    """All titles, by type and id. Tests change them by `put` and `remove`."""

    def __init__(self, made_up: int = MADE_UP_TITLES) -> None:
        self._titles = {(each.type, each.id): each for each in _known()}
        for number in range(made_up):
            fact = _made_up(number)
            self._titles[fact.type, fact.id] = fact
        self._original = dict(self._titles)

    def reset(self) -> None:
        """Takes back all changes."""
        self._titles = dict(self._original)

    def __len__(self) -> int:
        return len(self._titles)

    def get(self, kind: str, tmdb_id: int) -> Fact | None:
        """The title, if there is one."""
        return self._titles.get((kind, tmdb_id))

    def put(self, fact: Fact) -> None:
        """Adds or replaces a title."""
        self._titles[fact.type, fact.id] = fact

    def change(self, kind: str, tmdb_id: int, **values: Any) -> None:
        """Changes facts of a title."""
        self.put(replace(self._titles[kind, tmdb_id], **values))

    def remove(self, kind: str, tmdb_id: int) -> None:
        """Removes a title; its id is not found any more."""
        del self._titles[kind, tmdb_id]

    def search(self, query: str) -> list[Fact]:
        """Titles with all words of the query in one of their titles: exact ones first, then by popularity."""
        words = query.casefold().split()
        found = []
        for fact in self._titles.values():
            names = [fact.title.casefold(), (fact.original_title or "").casefold()]
            names += [name.casefold() for name in fact.titles.values()]
            if words and any(all(word in name for word in words) for name in names):
                found.append((query.casefold() not in names, -fact.popularity, fact.id, fact))
        return [each[-1] for each in sorted(found, key=lambda each: each[:-1])]

    def by_popularity(self) -> list[Fact]:
        """All titles, the most popular first."""
        return sorted(self._titles.values(), key=lambda fact: (-fact.popularity, fact.id))


@cache
def _known() -> tuple[Fact, ...]:
    text = resources.files(__package__).joinpath("titles.json").read_text("utf-8")
    found = json.loads(text)
    return tuple(
        Fact(
            **{
                **each,
                "genres": tuple(each["genres"]),
                "creators": tuple(each["creators"]),
                "seasons": tuple(each.get("seasons", ())),
                "popularity": round(200 - 190 * place / len(found), 3),
            }
        )
        for place, each in enumerate(found)
    )


def _made_up(number: int) -> Fact:
    """The same title for the same number, in every process."""
    chance = random.Random(number)  # noqa: S311 - made-up data
    kind = chance.choice(("movie", "movie", "tv"))
    day = f"{chance.randint(1950, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    series = kind == "tv"
    return Fact(
        type=kind,
        id=FIRST_MADE_UP + number,
        title=f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}{chance.choice(_THIRD)}",
        language="en",
        date=day if chance.random() < 0.95 else "",
        runtime=chance.randint(20, 60) if series else chance.randint(75, 180),
        genres=tuple(chance.sample(sorted(GENRES[kind]), chance.randint(0, 3))),
        rating=round(chance.uniform(3, 9), 1) if chance.random() < 0.9 else 0,
        popularity=round(chance.uniform(0.1, 9), 3),
        seasons=tuple(chance.randint(4, 12) for _ in range(chance.randint(1, 3))) if series else (),
    )
