"""Root query fields of the catalogue."""

from collections.abc import Mapping

import strawberry
from sqlalchemy import Integer, Text, true

from infocus_graphql.core.errors import Refused
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.list_lengths import CATALOGUE, GENRES
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.detail_reads import BY_GENRE_NAME, GENRES_OF_TYPES
from infocus_graphql.domains.media.details import Genre
from infocus_graphql.domains.media.fetching import ensure_title
from infocus_graphql.domains.media.reads import media_ref_arguments
from infocus_graphql.domains.media.types import MEDIA_FILTERS, MEDIA_ORDERS
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.declarations import RootRow
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.fields import Argument, page
from infocus_graphql.graph.list_lengths import MAX_PAGE, Reading
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.root import anyone, root_page, root_row

ALL = Link(models.MediaItem, lambda root, item, viewer: true())
LISTED = Link(models.MediaItem, lambda root, item, viewer: item.removed_at.is_(None))
ALL_GENRES = Link(Genre, lambda root, genre, viewer: true())
BY_REFERENCE = {
    "id": Filter(Text(), lambda item, value: item.id == value),
    "tmdb_type": Filter(models.MediaItem.tmdb_type.type, lambda item, value: item.tmdb_type == value),
    "tmdb_id": Filter(Integer(), lambda item, value: item.tmdb_id == value),
}


def _ref_arguments(arguments: Mapping[str, object]) -> Mapping[str, object]:
    try:
        return media_ref_arguments(arguments["ref"], "ref")
    except Refused as error:
        (refusal,) = error.refusals
        raise bad_input(refusal.message, *refusal.path) from error


@strawberry.type
class MediaQueries:
    """Root query fields of the catalogue."""

    media_item: refs.MediaItem | None = root_row(
        RootRow(
            ALL,
            {"ref": Argument(refs.MediaRef, "The reference to the title.", BY_REFERENCE["id"])},
            BY_REFERENCE,
            _ref_arguments,
            ensure_title,
        ),
        "Returns a title of the catalogue; null if there is none with this reference. For signed-in viewers, "
        "a title of TMDB that the catalogue does not have yet, or not with all details, is fetched first.",
        access=anyone,
    )
    genres: Connection[refs.Genre] | None = root_page(
        page(
            ALL_GENRES,
            "Returns the genres of TMDB, by their English names. Public.",
            orders=Orders(BY_GENRE_NAME),
            arguments={
                "types": Argument(
                    list[refs.MediaType] | None,
                    "Returns genres that titles of one of these types can have.",
                    GENRES_OF_TYPES,
                )
            },
            default=MAX_PAGE,
            reading=Reading(GENRES),
        ),
        access=anyone,
    )
    discover_media: Connection[refs.MediaItem] | None = root_page(
        page(
            LISTED,
            "Returns the titles of the catalogue that meet conditions, without those that TMDB no longer "
            "lists. Public. It reads this server's catalogue; `searchMedia` also searches TMDB.",
            orders=MEDIA_ORDERS,
            filters=MEDIA_FILTERS,
            filter_type=refs.MediaItemFilter,
            reading=CATALOGUE,
        ),
        access=anyone,
    )
