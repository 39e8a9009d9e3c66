"""Orders and filters of the catalogue, and the resolution of `MediaRef`."""

from functools import partial
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Double, Text, all_, any_, func, literal, select
from sqlalchemy.orm import aliased

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.core.folding import input_search_form, input_search_forms
from infocus_graphql.core.text import MAX_INT, check_range
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.domains.media.models import (
    MediaItem,
    MediaType,
    Spelling,
    SpellingKind,
    StreamingProvider,
)

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


def genre_names(forms: SqlValue) -> SqlExpression:
    """The stored spellings of genres, as an array that can be compared by the GIN index on `genres`."""
    spelling = aliased(Spelling)
    spelled = select(spelling.name).where(spelling.kind == SpellingKind.GENRE, spelling.key == any_(forms))
    return func.array(spelled.correlate(None).scalar_subquery(), type_=ARRAY(Text()))


def _of_genres(item: MappedRow, forms: SqlValue) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = item.genres.bool_op("&&")(genre_names(forms))
    return condition


def _missing_genres(forms: SqlValue, parent: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(forms).column_valued("wanted")
    spelling = aliased(Spelling)
    spelled = select(spelling.key).where(spelling.kind == SpellingKind.GENRE, spelling.key == wanted)
    # TMDB's genres are valid filter values even if the catalogue has no title with them yet.
    not_of_tmdb = wanted != all_(literal(_GENRES_OF_TMDB, ARRAY(Text())))
    return select(wanted).where(not_of_tmdb, ~exists(spelled, spelling))


def _all_genres() -> SqlSelect:
    return select(Spelling.name).where(Spelling.kind == SpellingKind.GENRE)


_GENRES_OF_TMDB = input_search_forms(
    [
        *(
            "Action",
            "Action & Adventure",
            "Adventure",
            "Animation",
            "Comedy",
            "Crime",
            "Documentary",
            "Drama",
        ),
        *("Family", "Fantasy", "History", "Horror", "Kids", "Music", "Mystery", "News", "Reality", "Romance"),
        *("Sci-Fi & Fantasy", "Science Fiction", "Soap", "TV Movie", "Talk", "Thriller", "War"),
        *("War & Politics", "Western"),
    ]
)
GENRES = Names("a genre of this catalogue", _missing_genres, _all_genres)
_RATING = partial(check_range, minimum=0, maximum=10)
MEDIA_CONDITIONS = {
    "types": Filter(ARRAY(MediaItem.tmdb_type.type), lambda item, value: item.tmdb_type == any_(value)),
    "genres": Filter(ARRAY(Text()), _of_genres, convert=input_search_forms, names=GENRES),
    "query": Filter(Text(), lambda item, value: item.title_search.like(value), convert=contains),
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
