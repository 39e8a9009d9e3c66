"""No field needs more statements for more parents; tested for every declared field of every row type.

The fields are found in the schema. A new field that this walk can't reach, or that has no value in
`tests/graph/world.py`, fails the test until rows for it are added.
"""

from typing import Any

from infocus_graphql.domains.notifications.models import NotificationKind
from infocus_graphql.graph.context import Services
from tests.graph.walk import Field, is_node, row_fields
from tests.graph.world import MANY, World, build_world
from tests.support.client import Api
from tests.support.statements import recorded

FEW = 2
# The paths to rows of types without `node(id)`; `%d` is the number of rows.
PLACES = {
    "Viewer": "viewer { %(field)s }",
    "UserSettings": "viewer { settings { %(field)s } }",
    "FamilyTitle": "node(id: %(family)s) { ... on Family { "
    "titles(first: %(number)d) { nodes { %(field)s } } } }",
    "UpNext": "viewer { upNext(first: %(number)d) { nodes { %(field)s } } }",
    "Suggestion": "viewer { suggestions(first: %(number)d) { nodes { %(field)s } } }",
    "NotificationSubject": "nodes(ids: [%(ids)s]) { ... on Notification { subject { %(field)s } } }",
    "NotificationSchedule": "viewer { notificationSchedule { %(field)s } }",
    "NotificationPreference": "viewer { notificationPreferences { %(field)s } }",
    "AccountDeletion": "viewer { accountDeletion { %(field)s } }",
    "Admin": "admin { %(field)s }",
    "Account": "admin { accounts(first: %(number)d) { nodes { %(field)s } } }",
    "OfferEvent": "viewer { watchlist(first: %(number)d) { nodes { mediaItem { "
    "offerHistory(first: 1) { nodes { %(field)s } } } } } }",
    "ExternalIds": "viewer { watchlist(first: %(number)d) { nodes { mediaItem { "
    "externalIds { %(field)s } } } } }",
    "Rating": "viewer { watchlist(first: %(number)d) { nodes { mediaItem { ratings { %(field)s } } } } }",
    "FailedJob": "admin { failedJobs(first: %(number)d) { nodes { %(field)s } } }",
}
# There is only one viewer, so its fields are tested with one parent and a maximum of statements.
SINGLE = {"Viewer", "UserSettings", "NotificationSchedule", "AccountDeletion", "Admin"}
# The viewer, the rows and their count are three. Families are read through memberships; changes are found by
# one statement, and read by one for each type of node.
MOST = {"Viewer.families": 4, "Viewer.changes": 9}
# Lists with a row for each value of an enum.
FIXED = {"NotificationPreference": len(NotificationKind)}
# Read one by one, as subscriptions deliver them.
ONE_BY_ONE = {"Event"}
# The world has too few series that the viewer is watching; tests/api/plays reads several.
TOO_FEW = {"UpNext"}
FOR_STAFF = {"Admin", "Account", "FailedJob"}


def operation(world: World, field: Field, number: int) -> str:
    """Returns an operation that reads the field for `number` parents."""
    parents = world.parents.get(str(field)) or world.parents.get(field.type_name, [])
    ids = [f'"{key}"' for key in parents][:number]
    if is_node(field.type_name):
        assert len(ids) == number, f"the test's world has too few rows for {field.type_name}"
        listed = ", ".join(ids)
        return f"{{ nodes(ids: [{listed}]) {{ ... on {field.type_name} {{ found: {field.selection()} }} }} }}"
    place = PLACES[field.type_name]
    values = {
        "ids": ", ".join(ids),
        "family": f'"{world.families[0].id}"',
        "number": number,
        "field": f"found: {field.selection()}",
    }
    return "{ " + place % values + " }"


def found(data: Any) -> list[Any]:
    """Returns all values with the key `found` in a response."""
    if isinstance(data, list):
        return [item for each in data for item in found(each)]
    if isinstance(data, dict):
        return [data["found"]] if "found" in data else found(list(data.values()))
    return []


def empty(value: Any) -> bool:
    """Whether a field's value is null or empty."""
    if isinstance(value, dict) and "nodes" in value:
        return not value["nodes"] or not value.get("totalCount", True)
    return value is None or value in ([], {})


async def test_no_field_needs_more_statements_for_more_parents(api: Api, services: Services) -> None:
    world = await build_world(services)
    # These clients run every query with the loaders, too.
    ann, boss = api.as_(world.ann), api.as_(world.boss, is_staff=True)
    wrong = []
    for field in row_fields():
        if field.type_name in ONE_BY_ONE | TOO_FEW:
            continue
        counts = []
        reader = boss if FOR_STAFF & {field.type_name, field.target} else ann
        for number in (FEW, MANY):
            parents = FIXED.get(field.type_name, 1 if field.type_name in SINGLE else number)
            with recorded(services.database) as statements:
                result = await reader.result(world.with_ids(operation(world, field, number)))
            values = found(result.get("data"))
            if "errors" in result or len(values) != parents or all(map(empty, values)):
                wrong.append(f"{field}: {parents} parents gave {values or result}")
            counts.append(len(statements))
        if counts[0] != counts[1] or not counts[0]:
            wrong.append(f"{field}: {counts[0]} statements for {FEW} parents, {counts[1]} for {MANY}")
        if field.type_name in SINGLE and counts[0] > MOST.get(str(field), 3):
            wrong.append(f"{field}: {counts[0]} statements for the viewer alone")
    assert not wrong, "\n".join(wrong)


async def test_a_deep_operation_needs_one_statement_per_level(api: Api, services: Services) -> None:
    world = await build_world(services)
    deep = """{ viewer { families(first: %d) { nodes { members(first: 5) { nodes { user {
        watchlist(first: 5) { nodes { mediaItem { streamingProviders { provider } } } } } } } } } } }"""
    counts = []
    for number in (FEW, MANY):
        with recorded(services.database) as statements:
            await api.as_(world.ann).data(deep % number)
        counts.append(len(statements))
    # viewer, memberships, families, members, users, entries, titles, providers
    assert counts == [8, 8]
