"""API tokens without READ can read only ids and errors from the payloads of mutations."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import ACCESS, SCOPE
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import strawberry_field
from infocus_graphql.settings import Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.api.sessions.devices import count
from tests.api.sessions.test_api_tokens import made
from tests.graph.walk import CORE
from tests.support.client import Api
from tests.support.factories import Factories

IDENTITY = {"id", "__typename"}
ADD = "mutation ($id: ID!) { addToWatchlist(input: {media: {id: $id}, rating: 9}) { %s errors { code } } }"


def mutations(scope: ApiScope) -> Iterator[tuple[str, GraphQLField]]:
    """Yields the mutations that a token with this scope may call."""
    assert CORE.mutation_type is not None
    for name, core in CORE.mutation_type.fields.items():
        source = strawberry_field(core)
        assert source is not None
        if source.metadata[SCOPE] is scope and source.metadata[ACCESS] is not Access.STAFF:
            yield name, core


def leaves(kind: Any) -> Iterator[str]:
    """Yields a selection for each field of an object that needs no arguments."""
    for name, field in kind.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        named = get_named_type(field.type)
        yield name if is_leaf_type(named) else f"{name} {{ __typename }}"


def objects_of(kind: GraphQLInterfaceType) -> list[GraphQLObjectType]:
    """Returns the object types of an interface."""
    return list(CORE.get_possible_types(kind))


def selections(payload: Any, *, with_errors: bool) -> Iterator[tuple[str, bool]]:
    """Yields all selections of a payload, down to two levels, with whether they need READ."""
    for name, field in payload.fields.items():
        named: Any = get_named_type(field.type)
        if is_leaf_type(named):
            yield name, False
        elif name != "errors":
            for leaf in leaves(named):
                yield f"{name} {{ {leaf} }}", leaf not in IDENTITY
            yield f"{name} {{ __typename }}", False
        elif with_errors:
            yield from _errors(named)


def _errors(interface: GraphQLInterfaceType) -> Iterator[tuple[str, bool]]:
    for error in objects_of(interface):
        for name, field in error.fields.items():
            named: Any = get_named_type(field.type)
            if is_leaf_type(named):
                yield f"errors {{ ... on {error.name} {{ {name} }} }}", False
                continue
            for target in objects_of(named):
                for leaf in leaves(target):
                    shown = f"{name} {{ ... on {target.name} {{ {leaf} }} }}"
                    yield f"errors {{ ... on {error.name} {{ {shown} }} }}", leaf not in IDENTITY


def operation(name: str, core: GraphQLField, selection: str) -> str:
    """Returns a mutation without its input, which is rejected unless its selection is rejected first."""
    kind = get_named_type(core.args["input"].type)
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} }} }}"


async def code_of(client: Api, query: str) -> str:
    (error,) = (await client.result(query))["errors"]
    code: str = error["extensions"]["code"]
    return code


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings without rate limits, because the test sends thousands of operations."""
    return settings.model_copy(update={"rate_limits": RateStore.OFF})


@pytest.mark.parametrize("scope", [ApiScope.WRITE, ApiScope.FAMILY_ADMIN, ApiScope.ACCOUNT])
async def test_without_read_no_field_of_any_payload_returns_more_than_ids(
    api: Api, make: Factories, scope: ApiScope
) -> None:
    ann = await make.user("Ann")
    program, _ = await made(api, ann, scope.name)
    reader, _ = await made(api, ann, scope.name, "READ")
    wrong, walked = [], 0
    for index, (name, core) in enumerate(mutations(scope)):
        # All payloads have the same error types.
        for selection, reads in selections(get_named_type(core.type), with_errors=index == 0):
            query = operation(name, core, selection)
            found = await code_of(program, query)
            walked += 1
            if found != ("FORBIDDEN" if reads else "BAD_USER_INPUT"):
                wrong.append((query, found))
        found = await code_of(
            reader,
            operation(name, core, "errors { ... on ConflictError { existing { ... on Node { id } } } }"),
        )
        assert found == "BAD_USER_INPUT"
    assert wrong == []
    assert walked > 100


async def test_a_rejected_selection_names_the_field_and_changes_nothing(
    api: Api, make: Factories, services: Services
) -> None:
    ann, film = await make.user("Ann"), await make.media()
    program, _ = await made(api, ann, "WRITE")
    result = await program.result(ADD % "entry { id rating }", id=film.id)
    assert result == {
        "errors": [
            {
                "message": "`addToWatchlist.entry.rating` needs the scope READ: without it, a mutation "
                "shows only the ids of objects.",
                "locations": [{"line": 1, "column": 89}],
                "extensions": {"code": "FORBIDDEN"},
            }
        ]
    }
    two = """mutation {
      first: updateProfile(input: {name: "New"}) { errors { code } }
      second: updateProfile(input: {name: "New"}) { viewer { email } }
    }"""
    assert await code_of(program, two) == "FORBIDDEN"
    assert await api.as_(ann).data("{ viewer { user { name } } }") == {"user": {"name": "Ann"}}
    assert await count(services, "watchlist_entries") == [0]
    # Ids are returned, by both engines.
    done = await program.data(ADD % "entry { __typename id }", id=film.id)
    assert done["errors"] == []
    assert done["entry"]["id"].startswith("we")


HIDDEN = [
    "entry { mediaItem { id } }",
    "entry { user { id } }",
    "entry { id: notes }",
    "entry { ...Notes }",
    "entry { ... on Node { ...Notes } }",
    "... { entry { rating } }",
    "...Payload",
    "errors: entry { notes }",
    "entry { rating @include(if: true) }",
    "errors { ... on ConflictError { existing { ... on WatchlistEntry { rating } } } }",
    "errors { ... on ConflictError { existing { ... on WatchlistEntry { mediaItem { id } } } } }",
]


@pytest.mark.parametrize("selection", HIDDEN)
async def test_fragments_aliases_and_directives_do_not_bypass_the_check(
    api: Api, make: Factories, selection: str
) -> None:
    ann, film = await make.user("Ann"), await make.media()
    await make.entry(ann, film, notes="Secret.", rating=3)
    program, _ = await made(api, ann, "WRITE")
    query = ADD.replace("errors { code }", "") % selection
    if "...Notes" in selection:
        query += " fragment Notes on WatchlistEntry { notes }"
    if "...Payload" in selection:
        query += " fragment Payload on AddToWatchlistPayload { entry { notes } }"
    response = await program.post(query, id=film.id)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]
    assert "Secret" not in response.text


async def test_a_stored_response_is_not_returned_to_a_token_with_other_scopes(
    api: Api, make: Factories
) -> None:
    ann, film = await make.user("Ann"), await make.media()
    body = {"query": ADD % "entry { rating }", "variables": {"id": film.id}}
    codes = []
    for scopes in (("READ", "WRITE"), ("WRITE",), ("READ",), ("READ", "WRITE")):
        program, _ = await made(api, ann, *scopes)
        headers = {**program.headers, "Idempotency-Key": "k"}
        found = (await api.http.post("/graphql", json=body, headers=headers)).json()
        codes.append([error["extensions"]["code"] for error in found.get("errors", [])])
    assert codes == [[], ["FORBIDDEN"], ["FORBIDDEN"], []]
