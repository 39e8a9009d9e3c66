"""GraphQL types of the catalogue. Inputs and payloads of mutations are in `inputs`."""

from infocus_graphql.domains.media.types.details import (
    Certification,
    ExternalIds,
    Genre,
    MediaCollection,
    Rating,
    Video,
)
from infocus_graphql.domains.media.types.enums import MediaType, OfferType, ProductionStatus
from infocus_graphql.domains.media.types.filters import (
    MEDIA_FILTERS,
    MEDIA_ORDERS,
    MediaItemFilter,
    MediaItemOrder,
    MediaRef,
    TmdbRef,
)
from infocus_graphql.domains.media.types.media_item import MediaItem
from infocus_graphql.domains.media.types.offers import StreamingProvider

__all__ = [
    "MEDIA_FILTERS",
    "MEDIA_ORDERS",
    "Certification",
    "ExternalIds",
    "Genre",
    "MediaCollection",
    "MediaItem",
    "MediaItemFilter",
    "MediaItemOrder",
    "MediaRef",
    "MediaType",
    "OfferType",
    "ProductionStatus",
    "Rating",
    "StreamingProvider",
    "TmdbRef",
    "Video",
]
