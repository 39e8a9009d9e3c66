"""Input errors have a location and the path of the invalid value, identical in both engines."""

from typing import Any

import pytest

from tests.support.client import Api
from tests.support.factories import Factories

INT = "a whole number from -2,147,483,648 to 2,147,483,647"
# The wrong part, its path, and the beginning of the message.
LITERALS: dict[str, tuple[str, list[str], str]] = {
    '{ discoverMedia(filter: {releasedSince: "1999"}) { totalCount } }': (
        '"1999"',
        ["filter", "releasedSince"],
        "`filter.releasedSince` is not valid. A date looks like 1999-10-15.",
    ),
    '{ discoverMedia(filter: {genres: ["Drama"], availableIn: ["DE", "xx"]}) { totalCount } }': (
        '"xx"',
        ["filter", "availableIn", "1"],
        "`filter.availableIn[1]` is not valid.",
    ),
    '{ viewer { watchlist(filter: {addedSince: "today"}) { totalCount } } }': (
        '"today"',
        ["filter", "addedSince"],
        "`filter.addedSince` is not valid. A date and time",
    ),
    "{ discoverMedia(filter: {ratedAtLeast: 1e400}) { totalCount } }": (
        "1e400",
        ["filter", "ratedAtLeast"],
        "`filter.ratedAtLeast` must be a finite number.",
    ),
    '{ discoverMedia(first: "3") { totalCount } }': (
        '"3"',
        ["first"],
        f"`first` must be {INT}, not a string.",
    ),
    "{ discoverMedia(first: 1.5) { totalCount } }": (
        "1.5",
        ["first"],
        f"`first` must be {INT}, not a fraction.",
    ),
    f"{{ discoverMedia(first: {'9' * 5000}) {{ totalCount }} }}": (
        "9999",
        ["first"],
        f"`first` must be {INT}.",
    ),
    "{ discoverMedia(after: FIRST) { totalCount } }": (
        "FIRST",
        ["after"],
        "`after` must be a string, not an enum value.",
    ),
    "{ node(id: true) { id } }": (
        "true",
        ["id"],
        "`id` must be an id, which is a string or a whole number, not true or false.",
    ),
    '{ viewer { watchlist(filter: {isRated: "no"}) { totalCount } } }': (
        '"no"',
        ["filter", "isRated"],
        "`filter.isRated` must be true or false, not a string.",
    ),
    '{ discoverMedia(filter: {types: ["MOVIE"]}) { totalCount } }': (
        '"MOVIE"',
        ["filter", "types", "0"],
        "`filter.types[0]` must be `MOVIE` or `TV`, not a string.",
    ),
    "{ discoverMedia(filter: {types: [MOVIE, FILM]}) { totalCount } }": (
        "FILM",
        ["filter", "types", "1"],
        "`filter.types[1]` must be `MOVIE` or `TV`.",
    ),
    "{ discoverMedia(filter: 3) { totalCount } }": (
        "3",
        ["filter"],
        "`filter` must be an object of the type `MediaItemFilter`, not a number.",
    ),
    "{ discoverMedia(filter: {genre: [1]}) { totalCount } }": (
        "[1]",
        ["filter", "genre"],
        "`filter.genre` is not a field of `MediaItemFilter`. Did you mean `genres` or `genreIds`?",
    ),
    "{ mediaItem(ref: {tmdb: {id: 1}}) { id } }": (
        "{id: 1}",
        ["ref", "tmdb", "type"],
        "`ref.tmdb.type` is required.",
    ),
    "mutation { updateProfile(input: {preferences: [1]}) { errors { code } } }": (
        "[1]",
        ["input", "preferences"],
        "`input.preferences` is not valid. A JSON object",
    ),
    'mutation { saveStreamingProvider(input: {media: {id: "a"}, provider: "b", regions: ["DE", "x"]}) '
    "{ errors { code } } }": ('"x"', ["input", "regions", "1"], "`input.regions[1]` is not valid."),
    '{ mediaItem(ref: {id: "a", tmdb: {id: 1, type: MOVIE}}) { id } }': (
        '{id: "a", tmdb',
        ["ref"],
        "`ref` must have exactly one field: `id` or `tmdb`.",
    ),
    "{ mediaItem(ref: {id: null}) { id } }": ("null", ["ref", "id"], "`ref.id` can't be null."),
    'query ($d: Date = "never") { discoverMedia(filter: {releasedSince: $d}) { totalCount } }': (
        '"never"',
        ["d"],
        "`$d` is not valid. A date",
    ),
}
UNSTORABLE = {
    '{ discoverMedia(filter: {query: "a\\u0000"}) { totalCount } }': ["filter", "query"],
    'mutation { updateProfile(input: {preferences: {a: [1, {b: "\\u0000"}]}}) { errors { code } } }': [
        *("input", "preferences", "a", "1", "b")
    ],
    "mutation { updateProfile(input: {preferences: {a: 1e400}}) { errors { code } } }": [
        *("input", "preferences", "a")
    ],
}
FILTER = "query ($v: MediaItemFilter) { discoverMedia(filter: $v) { totalCount } }"
REF = "query ($v: MediaRef!) { mediaItem(ref: $v) { id } }"
PROFILE = "mutation ($v: UpdateProfileInput!) { updateProfile(input: $v) { errors { code } } }"
ADD = "mutation ($v: AddToWatchlistInput!) { addToWatchlist(input: $v) { errors { code } } }"
BOTH = {"id": "a", "tmdb": {"id": 1, "type": "MOVIE"}}
# The paths inside the variable, each with its message.
VARIABLES: list[tuple[str, Any, dict[tuple[str, ...], str]]] = [
    (
        FILTER,
        {"availableIn": ["xx"], "genres": ["a", 3]},
        {
            ("availableIn", "0"): "`$v.availableIn[0]` is not valid.",
            ("genres", "1"): "`$v.genres[1]` must be a string, not a number.",
        },
    ),
    (
        FILTER,
        {"releasedSince": "1999", "releasedUntil": 5, "ratedAtLeast": "8"},
        {
            ("releasedSince",): "`$v.releasedSince` is not valid. A date",
            ("releasedUntil",): "`$v.releasedUntil` is not valid. A date",
            ("ratedAtLeast",): "`$v.ratedAtLeast` must be a finite number, not a string.",
        },
    ),
    (FILTER, {"nothing": 1}, {("nothing",): "`$v.nothing` is not a field of `MediaItemFilter`."}),
    (FILTER, "x", {(): "`$v` must be an object of the type `MediaItemFilter`, not a string."}),
    (FILTER, {"genres": [None]}, {("genres", "0"): "`$v.genres[0]` can't be null."}),
    (REF, BOTH, {(): "`$v` must have exactly one field: `id` or `tmdb`."}),
    (REF, {}, {(): "`$v` must have exactly one field: `id` or `tmdb`."}),
    (REF, {"id": None}, {("id",): "`$v.id` can't be null."}),
    (REF, None, {(): "`$v` can't be null."}),
    (
        REF,
        {"tmdb": {"id": "q", "type": "FILM"}},
        {
            ("tmdb", "id"): f"`$v.tmdb.id` must be {INT}, not a string.",
            ("tmdb", "type"): "`$v.tmdb.type` must be `MOVIE` or `TV`.",
        },
    ),
    (PROFILE, {"preferences": [1]}, {("preferences",): "`$v.preferences` is not valid. A JSON object"}),
    (PROFILE, {"name": "a\0b"}, {("name",): "`v.name` contains NUL"}),
    (
        ADD,
        {"media": BOTH, "rating": 1.5, "status": 3},
        {
            ("media",): "`$v.media` must have exactly one field",
            ("rating",): f"`$v.rating` must be {INT}, not a fraction.",
            ("status",): "`$v.status` must be `NOT_WATCHED`, `WATCHING` or `COMPLETED`, not a number.",
        },
    ),
    (
        ADD,
        {"rating": 2**40},
        {("media",): "`$v.media` is required.", ("rating",): f"`$v.rating` must be {INT}."},
    ),
]


