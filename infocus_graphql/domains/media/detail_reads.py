"""Details of titles in SQL: ratings, genres and similar titles."""

import enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Enum,
    and_,
    any_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.util import immutabledict

from infocus_graphql.db.base import Base, to_one
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlValue
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.media.details import Genre, SimilarTitle
from infocus_graphql.domains.media.models import MediaItem, MediaType


class RatingSource(enum.Enum):
    """The sources of ratings."""

    TMDB = "tmdb"


_SOURCE: Final = Enum(
    RatingSource, native_enum=False, values_callable=lambda members: [each.value for each in members]
)


def _title_ratings() -> SqlValue:
    item = aliased(MediaItem)
    return (
        select(
            func.concat(item.id, ":tmdb").label("id"),
            item.id.label("media_item_id"),
            literal_column("'tmdb'", _SOURCE).label("source"),
            item.rating.label("value"),
            item.vote_count.label("votes"),
        )
        .where(item.rating.is_not(None))
        .subquery("title_ratings")
    )


class TitleRating(Base):
    """A rating of a title by one source. Computed, not stored."""

    __table__ = _title_ratings()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        media_item_id: Mapped[str]
        source: Mapped[RatingSource]
        value: Mapped[float]
        votes: Mapped[int]


def _similar_items() -> SqlValue:
    similar, item = aliased(SimilarTitle), aliased(MediaItem)
    same = and_(item.tmdb_type == similar.tmdb_type, item.tmdb_id == similar.tmdb_id)
    return (
        select(
            func.concat(similar.media_item_id, ":", item.id).label("id"),
            similar.media_item_id,
            item.id.label("similar_id"),
            similar.position,
        )
        .join(item, same)
        .where(item.removed_at.is_(None))
        .subquery("similar_items")
    )


class SimilarItem(Base):
    """A title of the catalogue that TMDB recommends beside another one. Computed, not stored."""

    __table__ = _similar_items()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        media_item_id: Mapped[str]
        similar_id: Mapped[str]
        position: Mapped[int]

    similar = to_one(
        None,
        argument=MediaItem,
        primaryjoin=lambda: MediaItem.id == SimilarItem.similar_id,
        foreign_keys=lambda: [SimilarItem.similar_id],
        viewonly=True,
    )


@visibility(TitleRating)
def visible_ratings(rating: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All ratings are public."""
    return true()


@visibility(SimilarItem)
def visible_similar_items(similar: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All links between titles are public."""
    return true()


RATINGS: Final = Link(TitleRating, lambda item, rating, viewer: rating.media_item_id == item.id, MediaItem)
SIMILAR: Final = Link(SimilarItem, lambda item, similar, viewer: similar.media_item_id == item.id, MediaItem)
MOST_SIMILAR: Final = Order("POSITION", (SortKey(lambda similar: similar.position),))
# In the order in which the title names them.
GENRES: Final = Link(
    Genre,
    lambda item, genre, viewer: genre.name == any_(item.genres),
    MediaItem,
    position=lambda item, genre: func.array_position(item.genres, genre.name),
)


def _for_types(genre: MappedRow, types: SqlValue) -> ColumnElement[bool]:
    kind = MediaItem.tmdb_type.type
    return or_(
        and_(genre.for_movies, literal(MediaType.MOVIE, kind) == any_(types)),
        and_(genre.for_series, literal(MediaType.TV, kind) == any_(types)),
    )


GENRES_OF_TYPES: Final = Filter(ARRAY(MediaItem.tmdb_type.type), _for_types)
BY_GENRE_NAME: Final = Order("NAME", (SortKey(lambda genre: genre.name),))
