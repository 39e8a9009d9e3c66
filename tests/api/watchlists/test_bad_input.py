"""Invalid arguments and texts get error codes and never cause internal errors."""

from typing import Any

import httpx
import pytest

from tests.support.client import Api
from tests.support.factories import Factories

PAGES = [
    "viewer { watchlist(%s) { nodes { id } } }",
    "viewer { suggestions(%s) { totalCount } }",
    "viewer { recommendationsSent(%s) { totalCount } }",
    "viewer { recommendationsReceived(%s) { totalCount } }",
    'family(id: "FAMILY") { watchlist(%s) { totalCount } }',
    'family(id: "FAMILY") { titles(%s) { totalCount } }',
    'family(id: "FAMILY") { recommendations(%s) { totalCount } }',
    'mediaItem(ref: {id: "MEDIA"}) { entries(%s) { totalCount } }',
    'mediaItem(ref: {id: "MEDIA"}) { recommendations(%s) { totalCount } }',
    "discoverMedia(%s) { totalCount }",
]
WRONG_PAGES = {
    "first: 0": "first",
    "first: -1": "first",
    "first: 101": "first",
    "first: 1000000": "first",
    "last: 0": "last",
    "last: 101": "last",
    "first: 1, last: 1": "last",
    'after: "nonsense"': "after",
    'before: ""': "before",
}


async def test_every_connection_names_the_invalid_argument(api: Api, make: Factories) -> None:
    ann, media = await make.user(), await make.media()
    family = await make.family(ann)
    for page in PAGES:
        field = page.replace("FAMILY", family.id).replace("MEDIA", media.id)
        for arguments, argument in WRONG_PAGES.items():
            (error,) = (await api.as_(ann).result(f"{{ {field.replace('%s', arguments)} }}"))["errors"]
            assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": [argument]}, (
                page,
                arguments,
            )
        good = f"{{ {field.replace('%s', 'first: 100')} }}"
        assert "errors" not in await api.as_(ann).result(good)