@pytest.mark.parametrize("query", LITERALS)
async def test_an_invalid_literal_has_a_location(api: Api, make: Factories, query: str) -> None:
    user = await make.user()
    (error,) = (await api.as_(user, is_staff=True).result(query))["errors"]
    wrong, path, message = LITERALS[query]
    assert error["locations"] == [{"line": 1, "column": query.index(wrong) + 1}]
    kind = "variable" if query.startswith("query") else "argument"
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED", kind: path}
    assert error["message"].startswith(message)


@pytest.mark.parametrize(("query", "value", "paths"), VARIABLES)
async def test_a_wrong_variable_is_named_with_the_path_inside(
    api: Api, make: Factories, query: str, value: Any, paths: dict[tuple[str, ...], str]
) -> None:
    result = await api.as_(await make.user()).result(query, v=value)
    assert "data" not in result
    found = [error["extensions"] for error in result["errors"]]
    assert sorted(found, key=str) == sorted(
        ({"code": "BAD_USER_INPUT", "variable": ["v", *path]} for path in paths), key=str
    )
    for error in result["errors"]:
        assert error["locations"] == [{"line": 1, "column": query.index("$v") + 1}]
        assert error["message"].startswith(paths[tuple(error["extensions"]["variable"][1:])])


@pytest.mark.parametrize("query", UNSTORABLE)
async def test_a_literal_that_cannot_be_stored_is_located(api: Api, make: Factories, query: str) -> None:
    (error,) = (await api.as_(await make.user()).result(query))["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": UNSTORABLE[query]}
    assert error["message"].startswith(f"`{'.'.join(UNSTORABLE[query])}` ") and error["locations"]


