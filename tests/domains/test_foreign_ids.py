"""For every input that takes an id, the id of a hidden object gets the same response as an unknown id.

The inputs are found by walking the schema, so that new fields and arguments are tested without being
listed here. Only the other input of mutations is listed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from infocus_graphql.core.ids import new_id, tag_of
from infocus_graphql.graph.declarations import ACCESS
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import strawberry_field
from tests.graph.test_privacy import hidden_rows
from tests.graph.walk import CORE, OBJECTS, is_node
from tests.graph.world import build_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

# The input of mutations besides the tested id. `$names` are ids of the viewer's own objects.
NEEDED: dict[str, dict[str, Any]] = {
    "inviteToFamily": {"email": "new@example.com"},
    "renamePasskey": {"name": "New"},
    "recommend": {"media": {"id": "$title"}, "toUserIds": ["$member"]},
    "removeFamilyMember": {"familyId": "$family", "userId": "$member"},
    "requestAccountDeletion": {"password": "a passphrase", "families": {"familyId": "$family"}},
    "saveStreamingProvider": {"provider": "New"},
    "transferFamilyOwnership": {"familyId": "$family", "toUserId": "$member"},
    "updateFamily": {"name": "New"},
    "updateFamilyMemberRole": {"familyId": "$family", "userId": "$member", "role": "ADMIN"},
    "updateFamilySharing": {"sharesWatchlist": False},
    "updateManyWatchlistEntries": {"items": {"rating": 3}},
    "updateWatchlistEntry": {"rating": 3},
}
ERRORS = "errors { __typename code message path ... on ConflictError { existing { ... on Node { id } } } }"


@dataclass(frozen=True)
class Place:
    """An argument, or an input field at any depth, that takes an id or a list of ids."""

    parent: GraphQLObjectType
    field: str
    argument: str
    inside: tuple[str, ...]
    many: bool

    def __str__(self) -> str:
        return f"{self.parent.name}.{self.field}({'.'.join((self.argument, *self.inside))})"

    @property
    def core(self) -> Any:
        """The definition of the field."""
        return self.parent.fields[self.field]

    def value(self, given: str, needed: Any = None) -> Any:
        """Returns the argument with this id, merged with the other needed input."""
        value: Any = [given] if self.many else given
        for key in reversed(self.inside):
            value = {key: value}
        return merged(needed, value) if isinstance(needed, dict) else value


def merged(needed: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Merges the value into the needed input, at any depth."""
    inner = {
        key: merged(needed[key], each) if isinstance(needed.get(key), dict) else each
        for key, each in value.items()
    }
    return {**needed, **inner}


