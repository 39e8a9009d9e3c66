"""People and their credits: the cast and the crew of titles."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    length_check,
    to_many,
    to_one,
    unique,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.media.models import MediaItem

MAX_NAME, MAX_ROLE, MAX_PATH = 300, 500, 500


class CreditKind(enum.Enum):
    """The two lists of credits of a title."""

    CAST = "cast"
    CREW = "crew"


class Person(Base):
    """A person with a credit in a title of the catalogue."""

    __tablename__ = "people"

    id: Mapped[str] = id_column("pe")
    tmdb_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    profile_path: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = created_at_column()

    credits: Mapped[list["Credit"]] = to_many("person")

    __table_args__ = (
        unique("tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("name", MAX_NAME, minimum=1),
    )


class Credit(Base):
    """A part of a person in a title. One person can have several."""

    __tablename__ = "credits"

    id: Mapped[str] = id_column("cr")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    person_id: Mapped[str] = foreign_key("people.id", ondelete="CASCADE")
    tmdb_credit_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[CreditKind] = enum_column(CreditKind, "credit_kind")
    position: Mapped[int] = mapped_column(Integer)
    character: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    job: Mapped[str | None] = mapped_column(Text)
    episode_count: Mapped[int | None] = mapped_column(Integer)

    media_item: Mapped["MediaItem"] = to_one()
    person: Mapped[Person] = to_one("credits")

    __table_args__ = (
        unique("media_item_id", "tmdb_credit_id", refusal=ErrorCode.ALREADY_EXISTS),
        check("position_not_negative", "position >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        length_check("character", MAX_ROLE),
        length_check("job", MAX_ROLE),
        Index("ix_credits_media_item_id_kind_position", "media_item_id", "kind", "position"),
    )
