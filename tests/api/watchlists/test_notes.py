"""Visibility of entries and their notes, on every path to them."""

from dataclasses import dataclass
from typing import Any

import pytest

from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.recommendations.models import RecommendationStatus
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry
from tests.support.client import Api
from tests.support.factories import Factories

WAYS = """query ($entry: ID!, $user: ID!, $family: ID!, $media: ID!) {
  node(id: $entry) { ...Entry }
  nodes(ids: [$entry]) { ...Entry }
  user: node(id: $user) { ... on User { watchlist { nodes { ...Entry } }
    recommendationsReceived { nodes { outcome { ...Entry } } } } }
  family(id: $family) {
    watchlist { nodes { ...Entry } }
    members { nodes { user { watchlist { nodes { ...Entry } } } } }
    titles { nodes { completedBy { id } wantedBy { watchlist { nodes { ...Entry } } } } }
    recommendations { nodes { outcome { ...Entry } } }
  }
  mediaItem(ref: {id: $media}) { entries { nodes { ...Entry } } viewerEntry { ...Entry } }
  viewer { suggestions { nodes { familyEntries { ...Entry } } }
    recommendationsSent { nodes { outcome { ...Entry } } } }
}
fragment Entry on WatchlistEntry { __typename id notes }"""


@dataclass
class World:
    """Bob's entry for a film, and Ann, who is in his family."""

    ann: User
    bob: User
    family: Family
    film: MediaItem
    entry: WatchlistEntry


@pytest.fixture
async def world(make: Factories) -> World:
    """Ann has recommended the film to Bob, and he has accepted."""
    ann, bob = await make.user("Ann"), await make.user("Bob")
    family = await make.family(ann, bob)
    film = await make.media()
    entry = await make.entry(bob, film, notes="dear diary")
    await make.recommendation(ann, bob, film, status=RecommendationStatus.ACCEPTED)
    return World(ann, bob, family, film, entry)


def entries(response: Any) -> list[dict[str, Any]]:
    """Returns all entries in a response, at any depth."""
    if isinstance(response, list):
        return [entry for item in response for entry in entries(item)]
    if not isinstance(response, dict):
        return []
    if response.get("__typename") == "WatchlistEntry":
        return [response]
    return [entry for item in response.values() for entry in entries(item)]


async def seen(api: Api, world: World) -> list[dict[str, Any]]:
    """Returns Bob's entry as a client sees it on all paths."""
    result = await api.result(
        WAYS, entry=world.entry.id, user=world.bob.id, family=world.family.id, media=world.film.id
    )
    return [entry for entry in entries(result["data"]) if entry["id"] == world.entry.id]


async def test_notes_are_private_until_they_are_shared_with_the_family(
    api: Api, make: Factories, world: World
) -> None:
    assert world.entry.notes_visibility in (None, Visibility.PRIVATE)
    stranger = await make.user()
    ways_of_ann, ways_of_bob = 11, 10
    for visibility, read_by_ann in (("PRIVATE", None), ("FAMILY", "dear diary"), ("PRIVATE", None)):
        change = {"id": world.entry.id, "notesVisibility": visibility}
        payload = await api.as_(world.bob).change("updateWatchlistEntry", change, fields="entry { notes }")
        assert payload["entry"] == {"notes": "dear diary"}
        of_ann, of_bob = await seen(api.as_(world.ann), world), await seen(api.as_(world.bob), world)
        assert [entry["notes"] for entry in of_ann] == [read_by_ann] * ways_of_ann
        assert [entry["notes"] for entry in of_bob] == ["dear diary"] * ways_of_bob
        assert await seen(api.as_(stranger), world) == []


async def test_payloads_and_conflicts_keep_notes_private(api: Api, make: Factories, world: World) -> None:
    proposal = await make.recommendation(world.bob, world.ann, world.film)
    fields = """entry { user { id } notes } recommendation { outcome { id } mediaItem {
      entries { nodes { user { id } notes } } } }"""
    payload = await api.as_(world.ann).change("acceptRecommendation", {"id": proposal.id}, fields=fields)
    assert payload["entry"] == {"user": {"id": world.ann.id}, "notes": None}
    found = payload["recommendation"]["mediaItem"]["entries"]["nodes"]
    assert sorted(found, key=str) == sorted(
        [{"user": {"id": world.ann.id}, "notes": None}, {"user": {"id": world.bob.id}, "notes": None}],
        key=str,
    )


async def test_entries_of_unrelated_users_are_hidden_and_not_counted(
    api: Api, make: Factories, world: World
) -> None:
    change = {"id": world.entry.id, "notesVisibility": "FAMILY"}
    await api.as_(world.bob).change("updateWatchlistEntry", change)
    stranger = await make.user()
    await make.family(stranger)
    hidden = {"node": None, "nodes": [None]}
    query = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    for client in (api, api.as_(stranger)):
        assert await seen(client, world) == []
        assert await client.data(query, id=world.entry.id) == hidden
        assert await client.data(query, id="we" + "0" * 25) == hidden
        # The title is public, but not the number of users who track it.
        media = "query ($id: ID!) { mediaItem(ref: {id: $id}) { entries { totalCount } } }"
        assert await client.data(media, id=world.film.id) == {"entries": {"totalCount": 0}}


async def test_entries_not_shared_with_a_family_are_hidden_from_it(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user("Ann"), await make.user("Bob"), await make.user("Cid")
    home = await make.family(ann)
    await make.member(home, bob, shares_watchlist=False)
    entry = await make.entry(bob, notes="shared", notes_visibility=Visibility.FAMILY)
    world = World(ann, bob, home, await make.media(), entry)
    assert await seen(api.as_(ann), world) == []
    listed = "query ($id: ID!) { family(id: $id) { watchlist { totalCount } titles { totalCount } } }"
    # The family's lists are the same for every member, including Bob.
    for member in (ann, bob):
        assert await api.as_(member).data(listed, id=home.id) == {
            "watchlist": {"totalCount": 0},
            "titles": {"totalCount": 0},
        }
    # In a second family where Bob shares, his entries are visible, but not on the first family's list.
    club = await make.family(cid, ann, bob, name="Club")
    query = """query ($id: ID!, $fa: ID!) { node(id: $id) { ... on WatchlistEntry { notes } }
      family(id: $fa) { watchlist { totalCount } titles { totalCount } } }"""
    for family, count in ((home, 0), (club, 1)):
        assert await api.as_(ann).data(query, id=entry.id, fa=family.id) == {
            "node": {"notes": "shared"},
            "family": {"watchlist": {"totalCount": count}, "titles": {"totalCount": count}},
        }
