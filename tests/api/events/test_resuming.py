"""A subscription continues after the last received event: nothing is lost, doubled or out of order."""

import asyncio
from typing import Any

import asyncpg
import pytest
from starlette.applications import Starlette

from infocus_graphql.app import create_app
from infocus_graphql.domains.events import queue
from infocus_graphql.graph.operation import OperationResult
from infocus_graphql.graph.subscriptions import SubscriptionEnded
from infocus_graphql.settings import Settings
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server
from tests.support.subscribing import Messages, subscribe, subscribing

OWN = "subscription ($after: String) { viewerEvents(after: $after) { id type nodeId } }"
FAMILY = """
subscription ($family: ID!, $after: String) { familyEvents(familyId: $family, after: $after) { id nodeId } }
"""


async def _next(messages: Messages) -> dict[str, Any]:
    (event,) = (await messages.next())["data"].values()
    found: dict[str, Any] = event
    return found


async def test_what_happened_meanwhile_is_delivered_in_order(
    app: Starlette, api: Api, make: Factories
) -> None:
    ann, ben = await make.user(), await make.user()
    family = await make.family(ann, ben)
    async with subscribing(app, ann.id, OWN) as messages:
        entries = [await make.entry(ann)]
        first = await _next(messages)
    entries += [await make.entry(ann) for _ in range(3)]
    await make.entry(ben)
    async with subscribing(app, ann.id, OWN, after=first["id"]) as messages:
        entries.append(await make.entry(ann))
        found = [await _next(messages) for _ in range(4)]
    assert [each["nodeId"] for each in found] == [each.id for each in entries[1:]]
    ids = [first["id"], *(each["id"] for each in found)]
    assert ids == sorted(set(ids))
    # The family sees the entries of all members, also by the transport's own resume point.
    async with subscribing(app, ben.id, FAMILY, ids[1], family=family.id) as messages:
        found = [await _next(messages) for _ in range(4)]
        assert [each["nodeId"] for each in found[:2]] == [each.id for each in entries[2:4]]


@pytest.mark.parametrize(
    ("after", "code"),
    [
        ("ev" + "0" * 25, "RESET_REQUIRED"),
        ("ev" + "0" * 9 + "1" * 16, "RESET_REQUIRED"),
        ("", "BAD_USER_INPUT"),
        ("us" + "0" * 25, "BAD_USER_INPUT"),
        ("ev" + "x" * 25, "BAD_USER_INPUT"),
        ("ev" + "9" * 25, "BAD_USER_INPUT"),
        ("ev\u0660" + "0" * 24, "BAD_USER_INPUT"),
    ],
)
async def test_an_event_that_the_log_does_not_have(
    app: Starlette, make: Factories, after: str, code: str
) -> None:
    ann = await make.user()
    refused = await subscribe(app, ann.id, OWN, after=after)
    assert isinstance(refused, OperationResult)
    (error,) = refused.body["errors"]
    assert (error["extensions"]["code"], error["path"]) == (code, ["viewerEvents"])
    assert error["extensions"]["argument"] == ["after"]


async def test_a_late_commit_is_not_skipped(
    server: Server, database_url: str, app: Starlette, api: Api, make: Factories
) -> None:
    """Transactions that were open while later ones were delivered come after these."""
    ann = await make.user()
    held = [await make.entry(ann) for _ in range(2)]
    async with subscribing(app, ann.id, OWN) as messages:
        open_ones: list[asyncpg.Connection] = []
        for entry in held:
            connection = await server.connect(database_url)
            open_ones.append(connection)
            await connection.execute("BEGIN")
            await connection.execute("UPDATE watchlist_entries SET rating = 7 WHERE id = $1", entry.id)
        later = await make.entry(ann)
        assert (await _next(messages))["nodeId"] == later.id
        await open_ones[1].execute("COMMIT")
        second = await _next(messages)
        await open_ones[0].execute("COMMIT")
        third = await _next(messages)
        assert [second["nodeId"], third["nodeId"]] == [held[1].id, held[0].id]
    async with subscribing(app, ann.id, OWN, after=second["id"]) as messages:
        assert (await _next(messages))["nodeId"] == held[0].id
    for connection in open_ones:
        await connection.close()


