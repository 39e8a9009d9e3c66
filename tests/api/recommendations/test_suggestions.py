"""Suggestions: their score, whose entries count, their order."""

from typing import Any

import pytest

from infocus_graphql.domains.watchlists.models import WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

SEEN, WATCHING, WANTED = WatchStatus.COMPLETED, WatchStatus.WATCHING, WatchStatus.NOT_WATCHED
SUGGESTIONS = """query ($family: ID, $first: Int, $after: String, $last: Int) {
  viewer { suggestions(familyId: $family, first: $first, after: $after, last: $last) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { score familyAverage familyEntryCount tmdbRating statusWeight mediaItem { title }
      familyEntries { user { name } status } } } } }"""


async def suggested(api: Api, **variables: Any) -> dict[str, Any]:
    """Returns the suggestions by title."""
    page = (await api.data(SUGGESTIONS, **variables))["suggestions"]
    assert page["totalCount"] == len(page["nodes"])
    return {node.pop("mediaItem")["title"]: node for node in page["nodes"]}


# (rating on TMDB, entries of others as (status, rating)), and the expected
# score, mean rating, number of entries, and mean weight of the status, computed by hand.
SCORES: dict[str, tuple[float | None, list[tuple[WatchStatus, int | None]], tuple[Any, ...]]] = {
    "only wanted": (None, [(WANTED, None)], (2.0, None, 1, 0.0)),
    "being watched": (None, [(WATCHING, None)], (3.0, None, 1, 1.0)),
    "seen": (None, [(SEEN, None)], (4.0, None, 1, 2.0)),
    "known to TMDB": (8.0, [(WANTED, None)], (6.0, None, 1, 0.0)),
    "barely known to TMDB": (0.5, [(WANTED, None)], (2.25, None, 1, 0.0)),
    "rated": (None, [(WANTED, 10)], (32.0, 10.0, 1, 0.0)),
    "rated by some": (None, [(SEEN, 7), (WANTED, None)], (26.0, 7.0, 2, 1.0)),
    "all terms": (7.5, [(SEEN, 9), (SEEN, 6), (WATCHING, None), (WANTED, None)], (35.5, 7.5, 4, 1.25)),
}


