"""`Viewer.changes`: pages, tombstones, cursors, and what it never reveals."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from infocus_graphql.domains.sync import cursors, rounds
from tests.api.sync.replica import CHANGES, Replica
from tests.support.client import Api
from tests.support.factories import Factories

FIRST = "query ($since: String, $first: Int) { viewer { changes(since: $since, first: $first) { cursor } } }"


async def test_both_engines_return_the_same_snapshot_in_pages(api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    family = await make.family(ann, ben)
    entries = [await make.entry(each) for each in (ann, ben)]
    client, found, cursor = api.as_(ann), list[str](), None
    for place in range(3):
        page = (await client.data(CHANGES, since=cursor, first=4))["changes"]  # runs with loaders, too
        assert (page["resetRequired"], page["hasMore"]) == (place == 0, place < 2)
        found, cursor = [*found, *(node["id"] for node in page["nodes"])], page["cursor"]
    assert found == sorted(found)
    assert {family.id, ann.id, ben.id, *(each.id for each in entries)} < set(found)
    assert len(found) == 9  # with two memberships and two titles
    nothing = (await client.data(CHANGES, since=cursor))["changes"]
    assert (nothing["nodes"], nothing["removedIds"], nothing["viewer"]) == ([], [], None)


async def test_settings_are_reported_to_the_viewer_only(api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    own, other = Replica(api.as_(ann)), Replica(api.as_(ben))
    await own.catch_up()
    await other.catch_up()
    await api.as_(ann).change("updateSettings", {"region": "DE"})
    page = await own.read_page()
    assert page["viewer"] == {"settings": {"region": "DE"}}
    assert [node["id"] for node in page["nodes"]] == [ann.id]
    page = await other.read_page()
    assert (page["nodes"], page["removedIds"], page["viewer"]) == ([], [], None)


async def test_hidden_rows_leave_no_trace(api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "_SKEW", 0.0)  # everything here has one clock
    ann, ben, cay = await make.user("Ann"), await make.user("Ben"), await make.user("Cay")
    family = await make.family(ann, ben)
    await make.family(cay, ben)  # which Ann doesn't see
    seen = await make.entry(ben)
    replica = Replica(api.as_(ann))
    await replica.catch_up()
    await api.as_(ben).change("updateFamilySharing", {"familyId": family.id, "sharesWatchlist": False})
    for _ in range(2):
        hidden = await make.entry(ben)
        await api.as_(ben).change("removeFromWatchlist", {"entryId": hidden.id})
    kept_hidden = await make.entry(ben)
    await make.entry(cay)
    await replica.catch_up()
    assert replica.removed == {seen.id}
    await api.as_(ann).change("removeFamilyMember", {"familyId": family.id, "userId": ben.id})
    await replica.catch_up()
    replica.removed.clear()
    await api.as_(ben).change("removeFromWatchlist", {"entryId": kept_hidden.id})
    await make.recommendation(ben, cay)
    await replica.catch_up()
    assert replica.removed == set()
    assert {node["__typename"] for node in replica.nodes.values()} == {
        "Family", "FamilyMembership", "MediaItem", "User",
    }  # fmt: skip


async def test_an_erased_user_is_removed_with_everything(api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    entry, sent = await make.entry(ben), await make.recommendation(ann, ben)
    replica = Replica(api.as_(ann))
    await replica.catch_up()
    assert {ben.id, entry.id, sent.id} < set(replica.nodes)
    changes = api.services.database.engines.changes
    await changes.write_once(("DELETE FROM users WHERE id = $1 RETURNING id", [ben.id]))
    await changes.write_once(("SELECT anonymise_events($1)", [ben.id]))
    await replica.catch_up()
    assert {ben.id, entry.id, sent.id} < replica.removed
    assert not replica.removed & set(replica.nodes)


async def test_an_expired_cursor_starts_a_snapshot(
    api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await make.user("Ann")
    replica = Replica(api.as_(ann))
    await replica.catch_up()
    days = api.services.settings.keep_events_days
    for later, resets in ((days - 1, 1), (days + 1, 2)):
        monkeypatch.setattr(rounds, "time", lambda later=later: time.time() + later * 86_400)
        await replica.read_page()
        assert (replica.resets, set(replica.nodes)) == (resets, {ann.id})


async def test_invalid_arguments(api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    cursor = (await api.as_(ben).data(FIRST))["changes"]["cursor"]
    wrong = [
        ({"since": since}, "since") for since in ("", "x", "é", "!" * 40, "A" * 5_000, cursor, cursor[:-4])
    ]
    wrong += [({"first": first}, "first") for first in (0, -1, 501)]
    for variables, argument in wrong:
        result = await api.as_(ann).result(FIRST, **variables)
        (error,) = result["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
            "BAD_USER_INPUT",
            [argument],
        )
        assert result["data"] == {"viewer": {"changes": None}}
    assert await api.result(FIRST) == {"data": {"viewer": None}}


async def test_the_snippet_of_the_client_guide_keeps_a_copy(api: Api, make: Factories) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "clients.md").read_text("utf-8")
    found = re.search(r"^```python file=sync\.py\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    ann = await make.user("Ann")
    entries = [await make.entry(ann) for _ in range(3)]
    client, copy = api.as_(ann), names["Copy"]()

    async def pull() -> None:
        # The snippet is synchronous: its calls are collected page by page.
        more = True
        while more:
            variables = {"since": copy.cursor, "first": 2}
            page = (await client.data(names["CHANGES"], **variables))["changes"]
            last = {"viewer": {"changes": {**page, "hasMore": False}}}
            names["pull"](lambda *_, last=last: last, copy)
            more = page["hasMore"]

    await pull()
    assert {each.id for each in entries} < set(copy.nodes)
    await client.change("removeFromWatchlist", {"entryId": entries[0].id})
    await pull()
    assert entries[0].id not in copy.nodes
    response = await client.http.post(
        "/graphql",
        json={"query": names["CHANGES"], "variables": {"since": None, "first": 500}},
        headers=client.headers,
    )
    assert "errors" not in response.json(), "500 changes are within the cost limit"