async def test_a_slow_subscription_reads_the_log(
    app: Starlette, api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_MAX_WAITING", 3)
    monkeypatch.setattr(queue, "BATCH", 4)
    ann = await make.user()
    async with subscribing(app, ann.id, OWN) as messages:
        entries = [await make.entry(ann) for _ in range(3)]
        found = [await _next(messages)]
        entries += [await make.entry(ann) for _ in range(12)]
        await asyncio.sleep(0.1)
        found += [await _next(messages) for _ in range(8)]
        entries += [await make.entry(ann) for _ in range(7)]
        found += [await _next(messages) for _ in range(13)]
    assert [each["nodeId"] for each in found] == [each.id for each in entries]


async def test_events_of_another_process_arrive(
    app: Starlette, api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    other = create_app(settings, database_url=database_url)
    ann = await make.user()
    async with other.router.lifespan_context(other), subscribing(other, ann.id, OWN) as messages:
        for _ in range(3):
            entry = await make.entry(ann)
            assert (await _next(messages))["nodeId"] == entry.id


async def test_events_without_a_process_arrive(
    server: Server, database_url: str, app: Starlette, make: Factories
) -> None:
    ann = await make.user()
    entry = await make.entry(ann)
    console = await server.connect(database_url)
    async with subscribing(app, ann.id, OWN) as messages:
        await console.execute("DELETE FROM watchlist_entries WHERE id = $1", entry.id)
        event = await _next(messages)
        assert (event["type"], event["nodeId"]) == ("ENTRY_REMOVED", entry.id)
    await console.close()


async def test_lost_connections_lose_no_event(
    server: Server, database_url: str, app: Starlette, make: Factories
) -> None:
    ann = await make.user()
    entry = await make.entry(ann)
    admin = await server.connect(database_url)
    async with subscribing(app, ann.id, OWN) as messages:
        for rating in (3, 4):
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await admin.execute("UPDATE watchlist_entries SET rating = $1", rating)
            assert (await _next(messages))["nodeId"] == entry.id
    await admin.close()


async def test_a_revoked_session_gets_no_event(app: Starlette, make: Factories) -> None:
    ann = await make.user()
    async with subscribing(app, ann.id, OWN) as messages:
        app.state.services.tokens.revoked.add("se" + "0" * 25)
        await make.entry(ann)
        with pytest.raises(SubscriptionEnded) as ended:
            await messages.next()
        assert ended.value.code == "UNAUTHENTICATED"


async def test_a_subscription_without_a_database_is_refused_as_unavailable(
    server: Server, settings: Settings, make: Factories
) -> None:
    ann = await make.user()
    lost = create_app(settings, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
    async with lost.router.lifespan_context(lost):
        refused = await subscribe(lost, ann.id, OWN)
    assert isinstance(refused, OperationResult)
    (error,) = refused.body["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("SERVICE_UNAVAILABLE", ["viewerEvents"])


async def test_an_event_that_fails_ends_no_subscription(
    server: Server, database_url: str, app: Starlette, make: Factories
) -> None:
    """A client that resumes after the event before it would fail again, for ever."""
    ann = await make.user()
    admin = await server.connect(database_url)
    query = "subscription { viewerEvents { nodeId user { profile { bio } } } }"
    async with subscribing(app, ann.id, query) as messages:
        await admin.execute("ALTER TABLE profiles RENAME TO profiles_elsewhere")
        await make.entry(ann)
        failed = await messages.next()
        assert failed["data"] is None
        (error,) = failed["errors"]
        assert (error["extensions"]["code"], error["path"]) == ("INTERNAL", ["viewerEvents"])
        await admin.execute("ALTER TABLE profiles_elsewhere RENAME TO profiles")
        entry = await make.entry(ann)
        assert (await _next(messages))["nodeId"] == entry.id
    await admin.close()
