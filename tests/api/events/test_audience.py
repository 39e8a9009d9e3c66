"""Subscriptions deliver nothing that the viewer can't see at the moment of delivery."""

from typing import Any

import pytest
from starlette.applications import Starlette

from infocus_graphql.core.viewer import ApiScope, Viewer
from infocus_graphql.domains.watchlists.models import Visibility
from infocus_graphql.graph import subscription_execution
from infocus_graphql.graph.operation import OperationResult
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.subscribing import Messages, subscribe, subscribing

FAMILY = """
subscription ($family: ID!, $after: String) {
  familyEvents(familyId: $family, after: $after) {
    id type nodeId
    entry { notes user { name } }
    invitation { email }
  }
}
"""


async def _next(messages: Messages) -> dict[str, Any]:
    (event,) = (await messages.next())["data"].values()
    found: dict[str, Any] = event
    return found


async def test_a_family_sees_only_lists_that_are_shared_with_it(
    app: Starlette, api: Api, make: Factories
) -> None:
    ann, ben, cay = [await make.user(name) for name in ("Ann", "Ben", "Cay")]
    shared, other = await make.family(ann, ben, cay), await make.family(ann, ben)
    await api.as_(ann).change("updateFamilySharing", {"familyId": other.id, "sharesWatchlist": False})
    async with (
        subscribing(app, ben.id, FAMILY, family=shared.id) as of_shared,
        subscribing(app, ben.id, FAMILY, family=other.id) as of_other,
    ):
        entry = await make.entry(ann)
        first = await _next(of_shared)
        assert first["nodeId"] == entry.id
        # The first event of the other family is Ben's, although he sees Ann's list in the shared family.
        of_ben = await make.entry(ben)
        in_other = await _next(of_other)
        assert in_other["nodeId"] == of_ben.id
    # Reading the log gives the same.
    async with subscribing(app, ben.id, FAMILY, first["id"], family=other.id) as messages:
        assert (await _next(messages))["nodeId"] == of_ben.id


async def test_events_end_with_the_sharing(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    family = await make.family(ben, ann)
    entry = await make.entry(ann)
    as_ann = api.as_(ann)
    async with subscribing(app, ben.id, FAMILY, family=family.id) as messages:
        await as_ann.change("updateWatchlistEntry", {"id": entry.id, "rating": 3})
        first = await _next(messages)
        assert first["type"] == "ENTRY_UPDATED"
        await as_ann.change("updateFamilySharing", {"familyId": family.id, "sharesWatchlist": False})
        assert (await _next(messages))["type"] == "SHARING_CHANGED"
        await as_ann.change("updateWatchlistEntry", {"id": entry.id, "rating": 4})
        await api.as_(ben).change("updateFamily", {"id": family.id, "name": "Ours"})
        assert (await _next(messages))["type"] == "FAMILY_UPDATED"
    # An event that was visible when it happened isn't any more.
    async with subscribing(app, ben.id, FAMILY, first["id"], family=family.id) as messages:
        assert [(await _next(messages))["type"] for _ in range(2)] == ["SHARING_CHANGED", "FAMILY_UPDATED"]


async def test_notes_and_invitations_are_as_private_as_in_queries(
    app: Starlette, api: Api, make: Factories
) -> None:
    ann, ben, cay = await make.user("Ann"), await make.user("Ben"), await make.user("Cay")
    family = await make.family(ann, ben)
    async with (
        subscribing(app, ann.id, FAMILY, family=family.id) as of_ann,
        subscribing(app, ben.id, FAMILY, family=family.id) as of_ben,
    ):
        for visibility, seen in ((Visibility.PRIVATE, None), (Visibility.FAMILY, "sad")):
            await make.entry(ann, notes="sad", notes_visibility=visibility)
            assert (await _next(of_ann))["entry"]["notes"] == "sad"
            assert (await _next(of_ben))["entry"]["notes"] == seen
        await api.as_(ann).change("inviteToFamily", {"familyId": family.id, "email": cay.email})
        assert (await _next(of_ann))["invitation"] == {"email": cay.email}
        # Ben is no admin: his next event is the next entry.
        entry = await make.entry(ann)
        assert (await _next(of_ben))["nodeId"] == entry.id


async def test_the_results_of_a_plan_and_of_loaders_are_the_same(
    app: Starlette, api: Api, make: Factories
) -> None:
    """A selection with a resolver can't be planned; the executor then reads the row of the event."""
    ann = await make.user("Ann")
    fields = (
        "viewerEvents { id type entry { status mediaItem { title } } user { name viewerCanRecommend: id } }"
    )
    async with subscribing(app, ann.id, f"subscription {{ {fields} }}") as planned:
        engine, planner = app.state.engine, app.state.engine._subscriptions._planner
        engine._subscriptions._planner = None
        async with subscribing(app, ann.id, f"subscription {{ {fields} }} ") as loaded:
            await make.entry(ann)
            by_loaders = await loaded.next()
        engine._subscriptions._planner = planner
        assert await planned.next() == by_loaders


async def test_an_api_token_needs_the_scope_read(app: Starlette, make: Factories) -> None:
    ann = await make.user("Ann")
    for scopes, code in (({ApiScope.READ}, None), ({ApiScope.WRITE}, "FORBIDDEN")):
        viewer = Viewer(ann.id, scopes=frozenset(scopes), api_token_id="at" + "0" * 25)
        found = await subscribe(app, viewer, "subscription { viewerEvents { id } }")
        if isinstance(found, OperationResult):
            assert found.body["errors"][0]["extensions"]["code"] == code
        else:
            assert code is None
            await found.aclose()


async def test_a_subscription_that_is_too_expensive_is_refused(
    app: Starlette, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription_execution, "EXPENSIVE_FROM", 10)
    ann = await make.user("Ann")
    pages = "members(first: 100) { nodes { user { watchlist(first: 100) { nodes { id } } } } }"
    found = await subscribe(app, ann.id, f"subscription {{ viewerEvents {{ family {{ {pages} }} }} }}")
    assert isinstance(found, OperationResult)
    assert found.body["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
