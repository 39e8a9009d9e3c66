"""Notifications by e-mail: preferences, digests, quiet hours, and unsubscribing without signing in."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from infocus_graphql.core import clock
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.deliveries import planning
from infocus_graphql.domains.deliveries.jobs import MailUrls, send_digests
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.graph.context import Services
from infocus_graphql.mail.message import Message
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post
from tests.support.notifying import notify

PREFERENCES = """
{ viewer {
  notificationPreferences { kind inApp email }
  notificationSchedule { quietFrom quietUntil digestAt }
} }
"""
AT_ONCE = {"preferences": [{"kind": "RECOMMENDATION_RECEIVED", "email": "AT_ONCE"}]}
URLS = MailUrls("https://web.example", "https://api.example/base")


@pytest.fixture
def post(services: Services) -> Post:
    """The e-mails of the test."""
    return Post(services)


async def run(services: Services, sql: str, **values: Any) -> Any:
    """Runs a statement and returns its rows, if it has any."""

    async def change(work: UnitOfWork) -> Any:
        result: Any = await work.session.execute(text(sql), values)
        return result.all() if result.returns_rows else None

    return await services.database.transaction(change)


async def chosen(api: Api) -> dict[str, Any]:
    """The preferences by kind."""
    viewer = await api.data(PREFERENCES)
    return {each.pop("kind"): each for each in viewer["notificationPreferences"]}


async def test_preferences_begin_with_defaults_and_change_by_kind(api: Api, make: Factories) -> None:
    client, other = api.as_(await make.user()), api.as_(await make.user())
    before = await chosen(client)
    assert len(before) == 12 and next(iter(before)) == "FAMILY_INVITATION"
    assert before["NEW_SIGN_IN"]["email"] == "AT_ONCE"
    assert before["ENTRIES_ADDED"] == {
        "inApp": True, "email": "OFF"
    }  # fmt: skip
    fields = PREFERENCES.strip()[1:-1]
    changed = await client.change(
        "updateNotificationPreferences",
        {
            "preferences": [
                {"kind": "ENTRIES_ADDED", "email": "DAILY_DIGEST", "inApp": False},
                {"kind": "NEW_SEASON", "email": "OFF", "inApp": None},
            ],
            "quietHours": {"quietFrom": "22:00", "quietUntil": "07:30"},
        },
        fields=fields,
    )
    assert changed["viewer"]["notificationSchedule"] == {
        "quietFrom": "22:00", "quietUntil": "07:30", "digestAt": "08:00"
    }  # fmt: skip
    after = await chosen(client)
    assert after["ENTRIES_ADDED"] == {**before["ENTRIES_ADDED"], "email": "DAILY_DIGEST", "inApp": False}
    assert after["NEW_SEASON"] == {**before["NEW_SEASON"], "email": "OFF"}
    assert {kind for kind in after if after[kind] != before[kind]} == {"ENTRIES_ADDED", "NEW_SEASON"}
    assert await chosen(other) == before

    twice = {"preferences": [{"kind": "NEW_SEASON", "email": "OFF"}, {"kind": "NEW_SEASON", "email": "OFF"}]}
    path = ["input", "preferences", "1", "kind"]
    assert await client.refused("updateNotificationPreferences", twice) == ("INVALID", path)
    none = {"quietHours": {"quietFrom": "22:00", "quietUntil": "22:00"}}
    path = ["input", "quietHours", "quietUntil"]
    assert await client.refused("updateNotificationPreferences", none) == ("INVALID", path)
    assert await chosen(client) == after
    await client.change("updateNotificationPreferences", {"quietHours": None})
    schedule = (await client.data(PREFERENCES))["notificationSchedule"]
    assert schedule == {"quietFrom": None, "quietUntil": None, "digestAt": "08:00"}
    broken = 'mutation { updateNotificationPreferences(input: {digestAt: "24:00"}) { errors { code } } }'
    assert "08:00" in (await client.result(broken))["errors"][0]["message"]


def headers(mail: Message) -> Any:
    """The headers of an e-mail as they are sent."""
    return message_from_bytes(mail.mime("InFocus <a@x.example>", datetime(2026, 1, 1, tzinfo=UTC)).as_bytes())


async def test_an_email_at_once_and_its_link(
    api: Api, make: Factories, services: Services, post: Post
) -> None:
    ann, ben, cleo = await make.user("Ann"), await make.user("Ben"), await make.user(email_verified_at=None)
    await make.family(ann, ben, cleo)
    await notify(services)
    await run(services, "DELETE FROM notifications")
    for client in (api.as_(ben), api.as_(cleo)):
        await client.change("updateNotificationPreferences", AT_ONCE)
    item = await make.media("<Dark>")
    await make.recommendation(ann, ben, item)
    await make.recommendation(ann, cleo, item)  # her address is not verified
    await notify(services)
    mail = await post.one(ben.email, "New recommendation")
    assert "Ann recommends “<Dark>”." in mail.text and "&lt;Dark&gt;" in mail.html
    assert await post.delivered() == []
    link = headers(mail)["List-Unsubscribe"][1:-1]
    assert headers(mail)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in mail.text and link.startswith("http://127.0.0.1:8000/unsubscribe?token=")
    path = link.removeprefix("http://127.0.0.1:8000")

    # Mail filters open links, which changes nothing. The button or the mail program sends a POST.
    page = await api.http.get(path)
    assert page.status_code == 200 and "<button>Unsubscribe</button>" in page.text
    assert "New recommendation" in page.text and ben.email not in page.text
    assert (await chosen(api.as_(ben)))["RECOMMENDATION_RECEIVED"]["email"] == "AT_ONCE"
    broken = [path[:-1] + ("A" if path[-1] != "A" else "B"), path.replace("recommendation_received", "all")]
    for wrong in [*broken, path.replace(ben.id, ann.id), "/unsubscribe", "/unsubscribe?token=%00.all.x"]:
        assert (await api.http.get(wrong)).status_code == 404
        assert (await api.http.post(wrong)).status_code == 404
    body = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        assert (await api.http.post(path, data=body)).status_code == 200
    assert (await chosen(api.as_(ben)))["RECOMMENDATION_RECEIVED"] == {
        "inApp": True, "email": "OFF"
    }  # fmt: skip
    await make.recommendation(ann, ben)
    await notify(services)
    assert await post.delivered() == []


async def test_what_was_read_or_is_hidden_is_not_sent(
    api: Api, make: Factories, services: Services, post: Post
) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    await notify(services)
    await run(services, "DELETE FROM notifications")
    client = api.as_(ben)
    await client.change("updateNotificationPreferences", AT_ONCE)
    await make.recommendation(ann, ben)
    await notify(services)
    await client.change("markNotificationsRead", {"all": True})
    withdrawn = await make.recommendation(ann, ben)
    await notify(services)
    await api.as_(ann).change("withdrawRecommendation", {"id": withdrawn.id})
    assert await post.delivered() == []
    statuses = await run(services, "SELECT DISTINCT status::text FROM notification_deliveries")
    assert [tuple(row) for row in statuses] == [("skipped",)]


async def test_a_digest_has_the_notifications_of_a_day(
    api: Api, make: Factories, services: Services, post: Post
) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    await notify(services)
    await run(services, "DELETE FROM notifications")
    await make.row(UserSettings(user_id=ben.id, time_zone="Asia/Tokyo"))
    await api.as_(ben).change("updateNotificationPreferences", {"digestAt": "07:00"})
    await make.recommendation(ann, ben, await make.media("Dark"))
    await make.recommendation(ann, ben, await make.media("Heat"))
    await notify(services)
    assert await post.delivered() == []
    ((due,),) = await run(services, "SELECT DISTINCT due_at FROM notification_deliveries")
    assert (due.astimezone(UTC).hour, due.minute) == (22, 0)  # 07:00 in Tokyo
    assert timedelta() < due - clock.now() <= timedelta(days=1)
    assert await services.database.transaction(send_digests, urls=URLS) is False
    assert await post.delivered() == []
    await run(services, "UPDATE notification_deliveries SET due_at = now()")
    # Twice, as two workers would.
    for _ in range(2):
        await services.database.transaction(send_digests, urls=URLS)
    mail = await post.one(ben.email, "2 notifications")
    assert mail.text.index("Ann recommends “Heat”.") < mail.text.index("Ann recommends “Dark”.")
    assert "https://web.example" in mail.text
    assert (mail.unsubscribe or "").startswith(f"https://api.example/base/unsubscribe?token={ben.id}.all.")
    path = (mail.unsubscribe or "").removeprefix("https://api.example/base")
    assert (await api.http.post(path)).status_code == 200
    assert {each["email"] for each in (await chosen(api.as_(ben))).values()} == {"OFF"}


async def test_quiet_hours_delay_emails(
    api: Api, make: Factories, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = await make.user("Ann"), await make.user("Ben")
    await make.family(ann, ben)
    await notify(services)
    await run(services, "DELETE FROM notifications")
    await make.row(UserSettings(user_id=ben.id, time_zone="Europe/Berlin"))
    await api.as_(ben).change(
        "updateNotificationPreferences",
        {**AT_ONCE, "quietHours": {"quietFrom": "22:00", "quietUntil": "07:00"}},
    )
    # The night in which clocks go back, and an hour in the day after it.
    for at, expected in (
        ("2026-10-24T21:00:00+00:00", "2026-10-25T06:00:00+00:00"),
        ("2026-10-25T12:00:00+00:00", "2026-10-25T12:00:00+00:00"),
    ):
        monkeypatch.setattr(planning, "now", partial(datetime.fromisoformat, at))
        await make.recommendation(ann, ben)
        await notify(services)
        newest = "SELECT due_at FROM notification_deliveries ORDER BY id DESC LIMIT 1"
        ((due,),) = await run(services, newest)
        assert due == datetime.fromisoformat(expected)