async def test_a_nullable_variable_does_not_fit_into_a_one_of_input(api: Api) -> None:
    fragment = "fragment F on Query { mediaItem(ref: {id: $x}) { id } }"
    (error,) = (await api.result(f"{fragment} query ($x: ID) {{ ...F }}", x="a"))["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED", "variable": ["x"]}
    assert error["message"] == "`$x` can't be null in `MediaRef`: its type must end with `!`."
    assert len(error["locations"]) == 2
    assert "errors" not in await api.result(f"{fragment} query ($x: ID!) {{ ...F }}", x="a")


async def test_a_missing_variable_is_named(api: Api) -> None:
    (error,) = (await api.result(REF))["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["v"]}
    assert error["locations"] and error["message"] == "`$v` is required."


async def test_a_null_in_a_variable_with_a_default_is_named(api: Api) -> None:
    for kind, place in (
        ("String", "discoverMedia(filter: {genres: [$x]}) { totalCount }"),
        ("ID", "node(id: $x) { id }"),
        ("MediaItemSort", "discoverMedia(orderBy: {field: $x}) { totalCount }"),
    ):
        default = {"MediaItemSort": "TITLE"}.get(kind, '"a"')
        query = f"query ($x: {kind} = {default}) {{ {place} }}"
        (error,) = (await api.result(query, x=None))["errors"]
        assert error["message"] == "`$x` can't be null here.", query
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["x"]}
        # A condition may stand in several places: its error is at the variable's definition.
        at = query.index("$x") if kind == "Boolean" else query.rindex("$x")
        assert error["locations"] == [{"line": 1, "column": at + 1}]


async def test_an_invalid_sort_in_a_variable_is_named_where_it_affects_the_cost(
    api: Api, make: Factories
) -> None:
    ann = await make.user()
    await make.family(ann)
    kinds = ("MediaItemOrder", "WatchlistOrder", "FamilyTitleOrder")
    places = (
        "discoverMedia(orderBy: $x) { totalCount }",
        "viewer { watchlist(orderBy: $x) { totalCount } }",
        "viewer { families { nodes { titles(orderBy: $x) { totalCount } } } }",
    )
    values: list[Any] = [[], {}, ["TITLE"], 1, "", True]
    for kind, place in zip(kinds, places, strict=True):
        for value in values:
            query = f"query ($x: {kind}) {{ {place} }}"
            (error,) = (await api.as_(ann).result(query, x={"field": value}))["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT", (kind, value)
            assert error["extensions"]["variable"][:2] == ["x", "field"], (kind, value)


async def test_a_variable_inside_of_json_is_no_error(api: Api, make: Factories) -> None:
    query = """mutation ($x: String) {
      updateProfile(input: {preferences: {a: {b: [$x, 1]}}}) { errors { code } viewer { preferences } } }"""
    result = await api.as_(await make.user()).result(query, x="dark")
    assert result["data"]["updateProfile"]["viewer"] == {"preferences": {"a": {"b": ["dark", 1]}}}, result
