"""Custom scalars: DateTime, Date, CountryCode, LanguageTag, TimeZone, LocalTime and JSONObject."""

import re
from datetime import UTC, date, datetime
from typing import NewType, TypeVar

import orjson
import strawberry
from graphql import GraphQLError, GraphQLNamedType

from infocus_graphql.core.clock import rfc3339
from infocus_graphql.core.countries import country_code_error
from infocus_graphql.core.languages import canonical_language, language_error
from infocus_graphql.core.time_zones import time_zone_error
from infocus_graphql.graph.strawberry_internals import ScalarDefinition, definition_of

CountryCode = NewType("CountryCode", str)
LanguageTag = NewType("LanguageTag", str)
TimeZone = NewType("TimeZone", str)
LocalTime = NewType("LocalTime", str)
JSONObject = NewType("JSONObject", dict)  # type: ignore[type-arg]  # a GraphQL scalar: any keys, any values

D = TypeVar("D", bound=date)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _instant(value: object) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise GraphQLError("A date and time looks like 2026-01-31T20:15:00Z, with a UTC offset.")
    try:
        return _storable(datetime.fromisoformat(value.upper()).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise GraphQLError("This date and time does not exist.") from error


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise GraphQLError("A date looks like 1999-10-15.")
    try:
        return _storable(date.fromisoformat(value))
    except ValueError as error:
        raise GraphQLError("This date does not exist.") from error


def _storable(value: D) -> D:
    # asyncpg uses date.min and date.max, and the same for datetime, for PostgreSQL's -infinity and infinity.
    if not 1 < value.year < 9999:
        raise ValueError("too far away")
    return value


def _country(value: object) -> str:
    fault = country_code_error(value) if isinstance(value, str) else "A country is a text such as DE."
    if fault:
        raise GraphQLError(fault)
    return str(value)


def _language(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("A language is a text such as de or de-AT.")
    tag = canonical_language(value)
    if tag is None:
        raise GraphQLError(language_error(value))
    return tag


def _time_zone(value: object) -> str:
    fault = (
        time_zone_error(value) if isinstance(value, str) else "A time zone is a text such as Europe/Berlin."
    )
    if fault:
        raise GraphQLError(fault)
    return str(value)


def _local_time(value: object) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise GraphQLError("A time of day looks like 08:00.")
    return value


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise GraphQLError('A JSON object is required, such as {"theme": "dark"}.')
    return value


def _as_stored(value: object) -> object:
    """Passes PostgreSQL's JSON text through, because Python would format some numbers differently."""
    return orjson.Fragment(value) if isinstance(value, str) else value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A date and time in the format of RFC 3339. Output is in UTC with six fraction "
        "digits, such as `2026-01-31T20:15:00.250000Z`. Input may have any UTC offset and any "
        "number of fraction digits.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=rfc3339,
        parse_value=_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date in the format of ISO 8601, such as `1999-10-15`.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode",
        description="A country code of ISO 3166-1 alpha-2: two capital letters, such as `DE`.",
        specified_by_url="https://www.iso.org/iso-3166-country-codes.html",
        serialize=str,
        parse_value=_country,
    ),
    LanguageTag: strawberry.scalar(
        name="LanguageTag",
        description="A language tag of BCP 47: a language of ISO 639-1, alone or with a country of ISO "
        "3166-1, such as `de` or `de-AT`. The case of input does not matter.",
        specified_by_url="https://www.rfc-editor.org/info/bcp47",
        serialize=str,
        parse_value=_language,
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description="The name of a time zone in the IANA database, such as `Europe/Berlin`.",
        specified_by_url="https://www.iana.org/time-zones",
        serialize=str,
        parse_value=_time_zone,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime",
        description="A time of day in hours and minutes, from `00:00` to `23:59`, without a time zone.",
        serialize=str,
        parse_value=_local_time,
    ),
    JSONObject: strawberry.scalar(
        name="JSONObject",
        description="A JSON object with any keys and values.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_as_stored,
        parse_value=_object,
    ),
}


def is_scalar(gtype: GraphQLNamedType, python_type: object) -> bool:
    """Whether a GraphQL type is the scalar for this Python type."""
    return definition_of(gtype) is SCALARS[python_type]
