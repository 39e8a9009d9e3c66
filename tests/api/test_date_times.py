"""DateTime values have one format in all fields, in both engines, and in logs."""

import re
from typing import Any

from graphql import get_named_type

from infocus_graphql.graph.context import Services
from tests.graph.walk import MODELS, OBJECTS, is_node
from tests.graph.world import build_world
from tests.support.client import Api
from tests.test_batching import FOR_STAFF, PLACES

SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
EDGES = {"ViewerFamilyEdge": "viewer { families { edges { %(field)s } } }"}
# Types without rows, such as payloads, whose values are serialized by the scalar in Python.
BY_THE_SCALAR = re.compile(r"RateLimit|FamilyInvitationPreview|\w+Payload")
# Fields that are null in all rows of the test's world.
EMPTY = {"RefreshToken.revokedAt"}


def date_times() -> dict[str, list[str]]:
    """Returns the DateTime fields of every type."""
    found = {
        kind.name: [
            name for name, field in kind.fields.items() if get_named_type(field.type).name == "DateTime"
        ]
        for kind in OBJECTS
    }
    return {type_name: names for type_name, names in found.items() if names}


def values(data: Any) -> list[Any]:
    """Returns all leaf values of a response."""
    if isinstance(data, dict | list):
        return [leaf for each in (data.values() if isinstance(data, dict) else data) for leaf in values(each)]
    return [data]


async def test_every_date_time_has_the_same_format(api: Api, services: Services) -> None:
    world = await build_world(services)
    ann, boss = api.as_(world.ann), api.as_(world.boss, is_staff=True)
    for type_name, names in date_times().items():
        if type_name not in MODELS and type_name not in EDGES:
            assert BY_THE_SCALAR.fullmatch(type_name), type_name
            continue
        if type_name == "Event":  # in subscriptions only, whose results are made by the same plans
            continue
        for name in names:
            if type_name in MODELS and is_node(type_name):
                ids = ", ".join(f'"{key}"' for key in world.parents[type_name])
                query = f"{{ nodes(ids: [{ids}]) {{ ... on {type_name} {{ {name} }} }} }}"
            else:
                place = {"family": f'"{world.families[0].id}"', "number": 5, "field": name}
                query = "{ " + (PLACES | EDGES)[type_name] % place + " }"
            result = await (boss if type_name in FOR_STAFF else ann).result(query)
            written = [leaf for leaf in values(result["data"]) if leaf is not None]
            assert "errors" not in result, (type_name, name)
            assert written or f"{type_name}.{name}" in EMPTY, (type_name, name)
            assert all(SHAPE.fullmatch(leaf) for leaf in written), (type_name, name, written)


async def test_a_returned_date_time_can_be_used_as_an_argument(api: Api, services: Services) -> None:
    """No digit is lost: a filter by a returned value includes its row, and none before it."""
    ann = api.as_((await build_world(services)).ann)
    added = "{ viewer { watchlist(first: 100) { nodes { dateAdded } } } }"
    dates = [each["dateAdded"] for each in (await ann.data(added))["watchlist"]["nodes"]]
    query = "query ($since: DateTime) { viewer { watchlist(filter: {addedSince: $since}) { totalCount } } }"
    for each in set(dates):
        expected = sum(date >= each for date in dates)
        assert (await ann.data(query, since=each))["watchlist"] == {"totalCount": expected}
