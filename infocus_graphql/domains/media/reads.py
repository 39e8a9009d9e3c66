"""Orders and filters of the catalogue, and the resolution of `MediaRef`."""

from functools import partial
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Double, Text, any_, select
from sqlalchemy.orm import aliased

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.core.folding import input_search_form
from infocus_graphql.core.text import MAX_INT, check_range
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlValue
from infocus_graphql.domains.media.models import MediaItem, MediaType, StreamingProvider

BY_RELEASE = Order("RELEASE_DATE", (SortKey(lambda item: item.release_date, nullable=True),))
BY_TITLE = Order("TITLE", (SortKey(lambda item: item.title_sort),))


def contains(text: str) -> str:
    """Returns the LIKE pattern for search forms that contain `text`. Wildcards in `text` are escaped."""
    escaped = input_search_form(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _available_in(item: MappedRow, regions: SqlValue) -> ColumnElement[bool]:
    provider = aliased(StreamingProvider)
    offered = select(provider.id).where(
        provider.media_item_id == item.id, provider.regions.bool_op("&&")(regions)
    )
    return exists(offered, provider)


_RATING = partial(check_range, minimum=0, maximum=10)
MEDIA_CONDITIONS = {
    "types": Filter(ARRAY(MediaItem.tmdb_type.type), lambda item, value: item.tmdb_type == any_(value)),
    "released_since": Filter(Date(), lambda item, value: item.release_date >= value),
    "released_until": Filter(Date(), lambda item, value: item.release_date <= value),
    "rated_at_least": Filter(Double(), lambda item, value: item.rating >= value, check=_RATING),
    "available_in": Filter(ARRAY(Text()), _available_in),
}


def matches_media_ref(
    *,
    id: str | None = None,  # noqa: A002 - the name in inputs and seeds
    tmdb_type: MediaType | None = None,
    tmdb_id: int | None = None,
) -> ColumnElement[bool]:
    """Returns the condition that matches the title with this id, or with this TMDB type and id."""
    if id is not None:
        return MediaItem.id == id
    return (MediaItem.tmdb_type == tmdb_type) & (MediaItem.tmdb_id == tmdb_id)


def check_tmdb_id(tmdb_id: int, *path: str) -> None:
    """Raises OUT_OF_RANGE for an impossible TMDB id."""
    check_range(tmdb_id, *path, minimum=1, maximum=MAX_INT)


def media_ref_arguments(ref: Any, *path: str) -> dict[str, object]:
    """Returns the arguments of `matches_media_ref` for a `MediaRef`, in which exactly one field is set."""
    if ref.tmdb:
        check_tmdb_id(ref.tmdb.id, *path, "tmdb", "id")
        return {"tmdb_type": ref.tmdb.type, "tmdb_id": ref.tmdb.id}
    return {"id": ref.id}


def unknown_title(path: str = "media") -> Refused:
    """Returns the error for a title that is not in the catalogue."""
    return refused(ErrorCode.NOT_FOUND, "This title is not in the catalogue.", path)
