"""Each mutation records its events, and the viewer's subscription delivers those about the viewer."""

from typing import Any

from starlette.applications import Starlette

from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.subscribing import Messages, subscribing

EVENTS = """
subscription ($family: ID!) {
  familyEvents(familyId: $family) {
    type nodeId user { name }
    membership { role sharesWatchlist } family { name } invitation { email }
  }
}
"""
OWN = """
subscription { viewerEvents {
  type nodeId recommendation { recommendationStatus } family { name } user { name } mediaItem { title }
} }
"""


async def _next(messages: Messages) -> dict[str, Any]:
    (event,) = (await messages.next())["data"].values()
    found: dict[str, Any] = event
    return found


async def test_changes_of_a_family(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben, cay = await make.user("Ann"), await make.user("Ben"), await make.user("Cay", email="cay@x.org")
    family = await make.family(ann, ben)
    as_ann, as_ben = api.as_(ann), api.as_(ben)
    async with subscribing(app, ann.id, EVENTS, family=family.id) as messages:
        await as_ann.change("updateFamily", {"id": family.id, "name": "Ours"})
        event = await _next(messages)
        assert (event["type"], event["nodeId"], event["family"]) == (
            "FAMILY_UPDATED",
            family.id,
            {"name": "Ours"},
        )
        await as_ann.change(
            "updateFamilyMemberRole", {"familyId": family.id, "userId": ben.id, "role": "ADMIN"}
        )
        event = await _next(messages)
        assert (event["type"], event["membership"]["role"]) == ("ROLE_CHANGED", "ADMIN")
        await as_ben.change("updateFamilySharing", {"familyId": family.id, "sharesWatchlist": False})
        event = await _next(messages)
        assert (event["type"], event["membership"]["sharesWatchlist"]) == ("SHARING_CHANGED", False)
        await as_ann.change("inviteToFamily", {"familyId": family.id, "email": "cay@x.org"})
        event = await _next(messages)
        assert (event["type"], event["invitation"]["email"]) == ("INVITATION_RECEIVED", "cay@x.org")
        await make.member(family, cay)
        event = await _next(messages)
        assert (event["type"], event["user"]) == ("MEMBER_JOINED", {"name": "Cay"})
        await as_ann.change("removeFamilyMember", {"familyId": family.id, "userId": cay.id})
        event = await _next(messages)
        assert (event["type"], event["membership"], event["user"]) == ("MEMBER_LEFT", None, None)


async def test_recommendations_reach_the_sender_and_the_recipient(
    app: Starlette, api: Api, make: Factories
) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    item = await make.media("Dark")
    async with subscribing(app, ann.id, OWN) as sent, subscribing(app, ben.id, OWN) as received:
        await api.as_(ann).change("recommend", {"media": {"id": item.id}, "toUserIds": [ben.id]})
        for messages in (sent, received):
            event = await _next(messages)
            assert event["type"] == "RECOMMENDATION_RECEIVED"
            assert event["recommendation"] == {"recommendationStatus": "PENDING"}
            assert (event["user"], event["mediaItem"]) == ({"name": "Ben"}, {"title": "Dark"})
        await api.as_(ben).change("acceptRecommendation", {"id": event["nodeId"], "addToWatchlist": True})
        answered = await _next(sent)
        assert answered["type"] == "RECOMMENDATION_ANSWERED"
        assert answered["recommendation"] == {"recommendationStatus": "ACCEPTED"}
        assert {(await _next(received))["type"], (await _next(received))["type"]} == {
            "RECOMMENDATION_ANSWERED",
            "ENTRY_ADDED",
        }


async def test_settings_and_sessions_reach_the_own_devices_only(
    app: Starlette, api: Api, make: Factories
) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    async with subscribing(app, ann.id, OWN) as own, subscribing(app, ben.id, OWN) as other:
        await api.as_(ann).change("updateSettings", {"region": "DE"})
        assert (await _next(own))["type"] == "SETTINGS_CHANGED"
        session = await make.session(ann)
        started = await _next(own)
        assert (started["type"], started["nodeId"]) == ("SESSION_STARTED", session.id)
        await api.as_(ann).change("revokeSession", {"id": session.id})
        assert (await _next(own))["type"] == "SESSION_ENDED"
        await api.as_(ben).change("updateSettings", {"region": "FR"})
        assert (await _next(other))["type"] == "SETTINGS_CHANGED"


async def test_an_updated_title_reaches_those_who_track_it(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    tracked, other = await make.media("Dark"), await make.media("Other")
    await make.entry(ann, tracked)
    rename = "UPDATE media_items SET title = title || '!' WHERE id = $1 RETURNING id"
    async with subscribing(app, ann.id, OWN) as own, subscribing(app, ben.id, OWN) as none:
        for item in (other, tracked):
            await api.services.database.engines.changes.write_once((rename, [item.id]))
        event = await _next(own)
        assert (event["type"], event["mediaItem"]) == ("TITLE_UPDATED", {"title": "Dark!"})
        await api.as_(ben).change("updateSettings", {"region": "DE"})
        assert (await _next(none))["type"] == "SETTINGS_CHANGED"


async def test_a_subscription_ends_when_the_viewer_leaves(app: Starlette, api: Api, make: Factories) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    family = await make.family(ann, ben)
    async with (
        subscribing(app, ben.id, EVENTS, family=family.id) as leaving,
        subscribing(app, ann.id, EVENTS, family=family.id) as staying,
    ):
        await api.as_(ann).change("removeFamilyMember", {"familyId": family.id, "userId": ben.id})
        assert (await _next(leaving))["type"] == (await _next(staying))["type"] == "MEMBER_LEFT"
        assert await leaving.ends()
        await api.as_(ann).change("deleteFamily", {"id": family.id})
        assert (await _next(staying))["type"] == "MEMBER_LEFT"
        assert await staying.ends()