async def test_a_cursor_of_another_list_or_order_is_rejected(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for user in (ann, bob):
        await make.entry(user)
    query = """query ($order: WatchlistOrder, $after: String) { viewer {
      watchlist(orderBy: $order, after: $after) { pageInfo { endCursor } } } }"""
    cursor = (await api.as_(ann).data(query))["watchlist"]["pageInfo"]["endCursor"]
    assert (await api.as_(ann).data(query, after=cursor))["watchlist"]["pageInfo"] == {"endCursor": None}
    wrong: list[dict[str, Any]] = [
        {"order": {"field": "TITLE"}, "after": cursor},
        {"order": {"direction": "ASC"}, "after": cursor},
        {"after": cursor[:-4]},
        {"after": "A" + cursor[1:]},
        {"after": "x" * 10_000},
    ]
    for variables in wrong:
        result = await api.as_(ann).result(query, **variables)
        (error,) = result["errors"]
        assert error["extensions"] == {
            "code": "BAD_USER_INPUT",
            "argument": ["after"],
            "variable": ["after"],
        }, variables
    other = "query ($after: String) { viewer { suggestions(after: $after) { totalCount } } }"
    (error,) = (await api.as_(ann).result(other, after=cursor))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_invalid_filters_are_bad_input(api: Api, make: Factories) -> None:
    ann = await make.user()
    query = """query ($filter: WatchlistFilter, $order: WatchlistOrder) {
      viewer { watchlist(filter: $filter, orderBy: $order) { totalCount } } }"""
    wrong: list[dict[str, Any]] = [
        {"filter": {"statuses": ["SEEN"]}},
        {"filter": {"statuses": ["not_watched"]}},
        {"filter": {"statuses": [None]}},
        {"filter": {"types": ["FILM"]}},
        {"filter": {"availableIn": "de"}},
        {"filter": {"ratedAtLeast": 1.5}},
        {"filter": {"ratedAtLeast": 2**31}},
        {"filter": {"isRated": "yes"}},
        {"filter": {"addedSince": "2024-05-01"}},
        {"filter": {"addedSince": "2024-05-01T00:00:00"}},
        {"filter": {"addedSince": "10000-01-01T00:00:00Z"}},
        {"filter": {"addedSince": "0000-01-01T00:00:00Z"}},
        {"filter": {"addedSince": 0}},
        {"filter": {"userIds": [None]}},
        {"filter": {"userIds": [{}]}},
        {"filter": {"unknown": 1}},
        {"order": {"field": "POPULARITY"}},
        {"order": {"field": None}},
    ]
    for variables in wrong:
        response = await api.as_(ann).post(query, **variables)
        result = response.json()
        assert {error["extensions"]["code"] for error in result["errors"]} == {"BAD_USER_INPUT"}, variables
        assert "data" not in result


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00 \\ud800", "ok\\u0000"])
async def test_text_that_postgresql_can_not_store_is_rejected_everywhere(
    api: Api, make: Factories, text: str
) -> None:
    ann, film = await make.user(), await make.media()

    async def send(body: str) -> httpx.Response:
        headers = {**api.as_(ann).headers, "Content-Type": "application/json"}
        return await api.http.post("/graphql", content=body, headers=headers)

    add = "mutation ($i: AddToWatchlistInput!) { addToWatchlist(input: $i) { errors { code } } }"
    variables = [
        (add, f'{{"i": {{"media": {{"id": "{film.id}"}}, "notes": "{text}"}}}}'),
        (add, f'{{"i": {{"media": {{"id": "{text}"}}}}}}'),
        ("query ($t: String) { discoverMedia(filter: {query: $t}) { totalCount } }", f'{{"t": "{text}"}}'),
        (
            "query ($t: [String!]) { discoverMedia(filter: {genres: $t}) { totalCount } }",
            f'{{"t": ["a", "{text}"]}}',
        ),
        ("query ($t: String) { discoverMedia(after: $t) { totalCount } }", f'{{"t": "{text}"}}'),
        ("query ($t: ID!) { mediaItem(ref: {id: $t}) { id } }", f'{{"t": "{text}"}}'),
        (
            "query ($t: ID!) { viewer { watchlist(filter: {userIds: [$t]}) { totalCount } } }",
            f'{{"t": "{text}"}}',
        ),
        ("query ($t: ID) { viewer { suggestions(familyId: $t) { totalCount } } }", f'{{"t": "{text}"}}'),
    ]
    bodies = [f'{{"query": "{query}", "variables": {given}}}' for query, given in variables]
    literal = text.replace("\\", "\\\\")  # a GraphQL escape inside the JSON
    for inside in (text, literal):
        bodies += [
            f'{{"query": "{{ discoverMedia(filter: {{query: \\"{inside}\\"}}) {{ totalCount }} }}"}}',
            f'{{"query": "{{ mediaItem(ref: {{id: \\"{inside}\\"}}) {{ id }} }}"}}',
        ]
    for body in bodies:
        response = await send(body)
        result = response.json()
        assert "data" not in result, body
        found = {error["extensions"]["code"] for error in result["errors"]}
        assert found <= {"BAD_USER_INPUT", "BAD_REQUEST", "GRAPHQL_PARSE_FAILED"}, (body, found)
    assert await api.as_(ann).data("{ viewer { watchlist { totalCount } } }") == {
        "watchlist": {"totalCount": 0}
    }


async def test_huge_variables_cause_no_internal_error(api: Api, make: Factories) -> None:
    ann = await make.user()
    query = "query ($filter: WatchlistFilter) { viewer { watchlist(filter: $filter) { totalCount } } }"
    big: list[dict[str, Any]] = [{"query": "q" * 200_000}]
    for given in (
        {"genres": ["g" * 100_000]},
        {"userIds": ["x"] * 4_000},
        {"statuses": ["WATCHING"] * 4_000},
    ):
        (error,) = (await api.as_(ann).result(query, filter=given))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    for given in big:
        assert await api.as_(ann).data(query, filter=given) == {"watchlist": {"totalCount": 0}}
    response = await api.as_(ann).post(query, filter={"query": "q" * 300_000})
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_an_instant_beyond_the_calendar_is_bad_input(api: Api, make: Factories) -> None:
    ann = await make.user()
    query = "query ($at: DateTime) { viewer { watchlist(filter: {addedSince: $at}) { totalCount } } }"
    for instant in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        result = await api.as_(ann).result(query, at=instant)
        assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"], instant
