"""Notifications: who receives which, what they say, and when they are read."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from starlette.applications import Starlette

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.deliveries.planning import plan_deliveries
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings
from infocus_graphql.domains.media.models import MediaType, OfferType
from infocus_graphql.domains.notifications.jobs import notify_of_episodes, purge_notifications
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.domains.streaming.models import OfferEvent, OfferEventKind, StreamingService
from infocus_graphql.domains.watchlists.models import WatchStatus
from infocus_graphql.graph.context import Services
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.notifying import notify
from tests.support.subscribing import subscribing

LIST = """
{ viewer { unreadNotificationCount notifications(first: 50) { totalCount nodes {
  id kind title text count occurredAt createdAt readAt actor { name }
  subject {
    family { name } mediaItem { title } invitation { invitationStatus } membership { role }
    recommendation { recommendationStatus } entry { id } session { id } dataExport { exportStatus }
    season { number } episode { number } streamingService { name }
  }
} } } }
"""
RECEIVED = "subscription ($after: String) { notificationReceived(after: $after) { id kind text count } }"
GONE = "This is no longer available."


async def listed(api: Api) -> list[Any]:
    """The notifications of the client's user, latest first."""
    viewer = await api.data(LIST)
    nodes: list[Any] = [{**each, **each["subject"]} for each in viewer["notifications"]["nodes"]]
    assert viewer["notifications"]["totalCount"] == len(nodes)
    assert viewer["unreadNotificationCount"] == sum(each["readAt"] is None for each in nodes)
    return nodes


async def texts(api: Api) -> list[tuple[str, str]]:
    """The kinds and texts, sorted."""
    return sorted((each["kind"], each["text"]) for each in await listed(api))


async def run(services: Services, sql: str) -> None:
    """Runs a statement as a job would."""

    async def change(work: UnitOfWork) -> None:
        await work.session.execute(text(sql))

    await services.database.transaction(change)


async def forget(services: Services) -> None:
    """Deletes the notifications of what the factories have made."""
    await notify(services)
    await run(services, "DELETE FROM notifications")


async def test_families_and_recommendations(api: Api, make: Factories, services: Services) -> None:
    ann, ben, cleo = await make.user("Ann"), await make.user("Ben"), await make.user()
    family = await make.family(ann, ben, name="Home")
    await forget(services)
    invited = await api.as_(ann).change(
        "inviteToFamily", {"familyId": family.id, "email": cleo.email}, fields="invitation { id }"
    )
    await notify(services)
    (invitation,) = await listed(api.as_(cleo))
    assert (invitation["kind"], invitation["title"]) == ("FAMILY_INVITATION", "Invitation to a family")
    assert invitation["text"] == "Ann invites you to the family “Home”."
    assert invitation["invitation"] == {"invitationStatus": "PENDING"}
    assert invitation["actor"] is None and invitation["family"] is None  # no member yet
    assert await texts(api.as_(ann)) == []

    await api.as_(cleo).change("acceptFamilyInvitation", {"id": invited["invitation"]["id"]})
    item = await make.media("Dark")
    sent = await api.as_(ann).change(
        "recommend",
        {"toUserIds": [ben.id], "media": {"id": item.id}, "message": "!"},
        fields="recommendations { id }",
    )
    (recommendation,) = sent["recommendations"]
    await notify(services)
    assert ("MEMBER_JOINED", "Someone joined “Home”.") in await texts(api.as_(ann))
    assert await texts(api.as_(ben)) == [
        ("MEMBER_JOINED", "Someone joined “Home”."),
        ("RECOMMENDATION_RECEIVED", "Ann recommends “Dark”."),
    ]
    await api.as_(ben).change("acceptRecommendation", {"id": recommendation["id"], "addToWatchlist": False})
    await api.as_(ann).change(
        "updateFamilyMemberRole", {"familyId": family.id, "userId": ben.id, "role": "ADMIN"}
    )
    await notify(services)
    (answer,) = [each for each in await listed(api.as_(ann)) if each["kind"] == "RECOMMENDATION_ANSWERED"]
    assert answer["text"] == "Ben accepted your recommendation of “Dark”."
    assert (answer["actor"], answer["mediaItem"]) == ({"name": "Ben"}, {"title": "Dark"})
    assert ("ROLE_CHANGED", "You are now an admin of “Home”.") in await texts(api.as_(ben))
    assert "ROLE_CHANGED" not in {kind for kind, _ in await texts(api.as_(cleo))}

    # Ben leaves: his notifications name neither the family nor its members any more, and Ann's not him.
    await api.as_(ben).change("leaveFamily", {"id": family.id})
    for client in (api.as_(ben), api.as_(ann)):
        for each in await listed(client):
            if each["kind"] != "MEMBER_JOINED" or client.headers == api.as_(ben).headers:
                assert (each["text"], each["actor"], each["family"]) == (GONE, None, None), each


