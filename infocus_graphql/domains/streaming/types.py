"""GraphQL types of streaming services, and of arrivals and departures of titles."""

from datetime import datetime
from typing import TypeAlias

from infocus_graphql.domains import images, refs
from infocus_graphql.domains.streaming import models
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.scalars import CountryCode

OfferEventKind: TypeAlias = models.OfferEventKind

publish_enum(
    OfferEventKind,
    "A change of the offers of a title.",
    {
        OfferEventKind.ARRIVED: "The service has started to offer the title.",
        OfferEventKind.DEPARTED: "The service has stopped offering the title.",
    },
)


@row_type(models.StreamingService)
class StreamingService(Node):
    """A streaming service, such as Netflix. TMDB has several provider ids for some of them."""

    slug: str = column(models.StreamingService.slug, "The unique short name, such as `netflix`.")
    name: str = column(models.StreamingService.name, "The name.")
    logo_url: str | None = images.image(
        models.StreamingService.logo_path,
        images.LOGO,
        "The URL of the logo; null if there is none.",
        default=92,
    )
    regions: list[CountryCode] = column(
        models.StreamingService.regions, "The countries in which the service has offers."
    )
    priority: int = column(
        models.StreamingService.priority, "The rank in TMDB's order of services; small numbers come first."
    )


@row_type(models.OfferEvent)
class OfferEvent:
    """An arrival or a departure of a title at a streaming service in a country."""

    media_item: refs.MediaItem = relation(models.OfferEvent.media_item, "The title.")
    service: refs.StreamingService = relation(models.OfferEvent.service, "The streaming service.")
    kind: OfferEventKind = column(models.OfferEvent.kind, "Whether the offer arrived or departed.")
    offer_type: refs.OfferType = column(models.OfferEvent.offer_type, "The type of the offer.")
    country: CountryCode = column(models.OfferEvent.country, "The country.")
    occurred_at: datetime = column(
        models.OfferEvent.occurred_at, "When the catalogue noticed the change; TMDB has no dates."
    )
