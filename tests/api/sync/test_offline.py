"""A phone replays its queue of offline changes, after a day and twice."""

from dataclasses import replace
from typing import Any

from infocus_graphql.db.prepared import Query
from tests.support.client import Api
from tests.support.factories import Factories

FIELDS = "entries { id rating version } itemErrors { code path } "
ONE = "entry { id rating version }"


async def test_a_queue_is_replayed_after_a_day_and_twice(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    titles = [await make.media() for _ in range(3)]
    edited, conflicting, removed = [await make.entry(ann) for _ in range(3)]
    queue: list[tuple[str, dict[str, Any], str]] = [
        ("addManyToWatchlist", {"items": [{"media": {"id": each.id}} for each in titles]}, FIELDS),
        ("updateWatchlistEntry", {"id": edited.id, "rating": 8, "expectedVersion": 1}, ONE),
        ("updateWatchlistEntry", {"id": edited.id, "rating": 9, "expectedVersion": 2}, ONE),
        (
            "updateManyWatchlistEntries",
            {
                "items": [
                    {"id": conflicting.id, "rating": 2, "expectedVersion": 1},
                    {"id": edited.id, "notes": "late", "expectedVersion": 3},
                ]
            },
            FIELDS,
        ),
        ("removeFromWatchlist", {"entryId": removed.id}, "deletedId"),
    ]
    tablet = api.as_(ann)
    await tablet.change("updateWatchlistEntry", {"id": conflicting.id, "rating": 10})

    async def replay(part: int) -> list[Any]:
        found = []
        for place, (mutation, given, fields) in enumerate(queue[:part]):
            keyed = replace(tablet, headers={**tablet.headers, "Idempotency-Key": f"queue-{place}"})
            found.append(await keyed.change(mutation, given, fields=fields))
        return found

    before = await replay(3)  # the connection is lost in the middle
    age: Query = (
        "UPDATE idempotency_records SET created_at = created_at - interval '1 day' RETURNING key",
        [],
    )
    await api.services.database.engines.changes.write_once(age)
    first, second = await replay(5), await replay(5)
    assert first == second
    assert first[:3] == before, "nothing is added or changed again"
    assert all(payload["errors"] == [] for payload in first)
    assert [each["version"] for each in first[0]["entries"]] == [1, 1, 1]
    conflict = {"code": "STALE_VERSION", "path": ["input", "items", "0", "expectedVersion"]}
    assert first[3]["itemErrors"] == [conflict]
    assert first[3]["entries"] == [None, {"id": edited.id, "rating": 9.0, "version": 4}]
    # Without its key, the conflict is refused again: only the user can decide.
    assert await tablet.refused(
        "updateWatchlistEntry", {"id": conflicting.id, "rating": 2, "expectedVersion": 1}
    ) == ("STALE_VERSION", ["input", "expectedVersion"])
