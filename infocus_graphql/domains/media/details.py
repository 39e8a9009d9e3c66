"""Tables with details of titles, such as translations, certifications, videos and genres."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, PrimaryKeyConstraint, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    key_text,
    length_check,
    timestamptz,
    to_many,
    to_one,
    unique,
)
from infocus_graphql.domains.media.models import MAX_DESCRIPTION, MAX_TITLE, MediaItem, MediaType

MAX_NAME, MAX_KEY, MAX_CERTIFICATION = 300, 200, 20


class MediaTranslation(Base):
    """The texts of a title in a language (ISO 639-1) of a country (ISO 3166-1, or "" for any)."""

    __tablename__ = "media_translations"

    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    language: Mapped[str] = mapped_column(key_text())
    country: Mapped[str] = mapped_column(key_text())
    # One translation of each language is the default for readers in other countries.
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=false())
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    tagline: Mapped[str | None] = mapped_column(Text)

    media_item: Mapped[MediaItem] = to_one()

    __table_args__ = (
        PrimaryKeyConstraint("media_item_id", "language", "country"),
        length_check("title", MAX_TITLE),
        length_check("description", MAX_DESCRIPTION),
        length_check("tagline", MAX_TITLE),
    )


class MediaCertification(Base):
    """The certification of a title in a country, and the age from which it allows the title."""

    __tablename__ = "media_certifications"

    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    country: Mapped[str] = mapped_column(key_text())
    label: Mapped[str] = mapped_column(Text)
    # NULL if the label is not in the table of ages.
    minimum_age: Mapped[int | None] = mapped_column(Integer)

    media_item: Mapped[MediaItem] = to_one()

    __table_args__ = (
        PrimaryKeyConstraint("media_item_id", "country"),
        length_check("label", MAX_CERTIFICATION, minimum=1),
        check("minimum_age_range", "minimum_age BETWEEN 0 AND 21", refusal=ErrorCode.OUT_OF_RANGE),
        Index("ix_media_certifications_country_minimum_age", "country", "minimum_age"),
    )


class MediaVideo(Base):
    """A trailer or another video of a title at a video site."""

    __tablename__ = "media_videos"

    id: Mapped[str] = id_column("mv")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    site: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    official: Mapped[bool] = mapped_column(Boolean, server_default=false())
    language: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    published_at: Mapped[datetime | None] = timestamptz(nullable=True)

    media_item: Mapped[MediaItem] = to_one()

    __table_args__ = (
        unique("media_item_id", "site", "key", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("site", MAX_NAME, minimum=1),
        length_check("key", MAX_KEY, minimum=1),
        length_check("name", MAX_NAME),
    )


class SimilarTitle(Base):
    """A title that TMDB recommends beside another one. The catalogue may not have it."""

    __tablename__ = "similar_titles"

    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    tmdb_type: Mapped[MediaType] = enum_column(MediaType, "media_type")
    tmdb_id: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)

    media_item: Mapped[MediaItem] = to_one()

    __table_args__ = (PrimaryKeyConstraint("media_item_id", "tmdb_type", "tmdb_id"),)


class Collection(Base):
    """A collection of films, such as a trilogy."""

    __tablename__ = "collections"

    id: Mapped[str] = id_column("co")
    tmdb_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    poster_path: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = created_at_column()

    media_items: Mapped[list[MediaItem]] = to_many("collection")

    __table_args__ = (
        unique("tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("name", MAX_NAME, minimum=1),
    )


class Genre(Base):
    """A genre of TMDB. `name` is the English name, spelled as in `media_items.genres`."""

    __tablename__ = "genres"

    id: Mapped[str] = id_column("ge")
    tmdb_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    for_movies: Mapped[bool] = mapped_column(Boolean, server_default=false())
    for_series: Mapped[bool] = mapped_column(Boolean, server_default=false())
    created_at: Mapped[datetime] = created_at_column()

    names: Mapped[list["GenreName"]] = to_many("genre")

    __table_args__ = (
        unique("tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        unique("name", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("name", MAX_NAME, minimum=1),
    )


class GenreName(Base):
    """The name of a genre in a language (ISO 639-1)."""

    __tablename__ = "genre_names"

    genre_id: Mapped[str] = foreign_key("genres.id", ondelete="CASCADE", index=False)
    language: Mapped[str] = mapped_column(key_text())
    name: Mapped[str] = mapped_column(Text)

    genre: Mapped[Genre] = to_one("names")

    __table_args__ = (
        PrimaryKeyConstraint("genre_id", "language"),
        length_check("name", MAX_NAME, minimum=1),
    )
