"""The catalogue: filters, orders, pages."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from infocus_graphql.domains.media.models import MediaType
from tests.support.client import Api
from tests.support.factories import Factories

CATALOGUE = """query ($filter: MediaItemFilter, $order: MediaItemOrder, $first: Int, $after: String,
    $last: Int, $before: String) {
  discoverMedia(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last,
      before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { title } } }"""


@pytest.fixture
async def catalogue(api: Api, make: Factories) -> Api:
    """A client of a catalogue with five titles. C and D have no date, B and D no rating."""
    rows: dict[str, dict[str, Any]] = {
        "A": {"release_date": date(1999, 10, 15), "rating": 8.4, "genres": ["Drama", "Crime"]},
        "B": {"release_date": date(1994, 9, 23), "genres": ["Crime"]},
        "C": {"rating": 0.5, "tmdb_type": MediaType.TV, "genres": ["Drama"]},
        "D": {"tmdb_type": MediaType.TV},
        "E": {"release_date": date(1999, 10, 15), "rating": 8.4},
    }
    for index, (title, values) in enumerate(rows.items()):
        item = await make.media(title, created_at=datetime(2024, 1, 9 - index, tzinfo=UTC), **values)
        if title in "AD":
            await make.provider(item, regions=["DE", "AT"] if title == "A" else ["AT"])
    return api


async def found(api: Api, **variables: Any) -> str:
    """Returns the titles of a query's result, joined."""
    page = await api.data(CATALOGUE, **variables)
    assert page["totalCount"] == len(page["nodes"])
    return " ".join(node["title"] for node in page["nodes"])


BAD = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}

FILTERS: list[tuple[Any, str]] = [
    (None, "A B C D E"),
    ({}, "A B C D E"),
    ({"types": ["TV"]}, "C D"),
    ({"types": ["TV", "MOVIE"]}, "A B C D E"),
    ({"genres": ["Drama"]}, "A C"),
    ({"genres": ["Crime", "Drama"]}, "A B C"),
    ({"genres": [" drÁMa"]}, "A C"),
    ({"query": "e"}, "E"),
    ({"releasedSince": "1999-10-15"}, "A E"),
    ({"releasedSince": "1999-10-16"}, ""),
    ({"releasedSince": "0002-01-01"}, "A B E"),
    ({"releasedUntil": "1994-09-23"}, "B"),
    ({"releasedUntil": "1994-09-22"}, ""),
    ({"releasedUntil": "9998-12-31"}, "A B E"),
    ({"releasedSince": "1994-01-01", "releasedUntil": "1994-12-31"}, "B"),
    ({"ratedAtLeast": 8.4}, "A E"),
    ({"ratedAtLeast": 8.5}, ""),
    ({"ratedAtLeast": 0}, "A C E"),
    ({"ratedAtLeast": 10}, ""),
    ({"availableIn": "AT"}, "A D"),
    ({"availableIn": "DE"}, "A"),
    ({"availableIn": ["FR", "AT"]}, "A D"),
    ({"types": ["MOVIE"], "genres": ["Crime"], "ratedAtLeast": 1, "availableIn": "DE", "query": "A"}, "A"),
    ({"types": ["TV"], "availableIn": "DE"}, ""),
    ({"types": None, "genres": None, "query": None, "releasedSince": None}, "A B C D E"),
    ({"releasedUntil": None, "ratedAtLeast": None, "availableIn": None}, "A B C D E"),
]


async def test_filters_are_combined_with_and(catalogue: Api) -> None:
    for given, expected in FILTERS:
        assert await found(catalogue, filter=given) == expected, given


async def test_every_order_works_in_both_directions_with_nulls_last(catalogue: Api) -> None:
    expected = {
        ("TITLE", "ASC"): "A B C D E",
        ("TITLE", "DESC"): "E D C B A",
        ("RELEASE_DATE", "ASC"): "B A E C D",
        ("RELEASE_DATE", "DESC"): "E A B D C",
        ("RATING", "ASC"): "C A E B D",
        ("RATING", "DESC"): "E A C D B",
        ("CREATED_AT", "ASC"): "E D C B A",
        ("CREATED_AT", "DESC"): "A B C D E",
    }
    for (field, direction), wanted in expected.items():
        order = {"field": field, "direction": direction}
        assert await found(catalogue, order=order) == wanted, order
        if field == "RATING":
            forwards: list[str] = []
            backwards: list[str] = []
            after = before = None
            for _ in range(3):
                page = await catalogue.data(CATALOGUE, order=order, first=2, after=after)
                forwards += [node["title"] for node in page["nodes"]]
                after = page["pageInfo"]["endCursor"]
                page = await catalogue.data(CATALOGUE, order=order, last=2, before=before)
                backwards[:0] = [node["title"] for node in page["nodes"]]
                before = page["pageInfo"]["startCursor"]
            assert " ".join(forwards) == " ".join(backwards) == wanted
    assert await found(catalogue, order={}) == "A B C D E"
    assert await found(catalogue, order={"field": "RATING"}) == "C A E B D"


async def test_invalid_filters_are_bad_input(catalogue: Api) -> None:
    wrong: list[dict[str, Any]] = [
        {"filter": {"releasedSince": "1999-13-01"}},
        {"filter": {"releasedSince": "yesterday"}},
        {"filter": {"releasedSince": "10000-01-01"}},
        {"filter": {"releasedSince": "0001-01-01"}},
        {"filter": {"releasedUntil": "9999-12-31"}},
        {"filter": {"releasedUntil": 0}},
        {"filter": {"availableIn": "Germany"}},
        {"filter": {"types": ["movie"]}},
        {"filter": {"types": [None]}},
        {"filter": {"genres": [1]}},
        {"filter": {"ratedAtLeast": "8"}},
        {"filter": {"query": ["a"]}},
        {"filter": {"title": "a"}},
        {"filter": "A"},
        {"order": {"field": "NAME"}},
        {"order": {"field": None}},
        {"order": {"direction": "UP"}},
    ]
    for variables in wrong:
        response = await catalogue.post(CATALOGUE, **variables)
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", variables


async def test_a_literal_out_of_the_range_of_int_is_rejected(catalogue: Api) -> None:
    for literal in ("ratedAtLeast: 1e999", "ratedAtLeast: NaN", "ratedAtLeast: Infinity"):
        result = await catalogue.result(f"{{ discoverMedia(filter: {{{literal}}}) {{ totalCount }} }}")
        assert result["errors"][0]["extensions"]["code"] in BAD, literal
        assert "data" not in result