def places_in(
    kind: Any, inside: tuple[str, ...], seen: tuple[Any, ...]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yields the paths to ids in an input type, with whether it is a list of ids."""
    many = isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
    named = get_named_type(kind)
    if named.name == "ID":
        yield inside, many
    elif isinstance(named, GraphQLInputObjectType) and named not in seen:
        for name, field in named.fields.items():
            yield from places_in(field.type, (*inside, name), (*seen, named))


PLACES = [
    Place(parent, field, argument, inside, many)
    for parent in OBJECTS
    for field, core in parent.fields.items()
    for argument, definition in core.args.items()
    for inside, many in places_in(definition.type, (), ())
]
CHANGES = [place for place in PLACES if place.parent is CORE.mutation_type]
# `Admin` is excluded, because nothing is hidden from staff.
# Subscriptions are tested in `tests/api/events`.
OTHERS = {"Mutation", "Subscription", "Admin"}
READS = [place for place in PLACES if place.parent.name not in OTHERS]


def selection(kind: Any) -> str:
    """Returns a selection that reveals whether an object was found; for a page, its rows and count."""
    shown = get_named_type(kind)
    if isinstance(shown, GraphQLObjectType) and "nodes" in shown.fields:
        return "{ totalCount nodes { __typename } }"
    return "{ __typename }" if not is_leaf_type(shown) else ""


def reading(place: Place, parents: dict[str, str]) -> str:
    """Returns a query with the argument `$value`."""
    text = f"{place.field}({place.argument}: $value) {selection(place.core.type)}"
    if place.parent.name == "Viewer":
        text = f"viewer {{ {text} }}"
    elif is_node(place.parent.name):
        text = f'node(id: "{parents[place.parent.name]}") {{ ... on {place.parent.name} {{ {text} }} }}'
    else:
        assert place.parent is CORE.query_type, f"{place}: say here how to get to such an object"
    return f"query ($value: {place.core.args[place.argument].type}) {{ {text} }}"


def changing(place: Place, ids: Sequence[str], own: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Returns a mutation with each of the ids, and its variables."""
    kind = place.core.args[place.argument].type
    needed = filled(NEEDED.get(place.field, {}), own)
    errors = ERRORS
    if "itemErrors" in get_named_type(place.core.type).fields:
        errors = "errors { code path } itemErrors { code path message }"
    fields = " ".join(f"x{n}: {place.field}(input: $x{n}) {{ {errors} }}" for n, _ in enumerate(ids))
    declared = ", ".join(f"$x{n}: {kind}" for n, _ in enumerate(ids))
    return f"mutation ({declared}) {{ {fields} }}", {
        f"x{n}": place.value(each, needed) for n, each in enumerate(ids)
    }


def filled(value: Any, own: dict[str, str]) -> Any:
    """Replaces names by ids in a value."""
    if isinstance(value, dict):
        return {key: filled(each, own) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, own) for each in value]
    return own[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def unknown(like: str) -> str:
    """Returns an unused id of the same type."""
    return new_id(tag_of(like) or "")


def without(ids: Iterable[str], response: bytes) -> bytes:
    """Removes the tested ids from a response, which may repeat them."""
    for each in ids:
        response = response.replace(each.encode(), b"")
    return response


async def test_a_query_with_a_hidden_id_gets_the_response_for_an_unknown_id(api: Api) -> None:
    world = await build_world(api.services)
    ann, foreign = api.as_(world.ann), hidden_rows(world).values()
    parents = {name: ids[0] for name, ids in world.parents.items()}
    visible = [world.ann.id, *parents.values()]
    for place in READS:
        query = reading(place, parents)

        async def response_for(given: str, query: str = query, place: Place = place) -> bytes:
            return without([given], (await ann.post(query, value=place.value(given))).content)

        nothing = await response_for(unknown(world.ann.id))
        for each in foreign:
            other = unknown(each)
            # With one engine only; both were compared for the previous id.
            body = {"query": query, "variables": {"value": place.value(other)}}
            missing = (await ann.http.post("/graphql", json=body, headers=ann.headers)).content
            assert await response_for(each) == without([other], missing), (
                f"{place} reveals that there is {each}"
            )
        # A visible id gets a different response, so the argument has an effect.
        for each in visible:
            if await response_for(each) != nothing:
                break
        else:
            pytest.fail(f"{place} finds nothing by any id")


async def test_a_mutation_with_a_hidden_id_gets_the_response_for_an_unknown_id(
    api: Api, make: Factories, server: Server, database_url: str
) -> None:
    world = await build_world(api.services)
    family = await make.family(world.ann, world.relatives[0])
    own = {"family": family.id, "member": world.relatives[0].id, "title": world.untracked[0].id}
    ids = list(hidden_rows(world).values())
    database = await server.connect(database_url)
    before = await everything(database)
    for place in CHANGES:
        source = strawberry_field(place.core)
        staff = source is not None and source.metadata[ACCESS] is Access.STAFF
        client = api.as_(world.ann, is_staff=staff)
        responses = []
        for given in (ids, [unknown(each) for each in ids]):
            query, variables = changing(place, given, own)
            response = await client.post(query, **variables)
            responses.append(without(given, response.content))
        assert responses[0] == responses[1], f"{place} distinguishes foreign ids from unknown ones"
        for payload in response.json()["data"].values():
            # The id itself was rejected, not other input before it.
            found = [*payload["errors"], *payload.get("itemErrors", [])]
            error = next((each for each in found if each["code"] == "NOT_FOUND"), None)
            assert error is not None and len(error["path"]) > 1, (place, payload)
            named = [name for name in error["path"] if not name.isdecimal()]
            path = [place.argument, *place.inside]
            assert named[: len(path)] == path[: len(named)], (place, error)
    assert await everything(database) == before
    await database.close()


async def everything(database: asyncpg.Connection) -> list[Any]:
    """Returns the rows of all tables but those of events, which are relayed to the log at any time."""
    names = await database.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^event'"
    )
    content = "SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {} t"
    return [await database.fetchval(content.format(*name)) for name in names]


def test_the_walk_finds_ids_of_all_kinds() -> None:
    assert {str(place) for place in PLACES} >= {
        "Query.node(id)",
        "Query.nodes(ids)",
        "Query.mediaItem(ref.id)",
        "Viewer.suggestions(familyId)",
        "Family.watchlist(filter.userIds)",
        "Mutation.updateFamilyMemberRole(input.userId)",
        "Mutation.recommend(input.toUserIds)",
        "Mutation.addToWatchlist(input.media.id)",
    }
