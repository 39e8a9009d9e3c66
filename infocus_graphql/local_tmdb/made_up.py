"""Made-up titles: any number of ordinary ones, and one for each oddity of TMDB."""

import random
from typing import Final

from infocus_graphql.local_tmdb.facts import FIRST_MADE_UP, Fact
from infocus_graphql.local_tmdb.genres import GENRES

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
# Oddities have ids of their own, above those of two million ordinary ones.
_FIRST_ODDITY: Final = FIRST_MADE_UP + 2_000_000
YEARLY_SERIES: Final = _FIRST_ODDITY + 1
ADULT_MOVIE: Final = _FIRST_ODDITY + 2
SOFTCORE_MOVIE: Final = _FIRST_ODDITY + 3
UNKNOWN_MOVIE: Final = _FIRST_ODDITY + 4
SAME_ID: Final = _FIRST_ODDITY + 5  # of a film and of a series


def made_up(number: int) -> Fact:
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


def oddities() -> tuple[Fact, ...]:
    """One title for each oddity of TMDB that needs a title of its own."""
    return (
        # A daily show: its seasons are years, and it has more specials than episodes.
        _odd(
            "tv", YEARLY_SERIES, "The Daily Lantern",
            seasons=(36, 37), season_numbers=(2019, 2020), specials=286,
        ),
        _odd("movie", ADULT_MOVIE, "Orchard of Vice", adult=True),
        _odd("movie", SOFTCORE_MOVIE, "Velvet Vice", softcore=True),
        # Nothing is known but the title; unknown values are "", 0 and [].
        _odd(
            "movie", UNKNOWN_MOVIE, "Untitled Comet Project",
            date="", runtime=0, rating=0, genres=(), countries=(),
        ),
        _odd("movie", SAME_ID, "Twin Lanterns"),
        _odd("tv", SAME_ID, "Twin Harbours", seasons=(4,)),
    )  # fmt: skip


def _odd(kind: str, tmdb_id: int, title: str, **values: object) -> Fact:
    usual: dict[str, object] = {
        "language": "en",
        "date": "2019-01-07",
        "runtime": 45,
        "genres": ("Drama",),
        "rating": 6.5,
        "popularity": 0.05,
    }
    return Fact(type=kind, id=tmdb_id, title=title, **{**usual, **values})  # type: ignore[arg-type]  # by name
