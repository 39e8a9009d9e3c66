"""GraphQL types of the details of titles: genres, videos and collections."""

from datetime import datetime

import strawberry
from sqlalchemy import select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import images, refs, texts
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.identity.user_settings.reads import viewer_region
from infocus_graphql.domains.list_lengths import COLLECTION
from infocus_graphql.domains.media import details, models
from infocus_graphql.domains.media.detail_reads import RatingSource, TitleRating
from infocus_graphql.domains.media.reads import BY_RELEASE
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, column, computed, page, relation
from infocus_graphql.graph.list_lengths import Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.scalars import CountryCode, LanguageTag

publish_enum(
    RatingSource, "The sources of ratings. More can be added.", {RatingSource.TMDB: "The users of TMDB."}
)


IN_LANGUAGE = {
    "language": Argument(
        LanguageTag | None,
        "The language, by default the viewer's (`updateSettings`). If there is no text in `de-AT`, the field "
        "has that in German, in English, or the one stored with the title.",
        texts.LANGUAGE,
    )
}


@row_type(models.MediaItem)
class ExternalIds:
    """The ids of a title at other databases."""

    imdb_id: str | None = column(
        models.MediaItem.imdb_id, "The id at IMDb, such as `tt0137523`; null if unknown.", name="imdb"
    )
    tvdb_id: int | None = column(
        models.MediaItem.tvdb_id, "The id at TheTVDB, of series only; null if unknown.", name="tvdb"
    )
    wikidata_id: str | None = column(
        models.MediaItem.wikidata_id,
        "The id at Wikidata, such as `Q190050`; null if unknown.",
        name="wikidata",
    )


@row_type(TitleRating)
class Rating:
    """The rating of a title by one source."""

    source: RatingSource = column(TitleRating.source, "The source of the rating.")
    value: float = column(TitleRating.value, "The average rating, above 0 and at most 10.")
    votes: int = column(TitleRating.votes, "The number of votes.")


@strawberry.type(description="The certification of a title in a country: from which age it is allowed.")
class Certification:
    """Fields match the labels of `certification`."""

    country: CountryCode = strawberry.field(description="The country.")
    label: str = strawberry.field(description="The label in the country, such as `16` or `PG-13`.")
    minimum_age: int | None = strawberry.field(
        description="The age from which the title is allowed; null if the label has no known age."
    )


@row_type(details.Genre)
class Genre(Node):
    """A genre of TMDB. Films and series have different genres."""

    tmdb_id: int = column(details.Genre.tmdb_id, "The id at TMDB.")
    name: str = computed(
        details.Genre,
        texts.genre_name,
        "The name in the viewer's language, else in English, as in `MediaItem.genres`.",
        arguments={
            "language": Argument(LanguageTag | None, "The language, by default the viewer's.", texts.LANGUAGE)
        },
        like=details.Genre.name,
    )
    for_movies: bool = column(details.Genre.for_movies, "Whether films can have the genre.")
    for_series: bool = column(details.Genre.for_series, "Whether series can have the genre.")


@row_type(details.MediaVideo)
class Video(Node):
    """A trailer or another video of a title at a video site."""

    media_item: refs.MediaItem = relation(details.MediaVideo.media_item, "The title.")
    name: str = column(details.MediaVideo.name, "The name of the video; empty if it has none.")
    site: str = column(details.MediaVideo.site, "The video site, such as `YouTube`.")
    key: str = column(details.MediaVideo.key, "The id of the video at the site.")
    kind: str | None = column(
        details.MediaVideo.kind,
        "The kind of video at TMDB, such as `Trailer` or `Teaser`; null if unknown.",
        name="videoKind",
    )
    official: bool = column(details.MediaVideo.official, "Whether TMDB marks the video as official.")
    language: str | None = column(
        details.MediaVideo.language, "The language of the video, as a code of ISO 639-1; null if unknown."
    )
    published_at: datetime | None = column(
        details.MediaVideo.published_at, "When the video was published; null if unknown."
    )


@row_type(details.Collection)
class MediaCollection(Node):
    """A collection of films, such as a trilogy."""

    tmdb_id: int = column(details.Collection.tmdb_id, "The id at TMDB.")
    name: str = column(details.Collection.name, "The name of the collection.")
    poster_url: str | None = images.image(
        details.Collection.poster_path,
        images.POSTER,
        "The URL of the poster; null if there is none.",
        default=500,
    )
    media_items: Connection[refs.MediaItem] | None = page(
        details.Collection.media_items,
        "The films of the collection that are in the catalogue, in the order of their release.",
        orders=Orders(BY_RELEASE),
        reading=Reading(COLLECTION),
    )


def certification(item: MappedRow, viewer: SqlViewer, country: SqlExpression | None = None) -> SqlSelect:
    """The certification of a title in a country, by default the viewer's; no row if there is none."""
    country = viewer_region(viewer) if country is None else country
    row = aliased(details.MediaCertification)
    columns: list[SqlValue] = [row.country, row.label, row.minimum_age]
    return select(*columns).where(row.media_item_id == item.id, row.country == country)


def fetched_at(item: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """When the title was last fetched completely; NULL if never."""
    fetch = aliased(TitleFetch)
    found = select(fetch.fetched_at).where(fetch.tmdb_type == item.tmdb_type, fetch.tmdb_id == item.tmdb_id)
    return scalar(found, fetch)
