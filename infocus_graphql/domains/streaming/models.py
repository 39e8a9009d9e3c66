"""Streaming services, TMDB's provider ids of each, and arrivals and departures of titles."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    computed_text,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    length_check,
    to_many,
    to_one,
    unique,
)
from infocus_graphql.domains.media.models import OfferType

if TYPE_CHECKING:
    from infocus_graphql.domains.media.models import MediaItem

MAX_SLUG, MAX_NAME, MAX_PATH = 100, 100, 500


class OfferEventKind(enum.Enum):
    """What happened to an offer."""

    ARRIVED = "arrived"
    DEPARTED = "departed"


class StreamingService(Base):
    """A streaming service as a brand, such as Netflix. TMDB has several provider ids for some brands."""

    __tablename__ = "streaming_services"

    id: Mapped[str] = id_column("ss")
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_sort: Mapped[str] = computed_text("sort_form(name)")
    logo_path: Mapped[str | None] = mapped_column(Text)
    # Countries in which the service has offers, ISO 3166-1.
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    # TMDB's order of services: small numbers come first.
    priority: Mapped[int] = mapped_column(Integer, server_default=text("1000"))
    created_at: Mapped[datetime] = created_at_column()

    tmdb_providers: Mapped[list["TmdbProvider"]] = to_many("service")

    __table_args__ = (
        unique("slug", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("slug", MAX_SLUG, minimum=1),
        length_check("name", MAX_NAME, minimum=1),
        Index("ix_streaming_services_priority_name_sort", "priority", "name_sort"),
        Index("ix_streaming_services_regions", "regions", postgresql_using="gin"),
    )


class TmdbProvider(Base):
    """A provider id of TMDB and the service that it belongs to."""

    __tablename__ = "tmdb_providers"

    tmdb_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    streaming_service_id: Mapped[str] = foreign_key("streaming_services.id", ondelete="CASCADE")
    name: Mapped[str] = mapped_column(Text)

    service: Mapped[StreamingService] = to_one("tmdb_providers")

    __table_args__ = (length_check("name", MAX_NAME, minimum=1),)


class OfferEvent(Base):
    """An arrival or a departure of a title at a service in a country.

    The first fetch of a title makes no events.
    """

    __tablename__ = "offer_events"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    streaming_service_id: Mapped[str] = foreign_key("streaming_services.id", ondelete="CASCADE")
    offer_type: Mapped[OfferType] = enum_column(OfferType, "offer_type")
    country: Mapped[str] = mapped_column(Text)
    kind: Mapped[OfferEventKind] = enum_column(OfferEventKind, "offer_event_kind")
    occurred_at: Mapped[datetime] = created_at_column()

    media_item: Mapped["MediaItem"] = to_one()
    service: Mapped[StreamingService] = to_one()

    __table_args__ = (Index("ix_offer_events_media_item_id_occurred_at", "media_item_id", "occurred_at"),)
