"""The JSON types of TMDB's lists, as far as they are read. See `wire` for those of titles."""

import msgspec

from infocus_graphql.tmdb.wire import Id, Int, Named, Provider, Text


class Providers(msgspec.Struct):
    """The list of streaming services."""

    results: list[Provider] | None = None


class Change(msgspec.Struct):
    """An entry of the changes feed. Null ids have been seen."""

    id: Int | None = None
    adult: bool | None = None


class Changes(msgspec.Struct):
    """A page of the changes feed."""

    page: int = 1
    results: list[Change] | None = None
    total_pages: int = 0


class Genres(msgspec.Struct):
    """The list of genres."""

    genres: list[Named] | None = None


class FoundEpisode(msgspec.Struct):
    """An episode among found ids."""

    id: Id
    show_id: Int | None = None
    season_number: Int | None = None
    episode_number: Int | None = None


class Found(msgspec.Struct):
    """The lists of found ids. Those of people and seasons are not read."""

    movie_results: list[msgspec.Raw] | None = None
    tv_results: list[msgspec.Raw] | None = None
    tv_episode_results: list[FoundEpisode] | None = None


class Region(msgspec.Struct):
    """A country with streaming services."""

    iso_3166_1: Text = None


class Regions(msgspec.Struct):
    """The list of countries with streaming services."""

    results: list[Region] | None = None


class Certification(msgspec.Struct):
    """A certification with its rank."""

    certification: Text = None
    order: Int | None = None


class Certifications(msgspec.Struct):
    """The certifications of all countries."""

    certifications: dict[str, list[Certification]] | None = None


class Images(msgspec.Struct):
    """The base URL and the sizes of images."""

    secure_base_url: Text = None
    poster_sizes: list[str] | None = None
    backdrop_sizes: list[str] | None = None
    still_sizes: list[str] | None = None
    profile_sizes: list[str] | None = None
    logo_sizes: list[str] | None = None


class Configuration(msgspec.Struct):
    """The configuration."""

    images: Images | None = None
