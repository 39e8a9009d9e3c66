"""The root query field of streaming services."""

import strawberry
from sqlalchemy import true

from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.list_lengths import SERVICES
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.domains.streaming.reads import BY_NAME, BY_PRIORITY, IN_REGION
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.fields import Argument, page
from infocus_graphql.graph.list_lengths import Reading
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.root import anyone, root_page
from infocus_graphql.graph.scalars import CountryCode

ALL = Link(StreamingService, lambda root, service, viewer: true())


@strawberry.type
class StreamingQueries:
    """The root query field of streaming services."""

    streaming_services: Connection[refs.StreamingService] | None = root_page(
        page(
            ALL,
            "Returns the streaming services that TMDB knows, the most important first. Public.",
            orders=Orders(BY_PRIORITY),
            arguments={
                "region": Argument(
                    CountryCode | None, "Returns services with offers in this country.", IN_REGION
                ),
                "query": Argument(
                    str | None,
                    "Returns services whose name contains this text. Case and accents are ignored.",
                    BY_NAME,
                ),
            },
            reading=Reading(SERVICES),
        ),
        access=anyone,
    )
