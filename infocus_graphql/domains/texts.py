"""Titles, descriptions and names of genres in the language of an argument or of the viewer, in SQL.

For `de-AT`, a text is looked for in this order: de-AT, the default of German (de-DE), the original if the
title is German, English, and the text of the title's own row:

    CASE WHEN $language IS NULL THEN m.title
         ELSE coalesce((SELECT t.title FROM media_translations t WHERE … ORDER BY … LIMIT 1), m.title) END

For viewers without a language, the lookups below the CASE never run, and the row's own text is returned.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Integer, Text, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.batch_queries import Parameter
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.sql_types import MappedAttribute, MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.user_settings.reads import FALLBACK_LANGUAGE, viewer_language
from infocus_graphql.domains.media.details import GenreName, MediaTranslation

LANGUAGE: Final = Parameter(Text())
# Written into the statement: as parameters, they would be sent with each request.
_DASH: Final = literal_column("'-'", Text())
_ONE: Final = literal_column("1", Integer())
_TWO: Final = literal_column("2", Integer())
_FALLBACK: Final = literal_column(f"'{FALLBACK_LANGUAGE}'", Text())
Localised = Callable[..., SqlExpression]


def localised(own: MappedAttribute, translated: MappedAttribute, *, original: str | None = None) -> Localised:
    """Returns the expression of a title's text in the viewer's language, or in that of an argument.

    `own` is the column in the title's row, `translated` that of its translations, and `original` the name of
    the column with the text in the original language.
    """

    def expression(
        item: MappedRow, viewer: SqlViewer, language: SqlExpression | None = None
    ) -> SqlExpression:
        wanted = viewer_language(viewer) if language is None else language
        value = getattr(item, own.key)
        choices = [_translated(item, translated, wanted, viewer, language)]
        if original is not None:
            is_original = item.original_language == _language_of(wanted)
            choices.append(case((is_original, getattr(item, original))))
        choices.append(_in_english(item, translated))
        return case((wanted.is_(None), value), else_=func.coalesce(*choices, value))

    return expression


def genre_name(genre: MappedRow, viewer: SqlViewer, language: SqlExpression | None = None) -> SqlExpression:
    """The name of a genre in the viewer's language, or in that of the argument; else in English."""
    wanted = viewer_language(viewer) if language is None else language
    name = aliased(GenreName)
    found = select(name.name).where(name.genre_id == genre.id, name.language == _language_of(wanted))
    return case((wanted.is_(None), genre.name), else_=func.coalesce(scalar(found, name), genre.name))


def _translated(
    item: MappedRow,
    text: MappedAttribute,
    wanted: SqlValue,
    viewer: SqlViewer,
    language: SqlExpression | None,
) -> SqlExpression:
    """The text in the wanted language: that of the wanted country if there is one, else the default."""
    row = aliased(MediaTranslation)
    of_country = row.country == func.split_part(wanted, _DASH, _TWO)
    found = (
        select(getattr(row, text.key))
        .where(
            row.media_item_id == item.id,
            row.language == _language_of(wanted),
            or_(of_country, row.is_default),
            getattr(row, text.key).is_not(None),
        )
        .order_by(of_country.desc())
        .limit(_ONE)
    )
    return scalar(found, row)


def _in_english(item: MappedRow, text: MappedAttribute) -> SqlExpression:
    row = aliased(MediaTranslation)
    found = select(getattr(row, text.key)).where(
        row.media_item_id == item.id, row.language == _FALLBACK, row.is_default
    )
    return scalar(found.limit(_ONE), row)


def _language_of(tag: SqlValue) -> ColumnElement[str]:
    found: ColumnElement[str] = func.split_part(tag, _DASH, _ONE, type_=Text())
    return found
