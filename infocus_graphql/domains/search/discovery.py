"""Conditions for titles by text, genre, votes, runtime, language, streaming service and certification.

The region of a filter belongs to conditions such as `services`, so these take it as the first item of their
value: `["DE", "ss…"]`, or `["", "ss…"]` for the viewer's region.
"""

from functools import partial
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Integer, Text, any_, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import Grouping

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused
from infocus_graphql.core.folding import input_search_form
from infocus_graphql.core.ids import check_ids
from infocus_graphql.core.languages import canonical_language, language_error
from infocus_graphql.core.text import MAX_INT, check_range, validated_text
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains.identity.user_settings.reads import viewer_region, viewer_services
from infocus_graphql.domains.media.details import Genre, MediaCertification
from infocus_graphql.domains.media.models import StreamingProvider
from infocus_graphql.domains.search.genres import GENRE_CONDITIONS
from infocus_graphql.domains.search.models import MediaSearchTerms
from infocus_graphql.domains.search.reads import MAX_QUERY

MAX_RUNTIME: Final = 10_000
MAX_AGE: Final = 21


def _matches(item: MappedRow, text: SqlValue) -> ColumnElement[bool]:
    its = aliased(MediaSearchTerms)
    # A sub-select of its own, so that PostgreSQL calls the function once.
    query = select(func.search_query(text)).scalar_subquery()
    # As an array, because PostgreSQL would look up the terms of all titles in the order of the list.
    found = select(its.media_item_id).where(its.terms.bool_op("@@")(query)).correlate(None).scalar_subquery()
    condition: ColumnElement[bool] = item.id == any_(func.array(found, type_=ARRAY(Text())))
    return condition


def _of_genre_ids(item: MappedRow, ids: SqlValue) -> ColumnElement[bool]:
    genre = aliased(Genre)
    names = select(genre.name).where(genre.id == any_(ids)).correlate(None).scalar_subquery()
    condition: ColumnElement[bool] = item.genres.bool_op("&&")(func.array(names, type_=ARRAY(Text())))
    return condition


def missing_rows(model: Any) -> Any:
    """Returns `Names.missing` for a filter whose values are ids of rows of `model`."""

    def missing(ids: SqlValue, parent: MappedRow) -> SqlSelect:
        row, wanted = aliased(model), func.unnest(ids).column_valued("wanted")
        return select(wanted).where(~exists(select(row.id).where(row.id == wanted), row))

    return missing


def _item(values: SqlValue, number: int) -> SqlValue:
    return Grouping(values)[number]  # `($1)[1]`: a parameter needs the parentheses


def _region(given: SqlValue) -> SqlExpression:
    return func.coalesce(func.nullif(given, ""), viewer_region(VIEWER))


def _offered(item: MappedRow, region: SqlExpression, services: SqlExpression) -> ColumnElement[bool]:
    provider = aliased(StreamingProvider)
    offers = select(provider.id).where(
        provider.media_item_id == item.id,
        provider.streaming_service_id == any_(services),
        or_(region.is_(None), region == any_(provider.regions)),
    )
    return exists(offers, provider)


def _suitable(item: MappedRow, value: SqlValue) -> ColumnElement[bool]:
    row, region = aliased(MediaCertification), _region(_item(value, 1))
    certified = select(row.country).where(
        row.media_item_id == item.id,
        row.minimum_age <= _item(value, 2).cast(Integer),
        or_(region.is_(None), row.country == region),
    )
    return exists(certified, row)


def _check_languages(values: list[str], *path: str) -> None:
    wrong = [value for value in values if canonical_language(value) is None or "-" in value]
    if wrong:
        raise Refused(*(Refusal(ErrorCode.INVALID, language_error(value), path) for value in wrong))


def stated(row: MappedRow, value: SqlValue) -> ColumnElement[bool]:
    """A value that another condition applies, and that is only checked here."""
    return true()


_minutes = partial(check_range, minimum=0, maximum=MAX_RUNTIME)
# For the catalogue. Lists of users are filtered by the texts that are shown.
CATALOGUE_CONDITIONS: Final = {
    "query": Filter(Text(), stated, check=partial(validated_text, minimum=0, maximum=MAX_QUERY)),
    "matching": Filter(Text(), _matches, convert=input_search_form),
}
DISCOVERY_CONDITIONS: Final = {
    **GENRE_CONDITIONS,
    "genre_ids": Filter(
        ARRAY(Text()),
        _of_genre_ids,
        check=partial(check_ids, "ge", "genre"),
        names=Names("a genre of this catalogue", missing_rows(Genre)),
    ),
    "votes_at_least": Filter(
        Integer(),
        lambda item, value: item.vote_count >= value,
        check=partial(check_range, minimum=0, maximum=MAX_INT),
    ),
    "runtime_at_least": Filter(Integer(), lambda item, value: item.runtime_minutes >= value, check=_minutes),
    "runtime_at_most": Filter(Integer(), lambda item, value: item.runtime_minutes <= value, check=_minutes),
    "original_languages": Filter(
        ARRAY(Text()),
        lambda item, value: item.original_language == any_(value),
        convert=lambda values: sorted({str(canonical_language(value)) for value in values}),
        check=_check_languages,
    ),
    "services_in_region": Filter(
        ARRAY(Text()), lambda item, value: _offered(item, _region(_item(value, 1)), value)
    ),
    "own_services_in_region": Filter(
        Text(), lambda item, value: _offered(item, _region(value), viewer_services(VIEWER))
    ),
    "suitable_for_age": Filter(Integer(), stated, check=partial(check_range, minimum=0, maximum=MAX_AGE)),
    "suitable_in_region": Filter(ARRAY(Text()), _suitable),
}
