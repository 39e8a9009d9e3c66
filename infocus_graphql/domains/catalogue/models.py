"""The state of the copies of TMDB's titles."""

from datetime import datetime

from sqlalchemy import Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import Base, check, enum_column, key_text, timestamptz
from infocus_graphql.domains.media.models import MediaType


class TitleFetch(Base):
    """The state of fetching one title of TMDB. The catalogue may not have the title.

    It is a table of its own, so that a refresh that finds nothing new doesn't rewrite the title's row.
    """

    __tablename__ = "title_fetches"

    tmdb_type: Mapped[MediaType] = enum_column(MediaType, "media_type", primary_key=True)
    tmdb_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # The worker that fetches the title now; others wait until it has finished, or until the claim expires.
    claim: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = timestamptz(nullable=True)
    # The last complete fetch.
    fetched_at: Mapped[datetime | None] = timestamptz(nullable=True)
    # The first of the current 404s in a row.
    missing_since: Mapped[datetime | None] = timestamptz(nullable=True)
    # The last failure, and the number of failures since the last complete fetch.
    failed_at: Mapped[datetime | None] = timestamptz(nullable=True)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    # When the title is due for a refresh; NULL if never.
    refresh_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        check("tmdb_id_positive", "tmdb_id > 0", refusal=ErrorCode.OUT_OF_RANGE),
        check("failures_not_negative", "failures >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        Index("ix_title_fetches_refresh_at", "refresh_at", postgresql_where=text("refresh_at IS NOT NULL")),
    )


class CatalogueSync(Base):
    """Until when something was read from TMDB, such as its changes feed of films."""

    __tablename__ = "catalogue_syncs"

    name: Mapped[str] = mapped_column(key_text(), primary_key=True)
    synced_at: Mapped[datetime] = timestamptz()
