"""GraphQL enums of the catalogue."""

from typing import TypeAlias

from infocus_graphql.domains.media import models
from infocus_graphql.graph.enums import publish_enum

MediaType: TypeAlias = models.MediaType
OfferType: TypeAlias = models.OfferType
ProductionStatus: TypeAlias = models.ProductionStatus

publish_enum(
    MediaType,
    "The type of a title.",
    {MediaType.MOVIE: "A film.", MediaType.TV: "A series."},
)
publish_enum(
    OfferType,
    "The way in which a streaming provider offers a title.",
    {
        OfferType.SUBSCRIPTION: "Included in a subscription.",
        OfferType.FREE: "Free of charge.",
        OfferType.ADS: "Free of charge, with advertisements.",
        OfferType.RENT: "Available for rent.",
        OfferType.BUY: "Available to buy.",
    },
)
publish_enum(
    ProductionStatus,
    "The state of the production of a title.",
    {
        ProductionStatus.RUMORED: "The title is rumored.",
        ProductionStatus.PLANNED: "The title is planned.",
        ProductionStatus.PILOT: "A pilot of the series has been produced.",
        ProductionStatus.IN_PRODUCTION: "The title is in production.",
        ProductionStatus.POST_PRODUCTION: "The title has been filmed, and is in post-production.",
        ProductionStatus.RELEASED: "The film has been released.",
        ProductionStatus.RETURNING_SERIES: "The series continues.",
        ProductionStatus.ENDED: "The series has ended.",
        ProductionStatus.CANCELED: "The production was canceled.",
    },
)
