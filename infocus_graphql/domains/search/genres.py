"""Conditions for titles by the names of genres: in English, as the catalogue spells them, or translated."""

from typing import Final

from sqlalchemy import ARRAY, ColumnElement, Integer, Text, all_, any_, func, literal, literal_column, select
from sqlalchemy.orm import aliased

from infocus_graphql.core.folding import input_search_forms
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains.identity.user_settings.reads import viewer_language
from infocus_graphql.domains.media.details import Genre, GenreName
from infocus_graphql.domains.media.models import Spelling, SpellingKind

# Written into the statement: as parameters, they would be sent with each request.
_DASH: Final = literal_column("'-'", Text())
_ONE: Final = literal_column("1", Integer())
_GENRES_OF_TMDB: Final = input_search_forms(
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


def _names(forms: SqlValue) -> SqlExpression:
    """The stored spellings of genres, as an array that can be compared by the GIN index on `genres`."""
    spelling, genre, name = aliased(Spelling), aliased(Genre), aliased(GenreName)
    spelled = select(spelling.name).where(spelling.kind == SpellingKind.GENRE, spelling.key == any_(forms))
    translated = select(genre.name).where(genre.id == name.genre_id, *_translated(name, any_(forms)))
    found = spelled.correlate(None).union(translated.correlate(None)).scalar_subquery()
    return func.array(found, type_=ARRAY(Text()))


def _translated(name: MappedRow, form: SqlValue) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The name is in the viewer's language and has this form."""
    language = func.split_part(viewer_language(VIEWER), _DASH, _ONE)
    return name.language == language, func.search_form(name.name, type_=Text()) == form


def _of_any(item: MappedRow, forms: SqlValue) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = item.genres.bool_op("&&")(_names(forms))
    return condition


def _of_all(item: MappedRow, forms: SqlValue) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = item.genres.bool_op("@>")(_names(forms))
    return condition


def _missing(forms: SqlValue, parent: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(forms).column_valued("wanted")
    spelling, name = aliased(Spelling), aliased(GenreName)
    spelled = select(spelling.key).where(spelling.kind == SpellingKind.GENRE, spelling.key == wanted)
    translated = select(name.genre_id).where(*_translated(name, wanted))
    # TMDB's genres are valid filter values even if the catalogue has no title with them yet.
    not_of_tmdb = wanted != all_(literal(_GENRES_OF_TMDB, ARRAY(Text())))
    return select(wanted).where(not_of_tmdb, ~exists(spelled, spelling), ~exists(translated, name))


def _all() -> SqlSelect:
    return select(Spelling.name).where(Spelling.kind == SpellingKind.GENRE)


_GENRES: Final = Names("a genre of this catalogue", _missing, _all)
GENRE_CONDITIONS: Final = {
    "genres": Filter(ARRAY(Text()), _of_any, convert=input_search_forms, names=_GENRES),
    "all_genres": Filter(ARRAY(Text()), _of_all, convert=input_search_forms, names=_GENRES),
}
