"""The records that the TMDB client returns.

TMDB writes "unknown" as an absent member, null, "", [], {} or 0. Here it is None, or an empty tuple. A block
of details is None when TMDB didn't send it, and empty when TMDB has nothing: only an empty one may
replace stored data.
"""

import enum
from dataclasses import dataclass
from datetime import date, datetime


class TitleType(enum.Enum):
    """The type of a title, as it is written in the paths of TMDB. Ids are unique per type only."""

    MOVIE = "movie"
    TV = "tv"


class OfferType(enum.Enum):
    """How a service offers a title, as TMDB calls it."""

    SUBSCRIPTION = "flatrate"
    FREE = "free"
    ADS = "ads"
    RENT = "rent"
    BUY = "buy"


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre, named in the language of the call."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection that a film belongs to."""

    id: int
    name: str
    poster_path: str | None


@dataclass(frozen=True, slots=True)
class ExternalIds:
    """A title's ids elsewhere."""

    imdb: str | None
    tvdb: int | None
    wikidata: str | None


@dataclass(frozen=True, slots=True)
class Translation:
    """A title's texts in one language: ISO 639-1, and ISO 3166-1 where the country matters."""

    language: str
    country: str | None
    title: str | None
    overview: str | None
    tagline: str | None


@dataclass(frozen=True, slots=True)
class Certification:
    """The certification of a title in a country (ISO 3166-1)."""

    country: str
    rating: str


@dataclass(frozen=True, slots=True)
class Credit:
    """A part of a person in a title. `credit_id` is unique; one person may have several.

    `character` for the cast, `department` and `job` for the crew; `episodes` for series.
    """

    credit_id: str
    person_id: int
    name: str
    profile_path: str | None
    order: int
    character: str | None = None
    department: str | None = None
    job: str | None = None
    episodes: int | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    """Cast in billing order and crew, both with the most important first."""

    cast: tuple[Credit, ...]
    crew: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class Video:
    """A trailer or another video; `key` is its id at `site`."""

    site: str
    key: str
    name: str
    kind: str | None
    official: bool
    language: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A service that offers a title in a country. `link` leads to TMDB's page, as TMDB asks."""

    country: str
    type: OfferType
    provider_id: int
    provider: str
    logo_path: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class TitleSummary:
    """A title in a page of results."""

    type: TitleType
    id: int
    title: str
    original_title: str | None
    original_language: str | None
    overview: str | None
    released_on: date | None
    genre_ids: tuple[int, ...]
    popularity: float | None
    rating: float | None
    votes: int
    poster_path: str | None
    backdrop_path: str | None


@dataclass(frozen=True, slots=True)
class TitlePage:
    """A page of results without people and adult titles. `pages` is 500 at most: TMDB refuses later ones."""

    page: int
    pages: int
    total: int
    titles: tuple[TitleSummary, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode. `id` stays when TMDB gives it another number."""

    id: int
    season_number: int
    number: int
    name: str | None
    overview: str | None
    aired_on: date | None
    runtime_minutes: int | None
    kind: str | None
    still_path: str | None
    rating: float | None
    votes: int


@dataclass(frozen=True, slots=True)
class Season:
    """A season; number 0 holds the specials. `episodes` is None where only the season was listed."""

    id: int
    number: int
    name: str | None
    overview: str | None
    aired_on: date | None
    poster_path: str | None
    episode_count: int
    episodes: tuple[Episode, ...] | None


@dataclass(frozen=True, slots=True)
class Title:
    """A film or a series with all its details."""

    type: TitleType
    id: int
    title: str
    original_title: str | None
    original_language: str | None
    tagline: str | None
    overview: str | None
    homepage: str | None
    released_on: date | None
    ended_on: date | None
    runtime_minutes: int | None
    status: str | None
    adult: bool
    popularity: float | None
    rating: float | None
    votes: int
    poster_path: str | None
    backdrop_path: str | None
    countries: tuple[str, ...]
    genres: tuple[Genre, ...]
    collection: Collection | None
    creators: tuple[str, ...]
    next_episode: Episode | None
    seasons: tuple[Season, ...]
    external_ids: ExternalIds | None
    translations: tuple[Translation, ...] | None
    certifications: tuple[Certification, ...] | None
    credits: Credits | None
    keywords: tuple[Keyword, ...] | None
    videos: tuple[Video, ...] | None
    offers: tuple[Offer, ...] | None
    similar: tuple[TitleSummary, ...] | None


@dataclass(frozen=True, slots=True)
class Change:
    """A title that changed. `adult` is None for titles that TMDB may just have deleted."""

    id: int
    adult: bool | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of the changes feed. `skipped` counts entries without an id."""

    page: int
    pages: int
    changes: tuple[Change, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class FoundEpisode:
    """An episode that was found by its id elsewhere."""

    id: int
    series_id: int
    season_number: int
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    """What an id elsewhere stands for. An id at IMDb may stand for a film and a series."""

    titles: tuple[TitleSummary, ...]
    episodes: tuple[FoundEpisode, ...]


@dataclass(frozen=True, slots=True)
class CertificationRank:
    """A certification of a country (ISO 3166-1). Higher ones are for older viewers; 0 is not rated."""

    country: str
    rating: str
    rank: int


@dataclass(frozen=True, slots=True)
class ImageConfiguration:
    """How URLs of images are made: base URL, one of the sizes such as `w342`, path."""

    base_url: str
    poster_sizes: tuple[str, ...]
    backdrop_sizes: tuple[str, ...]
    still_sizes: tuple[str, ...]
    profile_sizes: tuple[str, ...]
    logo_sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A streaming service in TMDB's list. One brand may have several ids."""

    id: int
    name: str
    logo_path: str | None
    priorities: dict[str, int]
