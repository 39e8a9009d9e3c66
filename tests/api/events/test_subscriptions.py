"""Subscriptions: who gets which event, with which data."""

from starlette.applications import Starlette

from infocus_graphql.core.viewer import ANONYMOUS
from infocus_graphql.graph.operation import OperationResult
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.subscribing import subscribe, subscribing

FAMILY_EVENTS = """
subscription ($family: ID!, $after: String) {
  familyEvents(familyId: $family, after: $after) {
    id type nodeId
    entry { id status user { name } mediaItem { title } }
    user { name } family { name } mediaItem { title }
  }
}
"""
VIEWER_EVENTS = "subscription ($after: String) { viewerEvents(after: $after) { id type nodeId } }"
ADD = """
mutation ($input: AddToWatchlistInput!) { addToWatchlist(input: $input) { entry { id } errors { message } } }
"""
UPDATE = """
mutation ($input: UpdateWatchlistEntryInput!) { updateWatchlistEntry(input: $input) { errors { message } } }
"""


async def test_a_member_sees_what_another_one_adds(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben = await make.user(name="Ann"), await make.user(name="Ben")
    family = await make.family(ann, ben)
    item = await make.media("Dark")
    async with subscribing(app, ben.id, FAMILY_EVENTS, family=family.id) as messages:
        added = await api.as_(ann).data(ADD, input={"media": {"id": item.id}})
        event = (await messages.next())["data"]["familyEvents"]
        entry_id = added["entry"]["id"]
        assert event["type"] == "ENTRY_ADDED"
        assert event["nodeId"] == event["entry"]["id"] == entry_id
        assert event["entry"]["mediaItem"] == {"title": "Dark"}
        assert event["user"] == event["entry"]["user"] == {"name": "Ann"}
        assert event["family"] is None
        await api.as_(ann).data(UPDATE, input={"id": entry_id, "status": "WATCHING"})
        event = (await messages.next())["data"]["familyEvents"]
        assert (event["type"], event["entry"]["status"]) == ("ENTRY_UPDATED", "WATCHING")


async def test_a_stranger_can_not_subscribe_to_a_family(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben = await make.user(), await make.user()
    family = await make.family(ann)
    for given in (family.id, "fa" + "0" * 25):
        refused = await subscribe(app, ben.id, FAMILY_EVENTS, family=given)
        assert isinstance(refused, OperationResult)
        assert refused.body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    anonymous = await subscribe(app, ANONYMOUS, VIEWER_EVENTS)
    assert isinstance(anonymous, OperationResult)
    assert anonymous.body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