async def test_one_notification_for_many_entries(
    app: Starlette, api: Api, make: Factories, services: Services
) -> None:
    ann, maya = await make.user("Ann"), await make.user("Maya")
    family = await make.family(ann, maya)
    await make.family(maya, ann)  # a second common family changes nothing
    await forget(services)
    first = await make.entry(maya, await make.media("Dark"))
    await notify(services)
    async with subscribing(app, ann.id, RECEIVED) as messages:
        (one,) = await listed(api.as_(ann))
        assert (one["kind"], one["text"], one["count"]) == ("ENTRIES_ADDED", "Maya added “Dark”.", 1)
        assert (one["mediaItem"], one["entry"]) == ({"title": "Dark"}, {"id": first.id})
        for _ in range(11):
            await make.entry(maya)
        await notify(services)
        (many,) = await listed(api.as_(ann))
        assert (many["id"], many["text"], many["count"]) == (one["id"], "Maya added 12 titles.", 12)
        received = (await messages.next())["data"]["notificationReceived"]
        assert received == {each: many[each] for each in ("id", "kind", "text", "count")}
    assert await listed(api.as_(maya)) == []

    # A read notification starts again.
    await api.as_(ann).change("markNotificationsRead", {"all": True})
    await make.entry(maya, await make.media("Heat"))
    await notify(services)
    (again,) = await listed(api.as_(ann))
    assert (again["id"], again["text"], again["readAt"]) == (one["id"], "Maya added “Heat”.", None)

    # Maya stops sharing: the notification shows nothing of her list.
    await api.as_(maya).change("updateFamilySharing", {"familyId": family.id, "sharesWatchlist": False})
    await run(services, "UPDATE family_memberships SET shares_watchlist = false")
    (hidden,) = await listed(api.as_(ann))
    assert (hidden["text"], hidden["mediaItem"], hidden["entry"]) == (GONE, None, None)
    await make.entry(maya)
    await notify(services)
    (same,) = await listed(api.as_(ann))
    assert same["occurredAt"] == hidden["occurredAt"]


async def test_accounts_and_jobs(api: Api, make: Factories, services: Services) -> None:
    ann, boss = await make.user("Ann"), await make.user("Boss", is_staff=True)
    await make.session(ann, device="Firefox")
    await notify(services)
    assert await listed(api.as_(ann)) == []  # the session of the registration
    session = await make.session(ann, device="Safari on iPhone")
    await run(services, f"INSERT INTO data_exports (id, user_id) VALUES ('{new_id('dx')}', '{ann.id}')")
    await run(services, "UPDATE data_exports SET status = 'succeeded'")
    await run(
        services,
        "INSERT INTO pgqueuer (priority, status, entrypoint) "
        "SELECT 0, 'picked', 'send_mail' FROM generate_series(1, 2)",
    )
    await run(services, "UPDATE pgqueuer SET status = 'failed' WHERE status = 'picked'")
    await notify(services)
    found = {each["kind"]: each for each in await listed(api.as_(ann))}
    assert set(found) == {"NEW_SIGN_IN", "EXPORT_READY"}
    assert found["NEW_SIGN_IN"]["text"] == "A device signed in to your account: Safari on iPhone."
    assert found["NEW_SIGN_IN"]["session"] == {"id": session.id}
    assert found["EXPORT_READY"]["dataExport"] == {"exportStatus": "SUCCEEDED"}
    assert await texts(api.as_(boss)) == [("JOB_FAILED", "2 background jobs failed.")]
    await run(services, "UPDATE users SET is_staff = false")
    assert await texts(api.as_(boss)) == [("JOB_FAILED", GONE)]


