"""Scalars and enums: output formats and rejected inputs."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from graphql import GraphQLError

from infocus_graphql.core.clock import rfc3339
from infocus_graphql.domains.watchlists.models import WatchStatus
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.scalars import SCALARS, CountryCode, JSONObject
from tests.support.client import Api
from tests.support.factories import Factories

INSTANTS = [
    (datetime(2026, 1, 31, 20, 15, tzinfo=UTC), "2026-01-31T20:15:00.000000Z"),
    (datetime(2026, 1, 31, 20, 15, 0, 250_000, UTC), "2026-01-31T20:15:00.250000Z"),
    (datetime(2026, 1, 31, 20, 15, 0, 123_456, UTC), "2026-01-31T20:15:00.123456Z"),
    (datetime(2026, 1, 31, 20, 15, 10, 100, UTC), "2026-01-31T20:15:10.000100Z"),
    (datetime(2026, 1, 31, 0, 15, tzinfo=timezone(timedelta(hours=2))), "2026-01-30T22:15:00.000000Z"),
    (datetime(2, 1, 1, tzinfo=UTC), "0002-01-01T00:00:00.000000Z"),
]


def read(scalar: Any, value: Any) -> Any:
    """Parses a value with a scalar."""
    parse = SCALARS[scalar].parse_value
    assert parse is not None
    return parse(value)


@pytest.mark.parametrize(("instant", "written"), INSTANTS)
def test_a_date_time_is_formatted_in_utc_with_six_digits(instant: datetime, written: str) -> None:
    assert rfc3339(instant) == written
    assert read(datetime, written) == instant


async def test_both_engines_format_date_times_alike(api: Api, make: Factories) -> None:
    for instant, written in INSTANTS:
        item = await make.media(created_at=instant)
        query = "query ($id: ID!) { node(id: $id) { ... on MediaItem { createdAt } } }"
        assert await api.data(query, id=item.id) == {"createdAt": written}


READ: list[tuple[Any, Any, Any]] = [
    (datetime, "2026-01-31T20:15:00Z", datetime(2026, 1, 31, 20, 15, tzinfo=UTC)),
    (datetime, "2026-01-31t20:15:00z", datetime(2026, 1, 31, 20, 15, tzinfo=UTC)),
    (datetime, "2026-01-31T20:15:00.5-05:30", datetime(2026, 2, 1, 1, 45, 0, 500_000, UTC)),
    (datetime, "2026-01-31T20:15:00.123456789Z", datetime(2026, 1, 31, 20, 15, 0, 123_456, UTC)),
    (datetime, "2026-01-31T20:15:00", None),
    (datetime, "2026-01-31", None),
    (datetime, "2026-02-30T00:00:00Z", None),
    (datetime, "2026-01-31T25:00:00Z", None),
    (datetime, "20260131T201500Z", None),
    (datetime, "0001-01-01T00:00:00+23:00", None),
    (datetime, "9999-12-31T23:59:59-23:00", None),
    (datetime, "9999-12-31T23:59:59.999999Z", None),
    (datetime, "\uff12026-01-31T20:15:00Z", None),
    (datetime, 1769890500, None),
    (datetime, None, None),
    (date, "1999-10-15", date(1999, 10, 15)),
    (date, "1999-10-32", None),
    (date, "0000-01-01", None),
    (date, "0001-01-01", None),
    (date, "9999-12-31", None),
    (date, "19991015", None),
    (date, "1999-W41-5", None),
    (date, "1999-10-15T00:00:00Z", None),
    (date, 19991015, None),
    (CountryCode, "DE", "DE"),
    (CountryCode, "de", None),
    (CountryCode, "DEU", None),
    (CountryCode, "D", None),
    (CountryCode, "ÄÖ", None),
    (CountryCode, "DE\n", None),
    (CountryCode, ["DE"], None),
    (JSONObject, {"a": {"b": [1, None]}}, {"a": {"b": [1, None]}}),
    (JSONObject, {}, {}),
    (JSONObject, [], None),
    (JSONObject, "{}", None),
    (JSONObject, 1, None),
]


@pytest.mark.parametrize(("scalar", "given", "expected"), READ)
def test_a_scalar_accepts_only_its_own_format(scalar: Any, given: Any, expected: Any) -> None:
    if expected is None:
        with pytest.raises(GraphQLError):
            read(scalar, given)
    else:
        assert read(scalar, given) == expected


async def test_json_objects_are_equal_as_literal_and_as_variable(api: Api, make: Factories) -> None:
    ann = api.as_(await make.user())
    value: dict[str, Any] = {"theme": "dark", "sizes": [1, 2.5, None, True], "nested": {"ключ": "\U0001f39e"}}
    payload = await ann.change("updateProfile", {"preferences": value}, fields="viewer { preferences }")
    assert payload == {"viewer": {"preferences": value}, "errors": []}
    literal = """mutation ($size: Int) { updateProfile(input: {preferences: {
        theme: "dark", sizes: [$size, 2.5, null, true], nested: {key: LIGHT}
    }}) { viewer { preferences } } }"""
    payload = await ann.data(literal, size=7)
    found = payload["viewer"]["preferences"]
    assert found == value | {"sizes": [7, 2.5, None, True], "nested": value["nested"] | {"key": "LIGHT"}}


async def test_date_times_dates_and_numbers_are_returned_as_stored(api: Api, make: Factories) -> None:
    added = datetime(2026, 1, 31, 20, 15, 0, 120_000, UTC)
    item = await make.media(release_date=date(1999, 10, 15), rating=8.4, created_at=added)
    response = await api.post(
        "query ($id: ID!) { node(id: $id) { ... on MediaItem { releaseDate rating createdAt tmdbType } } }",
        id=item.id,
    )
    assert orjson.loads(response.content)["data"]["node"] == {
        "releaseDate": "1999-10-15",
        "rating": 8.4,
        "createdAt": "2026-01-31T20:15:00.120000Z",
        "tmdbType": "MOVIE",
    }


async def test_an_enum_is_parsed_and_serialized_by_name(api: Api, make: Factories) -> None:
    ann = api.as_(await make.user())
    item = await make.media()
    payload = await ann.change(
        "addToWatchlist", {"media": {"id": item.id}, "status": "WATCHING"}, fields="entry { status }"
    )
    assert payload["entry"] == {"status": "WATCHING"}
    for wrong in ("watching", "SEEN", 1, None):
        result = await ann.result(
            "mutation ($input: AddToWatchlistInput!) { addToWatchlist(input: $input) { errors { code } } }",
            input={"media": {"id": item.id}, "status": wrong},
        )
        assert {error["extensions"]["code"] for error in result["errors"]} == {"BAD_USER_INPUT"}, wrong


def test_publishing_an_enum_needs_a_description_for_each_value() -> None:
    with pytest.raises(TypeError, match="WatchStatus"):
        publish_enum(WatchStatus, "How far.", {WatchStatus.WATCHING: "Has begun."})
