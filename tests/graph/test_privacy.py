"""Hidden rows stay hidden on every path, and look exactly like missing ones."""

from typing import Any

import pytest

from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.watchlists.models import Visibility
from infocus_graphql.graph.context import Services
from tests.graph.catalogue import TYPES as CATALOGUE_TYPES
from tests.graph.walk import MODELS, is_node
from tests.graph.world import World, build_world
from tests.support.client import Api
from tests.support.factories import Factories

NODES = sorted(name for name in MODELS if is_node(name))
TAGS = {
    "User": "us",
    "Profile": "pr",
    "AuditEvent": "ae",
    "Session": "se",
    "RefreshToken": "rt",
    "ApiToken": "at",
    "Passkey": "pk",
    "DataExport": "dx",
    "Family": "fa",
    "FamilyMembership": "fm",
    "FamilyInvitation": "fi",
    "WatchlistEntry": "we",
    "WatchEvent": "wa",
    "Recommendation": "re",
    "Notification": "no",
}
EVERYBODY_SEES = {"MediaItem", "StreamingProvider", *CATALOGUE_TYPES}

NODE_BY_EVERY_WAY = """
query ($id: ID!) {
  plain: node(id: $id) { id }
  again: node(id: $id) { __typename ... on Node { id } }
  fragment: node(id: $id) { ...Any }
  several: nodes(ids: [$id, $id]) { id __typename }
  family(id: $id) { name }
  mediaItem(ref: {id: $id}) { title }
}
fragment Any on Node { id ... on User { name } ... on Family { title: name } ... on Session { device } }
"""


def hidden_rows(world: World) -> dict[str, str]:
    """Returns a row hidden from Ann for each non-public type."""
    return {
        "User": world.stranger.id,
        "Profile": world.profiles[world.stranger.id],
        "AuditEvent": world.strange_event.id,
        "Session": world.strange_session.id,
        "RefreshToken": world.strange_token.id,
        "ApiToken": world.strange_api_token.id,
        "Passkey": world.strange_passkey.id,
        "DataExport": world.strange_export.id,
        "Notification": world.strange_notification.id,
        "Family": world.strange_family.id,
        "FamilyMembership": world.strange_membership.id,
        "FamilyInvitation": world.strange_invitation.id,
        "WatchlistEntry": world.secret_entry.id,
        "WatchEvent": world.strange_play.id,
        "Recommendation": world.strange_recommendation.id,
    }


async def test_a_hidden_row_looks_like_a_missing_one_on_every_path_to_a_node(
    api: Api, services: Services
) -> None:
    world = await build_world(services)
    hidden = hidden_rows(world)
    assert set(hidden) == set(NODES) - EVERYBODY_SEES, "each type that isn't public is tried"
    nothing: dict[str, Any] = dict.fromkeys(("plain", "again", "fragment", "family", "mediaItem"))
    nothing["several"] = [None, None]
    for type_name, row_id in hidden.items():
        for client in (api, api.as_(world.ann)):
            for asked in (row_id, new_id(TAGS[type_name])):
                assert await client.result(NODE_BY_EVERY_WAY, id=asked) == {"data": nothing}, type_name


async def test_visible_rows_are_found_by_id(api: Api, services: Services) -> None:
    world = await build_world(services)
    for type_name in NODES:
        ids = world.parents[type_name]
        found = await api.as_(world.ann).data(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=ids
        )
        assert found == [{"id": row_id, "__typename": type_name} for row_id in ids]
        for_all = await api.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
        visible = type_name in EVERYBODY_SEES
        assert for_all == [{"id": row_id} if visible else None for row_id in ids]


@pytest.mark.parametrize(
    "wrong",
    ["", "x", "us", "us" + "0" * 24, "us" + "0" * 26, "US" + "0" * 25, "zz" + "0" * 25, "us" + "é" * 25],
)
async def test_an_invalid_id_returns_null(api: Api, wrong: str) -> None:
    found = await api.data(
        "query ($id: ID!) { a: node(id: $id) { id } b: nodes(ids: [$id]) { id } }", id=wrong
    )
    assert found == {"a": None, "b": [None]}


async def test_nodes_keeps_the_order_and_accepts_a_hundred_ids(api: Api, make: Factories) -> None:
    items = [(await make.media()).id for _ in range(3)]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    asked = [items[2], new_id("mi"), items[0], items[2]]
    assert [each and each["id"] for each in await api.data(query, ids=asked)] == [
        items[2],
        None,
        items[0],
        items[2],
    ]
    assert await api.data(query, ids=[]) == []
    assert len(await api.data(query, ids=items * 33)) == 99
    (error,) = (await api.result(query, ids=items * 34))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", ["ids"])


LISTS = """
query ($family: ID!, $item: ID!, $relative: ID!) {
  viewer {
    families { totalCount nodes { id } }
    familyInvitations { nodes { id } }
    sessions { totalCount nodes { id } }
    refreshTokens { totalCount nodes { id } }
    recommendationsReceived { totalCount nodes { id } }
    suggestions { nodes { familyEntries { id } } }
  }
  family(id: $family) {
    members { totalCount nodes { id user { id } } }
    invitations { totalCount nodes { id } }
    watchlist(first: 100) { totalCount nodes { id } }
    titles { nodes { wantedBy { id } startedBy { id } completedBy { id } } }
    recommendations { totalCount nodes { id } }
  }
  mediaItem(ref: {id: $item}) {
    viewerEntry { id }
    entries { totalCount nodes { id } }
    recommendations { totalCount nodes { id } }
  }
  node(id: $relative) { ... on User {
    watchlist { nodes { id } } memberships { nodes { id family { id } } } familiesCreated { nodes { id } }
    familyInvitationsSent { nodes { id } } recommendationsSent { nodes { id } }
    recommendationsReceived { nodes { id } }
  } }
}
"""