async def test_the_catalogue(api: Api, make: Factories, services: Services) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    item = await make.media("Dark", tmdb_type=MediaType.TV)
    season = await make.row(Season(media_item_id=item.id, tmdb_id=1, number=1))
    await make.entry(ann, item, status=WatchStatus.WATCHING)
    await make.entry(ben, item, status=WatchStatus.COMPLETED)
    service = await make.row(StreamingService(slug="some", name="Some"))
    for user in (ann, ben):
        await make.row(UserSettings(user_id=user.id, region="DE", time_zone="Pacific/Kiritimati"))
        await make.row(UserService(user_id=user.id, streaming_service_id=service.id))
    await notify(services)
    assert await listed(api.as_(ann)) == []  # the first fetch of a title is no news

    def offer(country: str, kind: OfferEventKind, offer_type: OfferType) -> OfferEvent:
        return OfferEvent(
            media_item_id=item.id,
            streaming_service_id=service.id,
            country=country,
            kind=kind,
            offer_type=offer_type,
        )

    for other in (
        offer("AT", OfferEventKind.ARRIVED, OfferType.SUBSCRIPTION),
        offer("DE", OfferEventKind.DEPARTED, OfferType.SUBSCRIPTION),
        offer("DE", OfferEventKind.ARRIVED, OfferType.RENT),
    ):
        await make.row(other)
    await make.row(Season(media_item_id=item.id, tmdb_id=9, number=0))
    await notify(services)
    assert await listed(api.as_(ann)) == []
    await make.row(offer("DE", OfferEventKind.ARRIVED, OfferType.SUBSCRIPTION))
    await make.row(Season(media_item_id=item.id, tmdb_id=2, number=2))
    await notify(services)
    news = [("NEW_SEASON", "“Dark” has a new season: Season 2.")]
    assert await texts(api.as_(ben)) == news
    assert await texts(api.as_(ann)) == [("ARRIVED_ON_SERVICE", "“Dark” is now on Some."), *news]

    # In Kiritimati (UTC+14) it is already the day after tomorrow's eve.
    today = (now() + timedelta(hours=14)).date()
    for number, day in ((1, today), (2, today + timedelta(days=1))):
        await make.row(
            Episode(media_item_id=item.id, season_id=season.id, tmdb_id=number, number=number, air_date=day)
        )
    for _ in range(2):
        await services.database.transaction(notify_of_episodes, deliver=plan_deliveries)
    (episode,) = [each for each in await listed(api.as_(ann)) if each["kind"] == "NEXT_EPISODE"]
    assert episode["text"] == "New episode of “Dark”: season 1, episode 1."
    assert episode["episode"] == {"number": 1}
    assert await texts(api.as_(ben)) == news  # he has completed it


async def test_reading(api: Api, make: Factories, services: Services) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    await forget(services)
    for _ in range(3):
        await make.recommendation(ann, ben)
    foreign = await make.recommendation(ben, ann)
    await notify(services)
    client = api.as_(ben)
    last, middle, first = [each["id"] for each in await listed(client)]
    (other,) = [each["id"] for each in await listed(api.as_(ann))]
    assert await client.data("query ($id: ID!) { node(id: $id) { id } }", id=other) is None
    assert foreign.id != other

    fields = "notifications { id readAt } viewer { unreadNotificationCount }"
    read = await client.change("markNotificationsRead", {"notificationIds": [middle]}, fields=fields)
    assert read["viewer"] == {"unreadNotificationCount": 2}
    ((marked),) = read["notifications"]
    assert marked["id"] == middle and marked["readAt"] is not None
    again = await client.change("markNotificationsRead", {"notificationIds": [middle]}, fields=fields)
    assert again["notifications"] == read["notifications"]
    unread = "{ viewer { notifications(filter: {unreadOnly: true}) { totalCount nodes { id } } } }"
    found = (await client.data(unread))["notifications"]
    assert found == {"totalCount": 2, "nodes": [{"id": last}, {"id": first}]}

    for wrong, error in (
        ({"notificationIds": [last, other]}, ("NOT_FOUND", ["input", "notificationIds", "1"])),
        ({"notificationIds": [ann.id]}, ("NOT_FOUND", ["input", "notificationIds", "0"])),
        ({"notificationIds": [last], "all": True}, ("INVALID", ["input", "notificationIds"])),
        ({}, ("INVALID", ["input", "notificationIds"])),
        ({"notificationIds": [last] * 101}, ("TOO_LONG", ["input", "notificationIds"])),
    ):
        assert await client.refused("markNotificationsRead", wrong) == error
    assert (await client.data(unread))["notifications"] == found
    everything = await client.change("markNotificationsRead", {"all": True}, fields=fields)
    assert [each["id"] for each in everything["notifications"]] == [last, first]
    assert everything["viewer"] == {"unreadNotificationCount": 0}
    assert len(await listed(api.as_(ann))) == 1

    await run(services, "UPDATE notifications SET occurred_at = now() - interval '91 days'")

    async def purge(work: UnitOfWork) -> bool:
        return await purge_notifications(work, keep=timedelta(days=90))

    assert await services.database.transaction(purge) is False
    assert await listed(client) == []


async def test_roles_in_families_are_named(api: Api, make: Factories, services: Services) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    family = await make.family(ann, name="Home")
    await make.member(family, ben, FamilyRole.ADMIN)
    await api.as_(ann).change("transferFamilyOwnership", {"familyId": family.id, "toUserId": ben.id})
    await notify(services)
    assert ("ROLE_CHANGED", "You are now the owner of “Home”.") in await texts(api.as_(ben))
