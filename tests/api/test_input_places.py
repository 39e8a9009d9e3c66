"""Each error about the input has a location and the path of the wrong value; the same from both engines."""

from typing import Any

import pytest

from tests.support.client import Api
from tests.support.factories import Factories

LITERALS = {
    '{ mediaItems(filter: {releasedSince: "1999"}) { totalCount } }': '"1999"',
    '{ mediaItems(filter: {genres: ["Drama"], availableIn: ["xx"]}) { totalCount } }': '"xx"',
    '{ viewer { watchlist(filter: {addedSince: "today"}) { totalCount } } }': '"today"',
    "mutation { updateProfile(input: {preferences: [1]}) { errors { code } } }": "[1]",
    'mutation { saveStreamingProvider(input: {media: {id: "a"}, provider: "b", regions: ["DE", "x"]}) '
    "{ errors { code } } }": '"x"',
    '{ mediaItem(ref: {id: "a", tmdb: {id: 1, type: MOVIE}}) { id } }': '{id: "a", tmdb',
    "{ mediaItem(ref: {id: null}) { id } }": "{id: null}",
    'query ($d: Date = "never") { mediaItems(filter: {releasedSince: $d}) { totalCount } }': '"never"',
}
FILTER = "query ($v: MediaItemFilter) { mediaItems(filter: $v) { totalCount } }"
REF = "query ($v: MediaRef!) { mediaItem(ref: $v) { id } }"
PROFILE = "mutation ($v: UpdateProfileInput!) { updateProfile(input: $v) { errors { code } } }"
ADD = "mutation ($v: AddToWatchlistInput!) { addToWatchlist(input: $v) { errors { code } } }"
BOTH = {"id": "a", "tmdb": {"id": 1, "type": "MOVIE"}}
VARIABLES: list[tuple[str, Any, list[list[str]]]] = [
    (FILTER, {"availableIn": ["xx"], "genres": ["a", 3]}, [["availableIn", "0"], ["genres", "1"]]),
    (FILTER, {"releasedSince": "1999", "releasedUntil": 5}, [["releasedSince"], ["releasedUntil"]]),
    (FILTER, {"nothing": 1}, [[]]),
    (REF, BOTH, [[]]),
    (REF, {}, [[]]),
    (REF, {"id": None}, [[]]),
    (REF, {"tmdb": {"id": "q", "type": "FILM"}}, [["tmdb", "id"], ["tmdb", "type"]]),
    (PROFILE, {"preferences": [1]}, [["preferences"]]),
    (PROFILE, {"name": "a\0b"}, [["name"]]),
    (ADD, {"media": BOTH, "rating": 1.5}, [["media"], ["rating"]]),
    (ADD, {"rating": 2**40}, [[], ["rating"]]),
]


@pytest.mark.parametrize("query", LITERALS)
async def test_a_wrong_literal_is_located(api: Api, make: Factories, query: str) -> None:
    user = await make.user()
    (error,) = (await api.as_(user, is_staff=True).result(query))["errors"]
    assert error["locations"] == [{"line": 1, "column": query.index(LITERALS[query]) + 1}]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(("query", "value", "paths"), VARIABLES)
async def test_a_wrong_variable_is_named_with_the_path_inside(
    api: Api, make: Factories, query: str, value: Any, paths: list[list[str]]
) -> None:
    result = await api.as_(await make.user()).result(query, v=value)
    assert "data" not in result
    found = [error["extensions"] for error in result["errors"]]
    assert sorted(found, key=str) == sorted(
        ({"code": "BAD_USER_INPUT", "variable": ["v", *path]} for path in paths), key=str
    )
    for error in result["errors"]:
        assert error["locations"] == [{"line": 1, "column": query.index("$v") + 1}]


async def test_a_missing_variable_is_named(api: Api) -> None:
    (error,) = (await api.result(REF))["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["v"]}
    assert error["locations"]
