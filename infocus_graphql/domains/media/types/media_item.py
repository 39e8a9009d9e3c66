"""The GraphQL type of titles."""

from datetime import date, datetime

import strawberry
from sqlalchemy import ColumnElement, Text, and_

from infocus_graphql.db.batch_queries import Parameter
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import images, refs, texts
from infocus_graphql.domains.list_lengths import (
    CREDITS,
    FAMILY_TITLE,
    GENRES_OF_TITLE,
    OFFER_EVENTS,
    OFFERS,
    RATINGS,
    RECOMMENDATIONS,
    SEASONS,
    SIMILAR_TITLES,
    TITLE_ENTRIES,
    VIDEOS,
)
from infocus_graphql.domains.media import detail_reads as reads
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.details import MediaVideo
from infocus_graphql.domains.media.types.details import IN_LANGUAGE, certification, fetched_at
from infocus_graphql.domains.media.types.enums import MediaType, ProductionStatus
from infocus_graphql.domains.media.types.offers import PROVIDER_ARGUMENTS
from infocus_graphql.domains.media.types.similar import SimilarTitleConnection
from infocus_graphql.domains.people.reads import BY_POSITION, CAST, CREW
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.series.reads import BY_NUMBER, INCLUDES_REMOVED, INCLUDES_SPECIALS
from infocus_graphql.domains.streaming.models import OfferEvent
from infocus_graphql.domains.streaming.reads import NEWEST_EVENT
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.policy import of_title
from infocus_graphql.domains.watchlists.reads import NEWEST, OF_FAMILY, OF_USERS, TITLE_IN_FAMILY
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, embedded, many, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE, Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.scalars import CountryCode