def ids_in(value: Any) -> set[str]:
    """Returns all ids in a response."""
    if isinstance(value, list):
        return {found for each in value for found in ids_in(each)}
    if isinstance(value, dict):
        own = {value["id"]} if isinstance(value.get("id"), str) else set()
        return own.union(*map(ids_in, value.values())) if value else own
    return set()


async def test_lists_and_counts_contain_visible_rows_only(api: Api, services: Services) -> None:
    world = await build_world(services)
    variables = {
        "family": world.families[0].id,
        "item": world.tracked[0].id,
        "relative": world.relatives[0].id,
    }
    seen = await api.as_(world.ann).data(LISTS, **variables)
    shown, hidden = ids_in(seen), set(hidden_rows(world).values())
    assert shown.isdisjoint(hidden)
    # The unrelated user's entry for the same title is not counted.
    entries = seen["mediaItem"]["entries"]
    assert entries["totalCount"] == len(entries["nodes"])
    # A user outside of these families sees nothing.
    foreign = await api.as_(world.stranger).data(LISTS, **variables)
    assert (foreign["family"], foreign["node"]) == (None, None)
    assert {world.strange_session.id, world.secret_entry.id} <= ids_in(foreign)
    # Anonymous viewers see only the catalogue.
    nobody = await api.data(LISTS, **variables)
    assert nobody == {
        "viewer": None,
        "family": None,
        "node": None,
        "mediaItem": {
            "viewerEntry": None,
            "entries": {"totalCount": 0, "nodes": []},
            "recommendations": {"totalCount": 0, "nodes": []},
        },
    }


NOTES = """
query ($id: ID!, $person: ID!, $family: ID!, $item: ID!) {
  a: node(id: $id) { ... on WatchlistEntry { notes copy: notes ...Notes } }
  b: nodes(ids: [$id]) { ...Notes }
  c: node(id: $person) { ... on User { watchlist { nodes { ...Notes } edges { node { notes } } } } }
  d: family(id: $family) { watchlist { nodes { notes } } }
  e: mediaItem(ref: {id: $item}) { entries { nodes { notes } } }
  f: viewer { families { nodes { watchlist { nodes { notes } } } } }
}
fragment Notes on WatchlistEntry { again: notes }
"""


@pytest.mark.parametrize(("visibility", "shared"), [(Visibility.PRIVATE, False), (Visibility.FAMILY, True)])
async def test_private_notes_are_hidden_on_every_path_to_their_entry(
    api: Api, make: Factories, visibility: Visibility, shared: bool
) -> None:
    ann, bob = await make.user(), await make.user()
    family, item = await make.family(ann, bob), await make.media()
    entry = await make.entry(ann, item, notes="hush", notes_visibility=visibility)
    variables = {"id": entry.id, "person": ann.id, "family": family.id, "item": item.id}
    places = 9
    for reader, expected in ((ann, places), (bob, places if shared else 0)):
        response = str(await api.as_(reader).data(NOTES, **variables))
        assert (response.count("'hush'"), response.count("None")) == (expected, places - expected)


async def test_a_payload_returns_no_more_than_a_query(api: Api, make: Factories) -> None:
    """A conflict contains the existing member only if the viewer can see them."""
    ann, bob, eve = await make.user(), await make.user(), await make.user()
    family = await make.family(ann, bob)
    payload = await api.as_(ann).change("inviteToFamily", {"familyId": family.id, "email": bob.email})
    assert payload["errors"][0]["existing"]["__typename"] == "FamilyMembership"
    refused = await api.as_(eve).change(
        "inviteToFamily",
        {"familyId": family.id, "email": bob.email},
        fields="invitation { email invitedTo { name members { nodes { user { name } } } } } token",
    )
    assert (refused["invitation"], refused["token"]) == (None, None)
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [
        ("NOT_FOUND", ["input", "familyId"])
    ]
    unknown = await api.as_(eve).change("inviteToFamily", {"familyId": new_id("fa"), "email": bob.email})
    assert unknown["errors"] == refused["errors"], "a foreign family and an unknown one look alike"


async def test_leaving_a_family_hides_it_in_the_same_payload(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    query = """mutation ($family: ID!) {
        before: updateFamilySharing(input: {familyId: $family, sharesWatchlist: true}) { ...Membership }
        left: leaveFamily(input: {id: $family}) { deletedId errors { code } }
        after: updateFamilySharing(input: {familyId: $family, sharesWatchlist: true}) { ...Membership }
    }
    fragment Membership on UpdateFamilySharingPayload { membership { family { name } } errors { code }
    }"""
    result = await api.as_(bob).data(query, family=family.id)
    assert result["before"] == {"membership": {"family": {"name": "Home"}}, "errors": []}
    assert result["left"]["errors"] == []
    assert result["after"] == {"membership": None, "errors": [{"code": "NOT_FOUND"}]}


async def email_and_preferences(api: Api, viewer: User) -> Any:
    """Reads the private fields on every path to `Viewer`."""
    query = (
        "{ a: viewer { email preferences isStaff } b: viewer { ...Mine } } fragment Mine on Viewer { email }"
    )
    return await api.as_(viewer).data(query)


async def test_private_fields_are_always_the_viewers_own(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    for person in (ann, bob):
        found = await email_and_preferences(api, person)
        mine = {"email": person.email, "preferences": {}, "isStaff": False}
        assert found == {"a": mine, "b": {"email": person.email}}
    assert await api.data("{ viewer { email } }") is None
