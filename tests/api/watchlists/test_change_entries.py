"""The mutations updateWatchlistEntry and removeFromWatchlist."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from infocus_graphql.domains.watchlists.models import Visibility, WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

FIELDS = "entry { status rating notes notesVisibility version dateAdded dateUpdated }"
SHOWN = """query ($id: ID!) { node(id: $id) { ... on WatchlistEntry {
  status rating notes notesVisibility version dateAdded dateUpdated } } }"""
LONG_AGO = datetime(2020, 2, 29, 12, tzinfo=UTC)


async def test_absent_fields_keep_their_value_and_null_clears(api: Api, make: Factories) -> None:
    ann = await make.user()
    values: dict[str, Any] = {
        "status": WatchStatus.WATCHING,
        "rating": 6,
        "notes": "so far",
        "notes_visibility": Visibility.FAMILY,
    }
    before = {"status": "WATCHING", "rating": 6, "notes": "so far", "notesVisibility": "FAMILY"}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"status": "COMPLETED"}, {"status": "COMPLETED"}),
        ({"rating": 10}, {"rating": 10}),
        ({"rating": None}, {"rating": None}),
        ({"notes": " better "}, {"notes": "better"}),
        ({"notes": None}, {"notes": None}),
        ({"notes": "  "}, {"notes": None}),
        ({"notesVisibility": "PRIVATE"}, {"notesVisibility": "PRIVATE"}),
        (
            {"rating": None, "notes": None, "status": "NOT_WATCHED"},
            {"rating": None, "notes": None, "status": "NOT_WATCHED"},
        ),
    ]
    for given, changed in changes:
        entry = await make.entry(ann, date_added=LONG_AGO, date_updated=LONG_AGO, **values)
        payload = await api.as_(ann).change("updateWatchlistEntry", {"id": entry.id, **given}, fields=FIELDS)
        found = payload["entry"]
        assert payload["errors"] == []
        assert datetime.fromisoformat(found.pop("dateAdded")) == LONG_AGO
        assert datetime.now(UTC) - datetime.fromisoformat(found.pop("dateUpdated")) < timedelta(minutes=1)
        assert found == {**before, **changed, "version": 2}, given


async def test_an_empty_update_changes_nothing(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann, rating=3, date_updated=LONG_AGO)
    before = await api.as_(ann).data(SHOWN, id=entry.id)
    for given in ({}, {"expectedVersion": 1}, {"expectedVersion": None}):
        payload = await api.as_(ann).change("updateWatchlistEntry", {"id": entry.id, **given}, fields=FIELDS)
        assert payload == {"entry": before, "errors": []}
    assert before["version"] == 1
    assert datetime.fromisoformat(before["dateUpdated"]) == LONG_AGO


async def test_any_change_of_status_is_allowed(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann)
    expected = 1
    for old, new in product(WatchStatus, WatchStatus):
        for status in (old, new):
            expected += 1
            payload = await api.as_(ann).change(
                "updateWatchlistEntry",
                {"id": entry.id, "status": status.name},
                fields="entry { status version }",
            )
            assert payload == {"entry": {"status": status.name, "version": expected}, "errors": []}


WRONG_CHANGES: list[tuple[Any, ...]] = [
    ({"status": None}, "REQUIRED", "status"),
    ({"notesVisibility": None}, "REQUIRED", "notesVisibility"),
    ({"rating": 0}, "OUT_OF_RANGE", "rating"),
    ({"rating": 11}, "OUT_OF_RANGE", "rating"),
    ({"notes": "n" * 2001}, "TOO_LONG", "notes"),
    ({"rating": 9, "expectedVersion": 2}, "STALE_VERSION", "expectedVersion"),
    ({"rating": 9, "expectedVersion": 0}, "OUT_OF_RANGE", "expectedVersion"),
    ({"rating": 9, "expectedVersion": -(2**31)}, "OUT_OF_RANGE", "expectedVersion"),
    ({"expectedVersion": 2**31 - 1}, "STALE_VERSION", "expectedVersion"),
]


async def test_a_rejected_update_changes_nothing(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann, status=WatchStatus.WATCHING, rating=5, notes="kept", date_updated=LONG_AGO)
    before = await api.as_(ann).data(SHOWN, id=entry.id)
    for given, code, path in WRONG_CHANGES:
        refusal = await api.as_(ann).refused(
            "updateWatchlistEntry", {"notes": "new", **given, "id": entry.id}
        )
        assert refusal == (code, ["input", path]), given
        assert await api.as_(ann).data(SHOWN, id=entry.id) == before


async def test_a_stale_version_returns_the_current_entry(api: Api, make: Factories) -> None:
    ann = await make.user()
    entry = await make.entry(ann, rating=5)
    change = """mutation ($input: UpdateWatchlistEntryInput!) { updateWatchlistEntry(input: $input) {
      entry { version rating } errors { code path ... on ConflictError { existing {
        ... on WatchlistEntry { id version rating } } } } } }"""
    first, second = (
        {"id": entry.id, "rating": 6, "expectedVersion": 1},
        {"id": entry.id, "rating": 7, "expectedVersion": 1},
    )
    assert await api.as_(ann).data(change, input=first) == {
        "entry": {"version": 2, "rating": 6},
        "errors": [],
    }
    assert await api.as_(ann).data(change, input=second) == {
        "entry": None,
        "errors": [
            {
                "code": "STALE_VERSION",
                "path": ["input", "expectedVersion"],
                "existing": {"id": entry.id, "version": 2, "rating": 6},
            }
        ],
    }
    right = await api.as_(ann).data(change, input={**second, "expectedVersion": 2})
    assert right == {"entry": {"version": 3, "rating": 7}, "errors": []}


@pytest.mark.parametrize(
    ("mutation", "name"), [("updateWatchlistEntry", "id"), ("removeFromWatchlist", "entryId")]
)
async def test_entries_of_others_look_like_unknown_ones(
    api: Api, make: Factories, mutation: str, name: str
) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    film = await make.media()
    own, theirs = await make.entry(ann, film), await make.entry(bob, film, rating=8)
    given = {"rating": 1, "expectedVersion": 7} if mutation == "updateWatchlistEntry" else {}
    responses = []
    for entry_id in (theirs.id, "we" + "0" * 25, film.id, ann.id, "", "x" * 10_000, own.id.upper()):
        payload = await api.as_(ann).change(mutation, {name: entry_id, **given})
        responses.append(payload["errors"])
    assert responses[0][0]["code"] == "NOT_FOUND"
    assert responses[0][0]["path"] == ["input", name]
    assert all(response == responses[0] for response in responses)
    assert (await api.as_(bob).data(SHOWN, id=theirs.id))["rating"] == 8


async def test_an_entry_is_removed_once(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    entry, other = await make.entry(ann, film), await make.entry(ann)
    removed = await api.as_(ann).change("removeFromWatchlist", {"entryId": entry.id}, fields="deletedId")
    assert removed == {"deletedId": entry.id, "errors": []}
    again = await api.as_(ann).change("removeFromWatchlist", {"entryId": entry.id}, fields="deletedId")
    assert (again["deletedId"], again["errors"][0]["code"]) == (None, "NOT_FOUND")
    own = await api.as_(ann).data("{ viewer { watchlist { nodes { id } } } }")
    assert own == {"watchlist": {"nodes": [{"id": other.id}]}}
    back = await api.as_(ann).change("addToWatchlist", {"media": {"id": film.id}}, fields="entry { version }")
    assert back == {"entry": {"version": 1}, "errors": []}
