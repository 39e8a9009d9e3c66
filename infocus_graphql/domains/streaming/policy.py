"""Streaming services are public."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.streaming.models import OfferEvent, StreamingService, TmdbProvider


@visibility(StreamingService)
def visible_services(service: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All services are public."""
    return true()


@visibility(TmdbProvider)
def visible_providers(provider: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All provider ids are public."""
    return true()


@visibility(OfferEvent)
def visible_offer_events(event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All arrivals and departures are public."""
    return true()
