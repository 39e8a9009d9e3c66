"""Sharing of watchlists with families. Entries that are not shared look as if they didn't exist."""

from dataclasses import dataclass
from typing import Any

import pytest

from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry, WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

SEEN = """
query ($family: ID!, $entry: ID!, $person: ID!, $media: ID!) {
  family(id: $family) {
    watchlist { totalCount nodes { id rating notes } }
    titles { totalCount nodes { wantedBy { id } startedBy { id } completedBy { id } averageRating } }
  }
  node(id: $entry) { id }
  person: node(id: $person) { ... on User { watchlist { totalCount nodes { id } } } }
  mediaItem(ref: { id: $media }) { entries { totalCount nodes { id } } }
  viewer {
    here: suggestions(familyId: $family) { totalCount nodes { familyAverage familyEntries { id } } }
    everywhere: suggestions { totalCount }
  }
}
"""


@dataclass(frozen=True)
class Two:
    """Bob shares two families with Ann and the first of them with Cid. He has one entry, a completed film."""

    ann: User
    bob: User
    cid: User
    first: Family
    second: Family
    film: MediaItem
    entry: WatchlistEntry


@pytest.fixture
async def two(make: Factories) -> Two:
    """Two families, with both of which Bob shares his watchlist."""
    ann, bob, cid = await make.user("Ann"), await make.user("Bob"), await make.user("Cid")
    first, second = await make.family(ann, bob, cid, name="First"), await make.family(ann, bob, name="Second")
    film = await make.media("Heat", rating=8.0)
    entry = await make.entry(
        bob,
        film,
        rating=9,
        status=WatchStatus.COMPLETED,
        notes="Slow but good.",
        notes_visibility=Visibility.FAMILY,
    )
    return Two(ann, bob, cid, first, second, film, entry)


async def seen(api: Api, two: Two, who: User, family: Family) -> dict[str, bool]:
    """Returns the places in which `who` sees Bob's entry via `family`. Asserts that counts match lists."""
    found: Any = await api.as_(who).data(
        SEEN, family=family.id, entry=two.entry.id, person=two.bob.id, media=two.film.id
    )
    lists = {
        "family list": found["family"]["watchlist"],
        "family titles": found["family"]["titles"],
        "person's list": found["person"]["watchlist"],
        "title's entries": found["mediaItem"]["entries"],
        "suggestions": found["viewer"]["here"],
    }
    for page in lists.values():
        assert page["totalCount"] == len(page["nodes"])
    places = {name: page["totalCount"] == 1 for name, page in lists.items()}
    if places["family list"]:
        (entry,) = found["family"]["watchlist"]["nodes"]
        assert entry == {"id": two.entry.id, "rating": 9, "notes": "Slow but good."}
    if places["family titles"]:
        (title,) = found["family"]["titles"]["nodes"]
        assert title == {
            "wantedBy": [],
            "startedBy": [],
            "completedBy": [{"id": two.bob.id}],
            "averageRating": 9.0,
        }
    if places["suggestions"]:
        (suggestion,) = found["viewer"]["here"]["nodes"]
        assert suggestion == {"familyAverage": 9.0, "familyEntries": [{"id": two.entry.id}]}
    return {
        **places,
        "node": found["node"] is not None,
        "all": found["viewer"]["everywhere"]["totalCount"] == 1,
    }


PLACES = ("family list", "family titles", "person's list", "title's entries", "suggestions", "node", "all")


def only(*places: str) -> dict[str, bool]:
    """Returns the expectation that the entry is visible in exactly these places."""
    return {place: place in places for place in PLACES}


async def share(api: Api, two: Two, family: Family, **choice: Any) -> Any:
    """Sets Bob's sharing for a family and returns the payload."""
    return await api.as_(two.bob).change(
        "updateFamilySharing",
        {"familyId": family.id, **choice},
        fields="membership { sharesWatchlist user { id } }",
    )


async def test_watchlists_are_shared_by_default(api: Api, two: Two) -> None:
    assert await seen(api, two, two.cid, two.first) == only(*PLACES)
    assert await seen(api, two, two.ann, two.first) == only(*PLACES)


async def test_turning_sharing_off_hides_the_watchlist_from_that_family(api: Api, two: Two) -> None:
    payload = await share(api, two, two.first, sharesWatchlist=False)
    assert payload == {"membership": {"sharesWatchlist": False, "user": {"id": two.bob.id}}, "errors": []}
    # A user who shares only that family with Bob sees nothing.
    assert await seen(api, two, two.cid, two.first) == only()
    # A user who shares another family with Bob sees the entry, but not in that family.
    assert await seen(api, two, two.ann, two.first) == only("person's list", "title's entries", "node", "all")
    assert await seen(api, two, two.ann, two.second) == only(*PLACES)
    # Bob sees his own entry, but not in the family, which looks the same to all members.
    mine = {"person's list", "title's entries", "node"}
    assert await seen(api, two, two.bob, two.first) == only(*mine)
    # Suggestions never contain titles that the viewer tracks.
    assert await seen(api, two, two.bob, two.second) == only(*mine, "family list", "family titles")


