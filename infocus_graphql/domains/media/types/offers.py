"""The GraphQL type of offers, and the arguments of lists of them."""

from datetime import datetime

from sqlalchemy import ARRAY, Text, any_

from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.domains import refs
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.types.enums import OfferType
from infocus_graphql.graph.fields import Argument, column, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.scalars import CountryCode

IN_REGIONS = Filter(ARRAY(Text()), lambda provider, values: provider.regions.bool_op("&&")(values))
OFFERED_AS = Filter(
    ARRAY(models.StreamingProvider.offer_type.type),
    lambda provider, value: provider.offer_type == any_(value),
)
PROVIDER_ARGUMENTS = {
    "regions": Argument(
        list[CountryCode] | None,
        "Returns offers that are available in at least one of these countries.",
        IN_REGIONS,
    ),
    "offer_types": Argument(list[OfferType] | None, "Returns offers with one of these types.", OFFERED_AS),
}


@row_type(models.StreamingProvider)
class StreamingProvider(Node):
    """An offer of a title by a streaming provider."""

    media_item: refs.MediaItem = relation(models.StreamingProvider.media_item, "The title.")
    provider: str = column(models.StreamingProvider.provider, "The name of the provider.")
    service: refs.StreamingService | None = relation(
        models.StreamingProvider.service,
        "The streaming service; null if staff entered the offer without one that TMDB knows.",
    )
    offer_type: OfferType = column(models.StreamingProvider.offer_type, "The type of the offer.")
    url: str | None = column(
        models.StreamingProvider.url, "The URL of the title at the provider; null if unknown."
    )
    regions: list[CountryCode] = column(
        models.StreamingProvider.regions, "The countries in which the offer is available."
    )
    added_at: datetime = column(
        models.StreamingProvider.added_at, "When the offer was added to the catalogue."
    )