async def test_the_score_is_the_sum_of_its_terms(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    others = [await make.user(name) for name in ("Bob", "Cid", "Dora", "Eve")]
    await make.family(ann, *others)
    for title, (tmdb, entries, _) in SCORES.items():
        media = await make.media(title, rating=tmdb)
        for user, (status, rating) in zip(others, entries, strict=False):
            await make.entry(user, media, status=status, rating=rating)
    found = await suggested(api.as_(ann))
    assert found.keys() == SCORES.keys()
    for title, (tmdb, entries, (score, mean, number, weight)) in SCORES.items():
        watched_by = sorted(found[title].pop("familyEntries"), key=lambda entry: entry["user"]["name"])
        assert watched_by == [
            {"user": {"name": user.name}, "status": status.name}
            for user, (status, _) in zip(others, entries, strict=False)
        ]
        assert found[title] == {
            "score": score,
            "familyAverage": mean,
            "familyEntryCount": number,
            "tmdbRating": tmdb,
            "statusWeight": weight,
        }, title
    scores = [node["score"] for node in found.values()]
    assert scores == sorted(scores, reverse=True)


async def test_members_of_two_families_count_once_and_a_family_counts_its_own(
    api: Api, make: Factories
) -> None:
    ann, bob, cid = [await make.user(name) for name in ("Ann", "Bob", "Cid")]
    home = await make.family(ann, bob)
    club = await make.family(bob, ann, cid, name="Club")
    film, series = await make.media("film", rating=6.0), await make.media("series")
    await make.entry(bob, film, rating=8, status=SEEN)
    await make.entry(cid, film, rating=4, status=WANTED)
    await make.entry(cid, series)
    together = await suggested(api.as_(ann))
    assert (together["film"]["familyEntryCount"], together["film"]["score"]) == (2, 3 * 6 + 2 * 2 + 3 + 1)
    assert together.keys() == {"film", "series"}
    of_home = await suggested(api.as_(ann), family=home.id)
    assert of_home.keys() == {"film"}
    assert (of_home["film"]["familyEntryCount"], of_home["film"]["score"]) == (1, 3 * 8 + 2 + 3 + 2)
    of_club = await suggested(api.as_(ann), family=club.id)
    assert of_club == together


async def test_a_family_of_other_users_is_an_error_and_looks_like_an_unknown_one(
    api: Api, make: Factories
) -> None:
    ann, bob, eve = [await make.user(name) for name in ("Ann", "Bob", "Eve")]
    await make.family(ann, bob)
    foreign = await make.family(eve, bob)
    await make.entry(bob)
    await make.entry(eve)
    query = "query ($id: ID!) { viewer { email suggestions(familyId: $id) { totalCount } } }"
    for family in (foreign.id, "fa" + "0" * 25):
        result = await api.as_(ann).result(query, id=family)
        assert result["data"]["viewer"] == {"email": ann.email, "suggestions": None}
        (error,) = result["errors"]
        assert error["message"] == f"“{family}” is not the id of one of your families."
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": ["familyId"], "variable": ["id"]}
    assert len(await suggested(api.as_(ann))) == 1


async def test_only_shared_entries_of_others_count_and_tracked_titles_are_excluded(
    api: Api, make: Factories
) -> None:
    ann, bob, cid, eve = [await make.user(name) for name in ("Ann", "Bob", "Cid", "Eve")]
    family = await make.family(ann, bob)
    await make.member(family, cid, shares_watchlist=False)
    await make.family(eve)
    for status in WatchStatus:
        tracked = await make.media(f"tracked {status.value}", rating=10)
        await make.entry(ann, tracked, status=status)
        await make.entry(bob, tracked, rating=10)
    for user, title in ((ann, "own"), (bob, "Bob's"), (cid, "hidden"), (eve, "foreign")):
        await make.entry(user, await make.media(title))
    half = await make.media("half")
    await make.entry(bob, half, rating=5)
    await make.entry(cid, half, rating=10)
    await make.entry(eve, half, rating=10)
    await make.media("tracked by nobody")
    for variables in ({}, {"family": family.id}):
        found = await suggested(api.as_(ann), **variables)
        assert found.keys() == {"Bob's", "half"}
        assert found["half"]["familyAverage"] == 5.0
    # A user who doesn't share still gets suggestions; a user without a family gets none.
    assert "Bob's" in await suggested(api.as_(cid))
    assert await suggested(api.as_(eve)) == {}


async def test_suggestions_are_paged_by_score_including_ties(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for rating in (None, 1, 3, 3, 3, 10, 7):
        await make.entry(bob, rating=rating)
    whole = (await api.as_(ann).data(SUGGESTIONS))["suggestions"]["nodes"]
    assert [node["familyAverage"] for node in whole] == [10.0, 7.0, 3.0, 3.0, 3.0, 1.0, None]
    found: list[Any] = []
    after, more = None, True
    while more:
        page = (await api.as_(ann).data(SUGGESTIONS, first=2, after=after))["suggestions"]
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == whole
    assert (await api.as_(ann).data(SUGGESTIONS, last=3))["suggestions"]["nodes"] == whole[-3:]


async def test_adding_a_suggested_title_removes_the_suggestion(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user(), await make.user(), await make.media("film")
    await make.family(ann, bob)
    await make.entry(bob, film)
    assert list(await suggested(api.as_(ann))) == ["film"]
    await api.as_(ann).change("addToWatchlist", {"media": {"id": film.id}})
    assert await suggested(api.as_(ann)) == {}


@pytest.mark.parametrize("rating", [1 / 3, 9.99, 0.1 + 0.2])
async def test_a_cursor_keeps_the_full_precision_of_a_score(api: Api, make: Factories, rating: float) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for _ in range(3):
        await make.entry(bob, await make.media(rating=rating), rating=7)
    first = (await api.as_(ann).data(SUGGESTIONS, first=1))["suggestions"]
    rest = (await api.as_(ann).data(SUGGESTIONS, after=first["pageInfo"]["endCursor"]))["suggestions"]
    titles = [node["mediaItem"]["title"] for node in first["nodes"] + rest["nodes"]]
    assert len(set(titles)) == len(titles) == 3