async def test_a_family_looks_the_same_to_all_members(api: Api, two: Two, make: Factories) -> None:
    for user, rating in ((two.ann, 3), (two.cid, 6)):
        await make.entry(user, two.film, rating=rating)
    query = """
    query ($id: ID!) { family(id: $id) {
      watchlist { totalCount nodes { id rating user { id } } }
      titles { totalCount nodes { wantedBy { id } completedBy { id } averageRating } }
    } }
    """
    own = """
    query ($id: ID!) { family(id: $id) { viewerMembership { sharesWatchlist } }
      viewer { watchlist { nodes { id } } } }
    """
    for sharing, average in ((True, 6.0), (False, 4.5)):
        await share(api, two, two.first, sharesWatchlist=sharing)
        seen = [await api.as_(user).data(query, id=two.first.id) for user in (two.ann, two.bob, two.cid)]
        assert seen[0] == seen[1] == seen[2]
        assert [title["averageRating"] for title in seen[0]["titles"]["nodes"]] == [average]
        assert seen[0]["watchlist"]["totalCount"] == (3 if sharing else 2)
        # His membership shows that sharing is off; his entries are in `viewer.watchlist`.
        assert await api.as_(two.bob).data(own, id=two.first.id) == {
            "family": {"viewerMembership": {"sharesWatchlist": sharing}},
            "viewer": {"watchlist": {"nodes": [{"id": two.entry.id}]}},
        }


async def test_without_sharing_in_any_family_entries_are_hidden_until_turned_on(api: Api, two: Two) -> None:
    for family in (two.first, two.second):
        await share(api, two, family, sharesWatchlist=False)
    for who, family in ((two.ann, two.first), (two.ann, two.second), (two.cid, two.first)):
        assert await seen(api, two, who, family) == only()
    await share(api, two, two.first, sharesWatchlist=True)
    assert await seen(api, two, two.cid, two.first) == only(*PLACES)
    assert await seen(api, two, two.ann, two.first) == only(*PLACES)
    assert await seen(api, two, two.ann, two.second) == only(
        "person's list", "title's entries", "node", "all"
    )


async def test_an_absent_choice_changes_nothing_and_null_is_refused(api: Api, two: Two) -> None:
    for choice in (True, False):
        await share(api, two, two.first, sharesWatchlist=choice)
        payload = await share(api, two, two.first)
        assert payload["membership"]["sharesWatchlist"] is choice
        refused = await share(api, two, two.first, sharesWatchlist=None)
        (error,) = refused["errors"]
        assert (error["code"], error["path"]) == ("REQUIRED", ["input", "sharesWatchlist"])
        payload = await share(api, two, two.first)
        assert payload["membership"]["sharesWatchlist"] is choice


async def test_a_hidden_entry_does_not_count_in_aggregates(api: Api, two: Two, make: Factories) -> None:
    await make.entry(two.cid, two.film, rating=1, status=WatchStatus.NOT_WATCHED)
    await share(api, two, two.first, sharesWatchlist=False)
    query = """
    query ($id: ID!) {
      family(id: $id) { titles { nodes { wantedBy { id } completedBy { id } averageRating } } }
      viewer { suggestions(familyId: $id) { nodes { score familyEntryCount familyEntries { user { id } } } } }
    }
    """
    found = await api.as_(two.ann).data(query, id=two.first.id)
    assert found["family"]["titles"]["nodes"] == [
        {"wantedBy": [{"id": two.cid.id}], "completedBy": [], "averageRating": 1.0}
    ]
    assert found["viewer"]["suggestions"]["nodes"] == [
        {
            "score": 3 * 1 + 2 * 1 + 8.0 / 2 + 0,
            "familyEntryCount": 1,
            "familyEntries": [{"user": {"id": two.cid.id}}],
        }
    ]


async def test_each_member_sets_their_own_sharing_which_others_can_see(api: Api, two: Two) -> None:
    await share(api, two, two.first, sharesWatchlist=False)
    query = "query ($id: ID!) { family(id: $id) { members { nodes { user { name } sharesWatchlist } } } }"
    members = (await api.as_(two.cid).data(query, id=two.first.id))["members"]["nodes"]
    assert {each["user"]["name"]: each["sharesWatchlist"] for each in members} == {
        "Ann": True,
        "Bob": False,
        "Cid": True,
    }
