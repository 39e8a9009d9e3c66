"""Titles, descriptions and names of genres in the language of an argument or of the viewer, in SQL.

For `de-AT`, a text is looked for in this order: de-AT, the default of German (de-DE), the original if the
title is German, English, and the text of the title's own row:

    coalesce(title_in_language(m.id, $language), m.title)

PostgreSQL doesn't call the function without a language. With sub-selects in its place, every statement
would open their tables and indexes, which costs more than reading a title.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Integer, Text, func, literal_column, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.batch_queries import Parameter
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.sql_types import MappedAttribute, MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.user_settings.reads import viewer_language
from infocus_graphql.domains.media.details import GenreName

LANGUAGE: Final = Parameter(Text())
# Written into the statement: as parameters, they would be sent with each request.
_DASH: Final = literal_column("'-'", Text())
_ONE: Final = literal_column("1", Integer())
Localised = Callable[..., SqlExpression]


def localised(own: MappedAttribute) -> Localised:
    """Returns the expression of a title's text in the viewer's language, or in that of an argument."""
    in_language = getattr(func, f"{own.key}_in_language")

    def expression(
        item: MappedRow, viewer: SqlViewer, language: SqlExpression | None = None
    ) -> SqlExpression:
        wanted = viewer_language(viewer) if language is None else language
        found: SqlExpression = in_language(item.id, wanted, type_=Text())
        return func.coalesce(found, getattr(item, own.key))

    return expression


def genre_name(genre: MappedRow, viewer: SqlViewer, language: SqlExpression | None = None) -> SqlExpression:
    """The name of a genre in the viewer's language, or in that of the argument; else in English."""
    wanted = viewer_language(viewer) if language is None else language
    name = aliased(GenreName)
    in_language = name.language == func.split_part(wanted, _DASH, _ONE)
    return func.coalesce(
        scalar(select(name.name).where(name.genre_id == genre.id, in_language), name), genre.name
    )
