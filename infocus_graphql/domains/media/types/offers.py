"""The GraphQL type of offers, and the arguments of lists of them."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Text,
    any_,
    case,
    func,
    literal_column,
    or_,
)

from infocus_graphql.db.batch_queries import Filter, Parameter
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import VIEWER, SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.user_settings.reads import viewer_region, viewer_services
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.types.enums import OfferType
from infocus_graphql.graph.fields import Argument, column, computed, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.scalars import CountryCode


def _in_region(provider: MappedRow, region: SqlValue) -> ColumnElement[bool]:
    among: ColumnElement[bool] = region == any_(provider.regions)
    return among


def _in_region_of_viewer(provider: MappedRow) -> ColumnElement[bool]:
    region = viewer_region(VIEWER)
    return or_(region.is_(None), _in_region(provider, region))


def _link(provider: MappedRow, viewer: SqlViewer, region: SqlExpression | None = None) -> SqlExpression:
    wanted = viewer_region(viewer) if region is None else region
    of_region = func.coalesce(provider.url.concat(_LOCALE).concat(wanted), provider.url)
    is_page = provider.streaming_service_id.is_not(None) & provider.url.like(_TMDB_PAGES)
    return case((is_page, of_region), else_=provider.url)


# Written into the statement: as parameters, they would be sent with each request.
_LOCALE = literal_column("'?locale='", Text())
# TMDB's page with the links of JustWatch to the offers of a title.
_TMDB_PAGES = literal_column("'https://www.themoviedb.org/%/watch'", Text())
IN_REGION = Filter(Text(), _in_region, absent=_in_region_of_viewer)
OFFERED_AS = Filter(
    ARRAY(models.StreamingProvider.offer_type.type),
    lambda provider, value: provider.offer_type == any_(value),
)
# Anonymous viewers have no services, so they get no offers.
OF_OWN_SERVICES = Filter(
    Boolean(),
    lambda provider, value: or_(~value, provider.streaming_service_id == any_(viewer_services(VIEWER))),
)
PROVIDER_ARGUMENTS = {
    "region": Argument(
        CountryCode | None,
        "Returns offers that are available in this country, by default the viewer's region. Without either, "
        "offers in all countries are returned.",
        IN_REGION,
    ),
    "offer_types": Argument(list[OfferType] | None, "Returns offers with one of these types.", OFFERED_AS),
    "only_mine": Argument(
        bool | None,
        "Whether to return only offers of the viewer's services (`viewer.settings.streamingServices`); by "
        "default false.",
        OF_OWN_SERVICES,
    ),
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
    link: str | None = computed(
        models.StreamingProvider,
        _link,
        "The page to open for the offer: `url`, for a page of TMDB that of a country. TMDB's pages have the "
        "links of JustWatch, the source of its offers. Null if unknown.",
        arguments={
            "region": Argument(
                CountryCode | None, "The country, by default the viewer's region.", Parameter(Text())
            )
        },
        like=models.StreamingProvider.url,
    )
    regions: list[CountryCode] = column(
        models.StreamingProvider.regions, "The countries in which the offer is available."
    )
    added_at: datetime = column(
        models.StreamingProvider.added_at, "When the offer was added to the catalogue."
    )
