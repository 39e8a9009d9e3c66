"""Bulk mutations: each item has its own outcome, and the number of statements is constant."""

from typing import Any

import pytest

from infocus_graphql.core.ids import new_id
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.statements import recorded

ERRORS = "itemErrors { code path message ... on ConflictError { existing { ... on Node { id } } } }"
FIELDS = (
    f"entries {{ id status rating notes version mediaItem {{ id }} }} {ERRORS} viewer {{ user {{ id }} }}"
)


def outcomes(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    assert payload["errors"] == []
    return [(each["code"], each["path"][1:]) for each in payload["itemErrors"]]


async def test_valid_items_are_added_and_others_have_errors(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    first, second, listed = [await make.media() for _ in range(3)]
    existing = await make.entry(ann, listed)
    items: list[dict[str, Any]] = [
        {"media": {"id": first.id}, "status": "WATCHING", "rating": 7, "notes": " good "},
        {"media": {"id": second.id}, "rating": 11, "notes": "x" * 2001},
        {"media": {"id": listed.id}},
        {"media": {"id": new_id("mi")}},
        {"media": {"tmdb": {"type": second.tmdb_type.name, "id": second.tmdb_id}}},
        {"media": {"id": first.id}, "rating": 1},
        {"media": {"tmdb": {"type": "MOVIE", "id": 0}}},
    ]
    payload = await api.as_(ann).change("addManyToWatchlist", {"items": items}, fields=FIELDS)
    added = [entry and entry["mediaItem"]["id"] for entry in payload["entries"]]
    assert added == [first.id, None, None, None, second.id, None, None]
    assert outcomes(payload) == [
        ("OUT_OF_RANGE", ["items", "1", "rating"]),
        ("TOO_LONG", ["items", "1", "notes"]),
        ("OUT_OF_RANGE", ["items", "6", "media", "tmdb", "id"]),
        ("NOT_FOUND", ["items", "3", "media"]),
        ("ALREADY_EXISTS", ["items", "2", "media"]),
        ("ALREADY_EXISTS", ["items", "5", "media"]),
    ]
    assert payload["entries"][0]["notes"] == "good"
    shown = [each["existing"] for each in payload["itemErrors"] if each["code"] == "ALREADY_EXISTS"]
    assert shown == [{"id": existing.id}, {"id": payload["entries"][0]["id"]}]


async def test_valid_changes_are_applied_and_others_have_errors(api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    rated, noted, stale, cleared = [await make.entry(ann, rating=5, notes="old") for _ in range(4)]
    others = await make.entry(ben)
    items: list[dict[str, Any]] = [
        {"id": rated.id, "rating": 9, "expectedVersion": 1},
        {"id": noted.id, "notes": "new", "status": "COMPLETED"},
        {"id": stale.id, "rating": 1, "expectedVersion": 7},
        {"id": cleared.id, "rating": None, "notes": None},
        {"id": others.id, "rating": 1},
        {"id": rated.id, "rating": 2},
        {"id": new_id("we"), "status": None},
    ]
    payload = await api.as_(ann).change("updateManyWatchlistEntries", {"items": items}, fields=FIELDS)
    values = [entry and (entry["rating"], entry["notes"], entry["version"]) for entry in payload["entries"]]
    assert values == [(9, "old", 2), (5, "new", 2), None, (None, None, 2), None, None, None]
    assert outcomes(payload) == [
        ("STALE_VERSION", ["items", "2", "expectedVersion"]),
        ("NOT_FOUND", ["items", "4", "id"]),
        ("INVALID", ["items", "5", "id"]),
        ("REQUIRED", ["items", "6", "status"]),
        ("NOT_FOUND", ["items", "6", "id"]),
    ]


@pytest.mark.parametrize("mutation", ["addManyToWatchlist", "updateManyWatchlistEntries"])
async def test_the_number_of_items_is_limited(api: Api, make: Factories, mutation: str) -> None:
    ann = await make.user("Ann")
    item = {"media": {"id": new_id("mi")}} if mutation.startswith("add") else {"id": new_id("we")}
    client = api.as_(ann)
    assert await client.refused(mutation, {"items": []}) == ("TOO_SHORT", ["input", "items"])
    assert await client.refused(mutation, {"items": [item] * 501}) == ("TOO_LONG", ["input", "items"])


async def test_500_items_take_as_many_statements_as_five(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    client, media = api.as_(ann), [await make.media() for _ in range(500)]
    counts = []
    for part in (media[:5], media[5:]):
        with recorded(api.services.database) as statements:
            items = [{"media": {"id": each.id}} for each in part]
            added = await client.change("addManyToWatchlist", {"items": items}, fields=FIELDS)
            changes = [{"id": each["id"], "rating": 3} for each in added["entries"]]
            changed = await client.change("updateManyWatchlistEntries", {"items": changes}, fields=FIELDS)
        assert [each["rating"] for each in changed["entries"]] == [3] * len(part)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 12
