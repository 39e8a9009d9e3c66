"""The facts of a title, from which the local TMDB makes its responses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

# Ids of made-up titles begin here, far above those of TMDB.
FIRST_MADE_UP: Final = 100_000_000
# With the id of an episode behind it, a made-up id at IMDb.
EPISODE_IMDB: Final = "tt9"
# Ids of seasons and episodes fit into 32 bits, as those of TMDB do.
_FIRST_EPISODE: Final = 10_000_000
_EPISODES_EACH: Final = 1_000
_FIRST_MADE_UP_EPISODE: Final = 600_000_000
_MADE_UP_EPISODES_EACH: Final = 500


@dataclass(frozen=True, slots=True)
class EpisodeFact:
    """An episode."""

    id: int
    season: int
    number: int
    name: str
    aired: str | None
    runtime: int | None
    kind: str = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A title of the local TMDB.

    `titles` are its titles in other languages (`ll` or `ll-RR`). `seasons` are the episode counts of its
    seasons, from which episodes are generated unless `episodes` lists them. Values that are None are
    generated.
    """

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
    titles: Mapping[str, str] = field(default_factory=dict)
    seasons: tuple[int, ...] = ()
    season_numbers: tuple[int, ...] = ()
    specials: int = 2
    episodes: tuple[EpisodeFact, ...] | None = None
    next_episode: tuple[int, int] | None = None
    imdb: str | None = None
    tvdb: int | None = None
    wikidata: str = ""
    countries: tuple[str, ...] = ("US",)
    status: str | None = None
    overview: str | None = None
    overviews: Mapping[str, str] = field(default_factory=dict)
    tagline: str = ""
    homepage: str = ""
    adult: bool = False
    softcore: bool = False
    poster: str | None = None
    backdrop: str | None = None
    votes: int | None = None
    keywords: tuple[str, ...] = ("made up",)
    collection: tuple[int, str] | None = None
    cast: tuple[tuple[int, str, str], ...] | None = None  # person, name, character
    certifications: Mapping[str, str] | None = None
    # By country and type ("flatrate", "rent", …), the ids of services.
    offers: Mapping[str, Mapping[str, tuple[int, ...]]] | None = None

    def title_in(self, language: str) -> str:
        """The title in a language (`ll` or `ll-RR`). Without a translation it is the English one."""
        code = language.partition("-")[0]
        if code == self.language and self.original_title is not None:
            return self.original_title
        return self.titles.get(language) or self.titles.get(code, self.title)

    @property
    def imdb_id(self) -> str:
        """The id at IMDb, made up if it isn't known. Series and films have different ones."""
        return self.imdb or f"tt{'7' if self.type == 'tv' else '8'}{self.id:09}"

    def all_episodes(self) -> tuple[EpisodeFact, ...]:
        """All episodes, in order."""
        return self.episodes if self.episodes is not None else tuple(_generated(self))

    def numbers(self) -> tuple[int, ...]:
        """The numbers of its seasons; 0 holds the specials."""
        return tuple(sorted({each.season for each in self.all_episodes()}))

    def season_id(self, number: int) -> int:
        """The id of a season."""
        return _first_id(self) + number % _EPISODES_EACH


def _first_id(fact: Fact) -> int:
    if fact.id >= FIRST_MADE_UP:
        return _FIRST_MADE_UP_EPISODE + (fact.id - FIRST_MADE_UP) * _MADE_UP_EPISODES_EACH
    return _FIRST_EPISODE + fact.id * _EPISODES_EACH


def _generated(fact: Fact) -> Iterator[EpisodeFact]:
    """A season a year, an episode a week; specials without a date and a runtime."""
    if not fact.seasons:
        return
    episode_id = _first_id(fact)
    for number in range(1, fact.specials + 1):
        yield EpisodeFact(episode_id, 0, number, f"Special {number}", "", None)
        episode_id += 1
    numbers = fact.season_numbers or tuple(range(1, len(fact.seasons) + 1))
    started = date.fromisoformat(fact.date) if fact.date else None
    for place, (season, count) in enumerate(zip(numbers, fact.seasons, strict=True)):
        for number in range(1, count + 1):
            aired = ""
            if started is not None:
                aired = (started + timedelta(days=365 * place + 7 * (number - 1))).isoformat()
            kind = "finale" if number == count else "standard"
            yield EpisodeFact(episode_id, season, number, f"Episode {number}", aired, fact.runtime, kind)
            episode_id += 1
