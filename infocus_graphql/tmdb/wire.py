"""The JSON types of TMDB, as far as they are read. Only ids are required; unknown members are ignored.

Types are those seen in recorded responses: numbers come as integers, decimals and, in old data, text.
"""

from typing import Annotated

import msgspec

Text = str | None
Number = float | None
# Columns have 32 bits, which the numbers of TMDB are far from filling.
Int = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Id = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Named(msgspec.Struct):
    """A genre, keyword or collection."""

    id: Id
    name: Text = None
    poster_path: Text = None


class ExternalIds(msgspec.Struct):
    """The block `external_ids`."""

    imdb_id: Text = None
    tvdb_id: Int | None = None
    wikidata_id: Text = None


class TranslationData(msgspec.Struct):
    """The texts of a translation: films have `title`, series `name`."""

    title: Text = None
    name: Text = None
    overview: Text = None
    tagline: Text = None


class Translation(msgspec.Struct):
    """An entry of the block `translations`."""

    iso_639_1: Text = None
    iso_3166_1: Text = None
    data: TranslationData | None = None


class Translations(msgspec.Struct):
    """The block `translations`, which was also seen as `{}`."""

    translations: list[Translation] | None = None


class Role(msgspec.Struct):
    """One of a person's characters or jobs in a series."""

    credit_id: Text = None
    character: Text = None
    job: Text = None
    episode_count: Int | None = None


class Person(msgspec.Struct):
    """An entry of `credits` or `aggregate_credits`, or of `created_by`."""

    id: Id
    name: Text = None
    profile_path: Text = None
    order: Int | None = None
    credit_id: Text = None
    character: Text = None
    department: Text = None
    job: Text = None
    roles: list[Role] | None = None
    jobs: list[Role] | None = None
    total_episode_count: Int | None = None


class Credits(msgspec.Struct):
    """The blocks `credits` and `aggregate_credits`."""

    cast: list[Person] | None = None
    crew: list[Person] | None = None


class ReleaseDate(msgspec.Struct):
    """A release of a film in a country."""

    certification: Text = None
    release_date: Text = None
    type: Int | None = None


class CountryRatings(msgspec.Struct):
    """An entry of `release_dates` (films) or `content_ratings` (series)."""

    iso_3166_1: Text = None
    release_dates: list[ReleaseDate] | None = None
    rating: Text = None


class Ratings(msgspec.Struct):
    """The blocks `release_dates` and `content_ratings`."""

    results: list[CountryRatings] | None = None


class Keywords(msgspec.Struct):
    """The block `keywords`: films have `keywords`, series `results`."""

    keywords: list[Named] | None = None
    results: list[Named] | None = None


class Video(msgspec.Struct):
    """An entry of the block `videos`."""

    site: Text = None
    key: Text = None
    name: Text = None
    type: Text = None
    official: bool | None = None
    iso_639_1: Text = None
    published_at: Text = None


class Videos(msgspec.Struct):
    """The block `videos`."""

    results: list[Video] | None = None


class Provider(msgspec.Struct):
    """A streaming service, in an offer or in the list of services."""

    provider_id: Id
    provider_name: Text = None
    logo_path: Text = None
    display_priority: Int | None = None
    display_priorities: dict[str, Int] | None = None


class CountryOffers(msgspec.Struct):
    """The offers of a title in a country."""

    link: Text = None
    flatrate: list[Provider] | None = None
    free: list[Provider] | None = None
    ads: list[Provider] | None = None
    rent: list[Provider] | None = None
    buy: list[Provider] | None = None


class Offers(msgspec.Struct):
    """The block `watch/providers`."""

    results: dict[str, CountryOffers] | None = None


class Result(msgspec.Struct):
    """A title or a person in a page of results. Films have `title`, series `name`."""

    id: Id
    media_type: Text = None
    title: Text = None
    name: Text = None
    original_title: Text = None
    original_name: Text = None
    original_language: Text = None
    overview: Text = None
    release_date: Text = None
    first_air_date: Text = None
    genre_ids: list[int] | None = None
    popularity: Number = None
    vote_average: Number = None
    vote_count: Int | None = None
    poster_path: Text = None
    backdrop_path: Text = None
    adult: bool | None = None
    softcore: bool | None = None


class Results(msgspec.Struct):
    """A page of results. They are read one by one, so that a broken one does no harm to the others."""

    page: int = 1
    results: list[msgspec.Raw] | None = None
    total_pages: int = 0
    total_results: int = 0


class Episode(msgspec.Struct):
    """An episode in a season."""

    id: Id
    season_number: Int | None = None
    episode_number: Int | None = None
    name: Text = None
    overview: Text = None
    air_date: Text = None
    runtime: Int | None = None
    episode_type: Text = None
    still_path: Text = None
    vote_average: Number = None
    vote_count: Int | None = None


class Season(msgspec.Struct):
    """A season: in the list of a series, or with its episodes."""

    id: Id
    season_number: Int | None = None
    name: Text = None
    overview: Text = None
    air_date: Text = None
    poster_path: Text = None
    episode_count: Int | None = None
    episodes: list[Episode] | None = None


class Title(msgspec.Struct, rename={"watch_providers": "watch/providers"}):
    """A film or a series with its appended blocks. An absent block is None."""

    id: Id
    title: Text = None
    name: Text = None
    original_title: Text = None
    original_name: Text = None
    original_language: Text = None
    tagline: Text = None
    overview: Text = None
    homepage: Text = None
    release_date: Text = None
    first_air_date: Text = None
    last_air_date: Text = None
    runtime: Int | None = None
    episode_run_time: list[int] | None = None
    status: Text = None
    adult: bool | None = None
    softcore: bool | None = None
    popularity: Number = None
    vote_average: Number = None
    vote_count: Int | None = None
    poster_path: Text = None
    backdrop_path: Text = None
    origin_country: list[str] | None = None
    genres: list[Named] | None = None
    belongs_to_collection: Named | None = None
    created_by: list[Person] | None = None
    next_episode_to_air: Episode | None = None
    seasons: list[Season] | None = None
    imdb_id: Text = None
    external_ids: ExternalIds | None = None
    translations: Translations | None = None
    release_dates: Ratings | None = None
    content_ratings: Ratings | None = None
    credits: Credits | None = None
    aggregate_credits: Credits | None = None
    keywords: Keywords | None = None
    videos: Videos | None = None
    watch_providers: Offers | None = None
    recommendations: Results | None = None


class Status(msgspec.Struct):
    """The body of a failed call, which may come with status 200."""

    success: bool = True
    status_code: Int | None = None
    status_message: Text = None