def _own_entry(item: MappedRow, entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(entry.media_item_id == item.id, entry.user_id == viewer.id)


@row_type(models.MediaItem)
class MediaItem(Node):
    """A film or a series of the catalogue. Visible to everyone, also to anonymous clients."""

    tmdb_id: int = column(models.MediaItem.tmdb_id, "The id at TMDB; unique together with `tmdbType`.")
    tmdb_type: MediaType = column(models.MediaItem.tmdb_type, "The type of the title.")
    title: str = computed(
        models.MediaItem,
        texts.localised(models.MediaItem.title),
        "The title in the viewer's language; see `language`.",
        arguments=IN_LANGUAGE,
        like=models.MediaItem.title,
    )
    description: str | None = computed(
        models.MediaItem,
        texts.localised(models.MediaItem.description),
        "The description of the plot in the viewer's language; null if there is none.",
        arguments=IN_LANGUAGE,
        like=models.MediaItem.description,
    )
    tagline: str | None = computed(
        models.MediaItem,
        texts.localised(models.MediaItem.tagline),
        "The tagline in the viewer's language; null if there is none.",
        arguments=IN_LANGUAGE,
        like=models.MediaItem.tagline,
    )
    original_title: str | None = column(
        models.MediaItem.original_title, "The title in the original language; null if unknown."
    )
    original_language: str | None = column(
        models.MediaItem.original_language,
        "The original language, as a code of ISO 639-1; null if unknown.",
    )
    poster_path: str | None = column(
        models.MediaItem.poster_path, "The path of the poster on TMDB's image server."
    )
    poster_url: str | None = images.image(
        models.MediaItem.poster_path,
        images.POSTER,
        "The URL of the poster; null if there is none.",
        default=500,
    )
    backdrop_path: str | None = column(
        models.MediaItem.backdrop_path, "The path of the backdrop on TMDB's image server."
    )
    backdrop_url: str | None = images.image(
        models.MediaItem.backdrop_path,
        images.BACKDROP,
        "The URL of the backdrop; null if there is none.",
        default=1280,
    )
    release_date: date | None = column(models.MediaItem.release_date, "The date of the first release.")
    end_date: date | None = column(
        models.MediaItem.end_date, "The date of the last episode of a series that has ended; else null."
    )
    runtime_minutes: int | None = column(
        models.MediaItem.runtime_minutes,
        "The runtime in minutes, of an episode for a series; null if unknown.",
    )
    production_status: ProductionStatus | None = column(
        models.MediaItem.production_status, "The state of the production; null if unknown."
    )
    countries: list[CountryCode] = column(
        models.MediaItem.countries, "The countries of origin, in the order of TMDB."
    )
    popularity: float | None = column(
        models.MediaItem.popularity,
        "The popularity at TMDB, for comparisons with other titles only: its scale changes over the years; "
        "null if unknown.",
    )
    rating: float | None = column(
        models.MediaItem.rating,
        "The average rating at TMDB, above 0 and at most 10; null if there are no votes.",
    )
    vote_count: int = column(models.MediaItem.vote_count, "The number of votes at TMDB.")
    ratings: list[refs.Rating] = many(
        reads.RATINGS,
        "The ratings by source; empty if no source has a rating.",
        order=(lambda rating: rating.source,),
        length=RATINGS,
    )
    genres: list[str] = column(models.MediaItem.genres, "The names of the genres, in the order of TMDB.")
    genre_nodes: list[refs.Genre] = many(
        reads.GENRES,
        "The genres of `genres` that TMDB has, in the same order.",
        length=GENRES_OF_TITLE,
    )
    keywords: list[str] = column(models.MediaItem.keywords, "Keywords in English, in the order of TMDB.")
    creators: list[str] = column(
        models.MediaItem.creators, "The directors of a film, or the creators of a series."
    )
    external_ids: refs.ExternalIds = embedded("The ids of the title at other databases.")
    certification: refs.Certification | None = aggregate(
        models.MediaItem,
        certification,
        "The certification in a country; null if there is none.",
        arguments={
            "country": Argument(
                CountryCode | None,
                "The country, by default the viewer's region. Without either there is no certification.",
                Parameter(Text()),
            )
        },
    )
    fetched_at: datetime | None = computed(
        models.MediaItem,
        fetched_at,
        "When the title was last fetched from TMDB with its details; null if staff entered it, or if only a "
        "search has found it.",
    )
    removed_at: datetime | None = column(
        models.MediaItem.removed_at, "When TMDB stopped listing the title; null if it is listed."
    )
    created_at: datetime = column(models.MediaItem.created_at, "When the title was added to the catalogue.")
    updated_at: datetime = column(models.MediaItem.updated_at, "When the title was last changed.")
    streaming_providers: list[refs.StreamingProvider] = many(
        models.MediaItem.streaming_providers,
        "The streaming providers that offer the title, by name and then in the order of `OfferType`.",
        order=(lambda provider: provider.provider_sort, lambda provider: provider.offer_type),
        arguments=PROVIDER_ARGUMENTS,
        length=OFFERS,
    )
    offer_history: Connection[refs.OfferEvent] | None = page(
        Link(OfferEvent, lambda item, event, viewer: event.media_item_id == item.id, models.MediaItem),
        "Arrivals and departures of the title at streaming services, newest first.",
        orders=Orders(NEWEST_EVENT),
        default=INNER_PAGE,
        reading=Reading(OFFER_EVENTS),
    )
    seasons: Connection[refs.Season] | None = page(
        models.MediaItem.seasons,
        "The seasons of a series that TMDB lists, by number; empty for films. Season 0 has the specials.",
        arguments={
            "include_specials": Argument(
                bool | None, "Whether to return season 0; by default true.", INCLUDES_SPECIALS
            ),
            "include_removed": Argument(
                bool | None,
                "Whether to return seasons that TMDB no longer lists, too; by default false. `node` always "
                "finds them.",
                INCLUDES_REMOVED,
            ),
        },
        orders=Orders(BY_NUMBER),
        reading=Reading(SEASONS),
    )
    cast: Connection[refs.Credit] | None = page(
        CAST,
        "The actors and their characters, in the order of TMDB.",
        orders=Orders(BY_POSITION),
        reading=Reading(CREDITS),
    )
    crew: Connection[refs.Credit] | None = page(
        CREW,
        "The crew and their jobs, in the order of TMDB.",
        orders=Orders(BY_POSITION),
        reading=Reading(CREDITS),
    )
    collection: refs.MediaCollection | None = relation(
        models.MediaItem.collection, "The collection that the film belongs to; null if there is none."
    )
    similar: SimilarTitleConnection | None = page(
        reads.SIMILAR,
        "Titles of the catalogue that TMDB recommends beside this one, best first.",
        orders=Orders(reads.MOST_SIMILAR),
        default=INNER_PAGE,
        reading=Reading(SIMILAR_TITLES),
    )
    videos: list[refs.Video] = many(
        Link(MediaVideo, lambda item, video, viewer: video.media_item_id == item.id, models.MediaItem),
        "Trailers and other videos, in the order of TMDB.",
        order=(lambda video: video.position,),
        length=VIDEOS,
    )
    viewer_entry: refs.WatchlistEntry | None = relation(
        Link(WatchlistEntry, _own_entry, models.MediaItem),
        "The viewer's watchlist entry for the title; null if there is none.",
    )
    entries: Connection[refs.WatchlistEntry] | None = page(
        Link(WatchlistEntry, of_title, models.MediaItem),
        "The watchlist entries for the title that the viewer can see: their own, and those of "
        "members of their families, newest first.",
        orders=Orders(NEWEST),
        arguments={
            "user_ids": Argument(
                list[strawberry.ID] | None,
                "Returns entries of these users, who must share a family with the viewer.",
                OF_USERS,
            )
        },
        default=INNER_PAGE,
        reading=TITLE_ENTRIES,
    )
    family_title: refs.FamilyTitle | None = relation(
        TITLE_IN_FAMILY,
        "What the members of a family think of the title: their average rating, and who wants to watch it. "
        "Null if no member shares an entry for it with the family, or if the viewer is not a member.",
        arguments={"family_id": Argument(strawberry.ID, "The id of the family.", OF_FAMILY)},
        reading=FAMILY_TITLE,
    )
    recommendations: Connection[refs.Recommendation] | None = page(
        models.MediaItem.recommendations,
        "The recommendations of the title that the viewer sent or received, newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
    )
