"""Concurrent changes of entries and titles on separate connections."""

from asyncio import gather
from typing import Any

import pytest

from infocus_graphql.core.errors import ErrorCode, Refused
from tests.support.client import Api
from tests.support.factories import Factories

ROUNDS = 4


def codes(payloads: list[Any]) -> list[str]:
    """Returns the sorted codes of all errors in the payloads."""
    return sorted(error["code"] for payload in payloads for error in payload["errors"])


async def test_two_adds_create_one_entry_and_one_conflict(api: Api, make: Factories) -> None:
    ann = await make.user()
    for _ in range(ROUNDS):
        given = {"media": {"id": (await make.media()).id}}
        responses = await gather(
            *(api.as_(ann).change("addToWatchlist", given, fields="entry { id }") for _ in range(4))
        )
        (made,) = [response["entry"] for response in responses if response["entry"]]
        assert codes(responses) == ["ALREADY_EXISTS"] * 3
        for response in responses:
            for error in response["errors"]:
                assert error["existing"] == {"__typename": "WatchlistEntry", "id": made["id"]}


async def test_of_two_updates_of_one_version_one_wins(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann)
    for version in range(1, ROUNDS + 1):
        ratings = (1, 5, 10)
        changes = [{"id": entry.id, "rating": rating, "expectedVersion": version} for rating in ratings]
        responses = await gather(
            *(
                api.as_(ann).change("updateWatchlistEntry", change, fields="entry { rating version }")
                for change in changes
            )
        )
        (won,) = [response["entry"] for response in responses if response["entry"]]
        assert won["version"] == version + 1
        assert codes(responses) == ["STALE_VERSION"] * 2
        query = "query ($id: ID!) { node(id: $id) { ... on WatchlistEntry { rating version } } }"
        assert await api.as_(ann).data(query, id=entry.id) == won


async def test_updates_without_a_version_are_all_applied(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann)
    changes: list[dict[str, Any]] = [{"rating": 7}, {"notes": "n"}, {"status": "WATCHING"}]
    responses = await gather(
        *(api.as_(ann).change("updateWatchlistEntry", {"id": entry.id, **change}) for change in changes)
    )
    assert codes(responses) == []
    query = "query ($id: ID!) { node(id: $id) { ... on WatchlistEntry { rating notes status version } } }"
    assert await api.as_(ann).data(query, id=entry.id) == {
        "rating": 7,
        "notes": "n",
        "status": "WATCHING",
        "version": 4,
    }


async def test_an_entry_is_removed_by_one_of_two_requests(api: Api, make: Factories) -> None:
    ann = await make.user()
    for _ in range(ROUNDS):
        entry = await make.entry(ann)
        responses = await gather(
            *(api.as_(ann).change("removeFromWatchlist", {"entryId": entry.id}) for _ in range(2)),
            api.as_(ann).change("updateWatchlistEntry", {"id": entry.id, "rating": 3}),
        )
        assert codes(responses) in (["NOT_FOUND"], ["NOT_FOUND"] * 2)
    assert await api.as_(ann).data("{ viewer { watchlist { totalCount } } }") == {
        "watchlist": {"totalCount": 0}
    }


async def test_a_title_is_either_deleted_or_tracked(api: Api, make: Factories) -> None:
    ann, staff = await make.user(), await make.user(is_staff=True)
    for _ in range(ROUNDS * 2):
        item = await make.media()
        added, deleted = await gather(
            api.as_(ann).change("addToWatchlist", {"media": {"id": item.id}}, fields="entry { id }"),
            api.as_(staff, is_staff=True).change("deleteMediaItem", {"id": item.id}, fields="deletedId"),
        )
        if deleted["deletedId"]:
            assert [(error["code"], error["path"]) for error in added["errors"]] == [
                ("NOT_FOUND", ["input", "media"])
            ]
        else:
            assert (added["errors"], codes([deleted])) == ([], ["IN_USE"])


async def test_adding_during_a_removal_creates_an_entry_or_is_a_conflict(api: Api, make: Factories) -> None:
    ann = await make.user()
    for _ in range(ROUNDS * 2):
        film = await make.media()
        old = await make.entry(ann, film)
        added, removed = await gather(
            api.as_(ann).change("addToWatchlist", {"media": {"id": film.id}}, fields="entry { id }"),
            api.as_(ann).change("removeFromWatchlist", {"entryId": old.id}, fields="deletedId"),
        )
        assert removed["deletedId"] == old.id
        assert codes([added]) in ([], ["ALREADY_EXISTS"])


async def test_two_saves_create_one_title_and_one_provider(api: Api, make: Factories) -> None:
    staff = api.as_(await make.user(is_staff=True), is_staff=True)
    tmdb = {"type": "TV", "id": 1396}
    saves = await gather(
        *(
            staff.change("saveMediaItem", {"tmdb": tmdb, "title": title}, fields="mediaItem { id }")
            for title in "ABCD"
        )
    )
    assert codes(saves) == []
    assert len({save["mediaItem"]["id"] for save in saves}) == 1
    offer = {"media": {"tmdb": tmdb}, "provider": "Streamio"}
    offers = await gather(
        *(
            staff.change(
                "saveStreamingProvider", {**offer, "regions": [region]}, fields="streamingProvider { id }"
            )
            for region in ("DE", "AT", "CH")
        )
    )
    assert codes(offers) == []
    assert len({offer["streamingProvider"]["id"] for offer in offers}) == 1


async def test_check_constraints_reject_invalid_rows(make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    wrong: list[tuple[dict[str, Any], ErrorCode]] = [
        ({"rating": 0}, ErrorCode.OUT_OF_RANGE),
        ({"rating": 11}, ErrorCode.OUT_OF_RANGE),
        ({"notes": "n" * 2001}, ErrorCode.TOO_LONG),
    ]
    for values, code in wrong:
        with pytest.raises(Refused) as caught:
            await make.entry(ann, film, **values)
        assert [refusal.code for refusal in caught.value.refusals] == [code]
