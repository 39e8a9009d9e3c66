"""The overview page: counts, warnings, and the filtered lists that it links to."""

import html
import re
from datetime import timedelta

import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.domains.identity.mfa.models import SecondFactor
from infocus_graphql.domains.identity.users.models import User
from tests.admin.conftest import PASSWORD, Visitor
from tests.support.factories import Factories
from tests.support.server import Server


@pytest.fixture
async def boss(make: Factories, visitor: Visitor) -> User:
    """A signed-in staff user."""
    boss = await make.user("Boss", is_staff=True, password=PASSWORD)
    assert (await visitor.sign_in(boss)).status_code == 303
    await make.row(SecondFactor(user_id=boss.id, totp_secret="KRSXG5A", confirmed_at=now()))
    return boss


def counts(page: str) -> dict[str, int]:
    """Returns the counts on the overview page, by label."""
    return {label: int(value) for label, value in re.findall(r'data-fact="([^"]+)">([\d,]+)<', page)}


def warnings(page: str) -> dict[str, tuple[str | None, int | None]]:
    """Returns the warnings on the overview page with their links and counts."""
    found = {}
    for item in re.findall(r"<li class=\"list-group-item.*?</li>", page, re.DOTALL):
        label = re.search(r'fw-bold">(?:<a href="([^"]+)">)?([^<]+)<', item)
        number = re.search(r"ms-auto\">([\d,]+)<", item)
        assert label is not None
        found[html.unescape(label[2])] = (label[1], int(number[1]) if number else None)
    return found


async def test_the_overview_shows_counts(boss: User, visitor: Visitor, make: Factories) -> None:
    ann = await make.user("Ann", email_verified_at=None)
    await make.family(ann)
    await make.media("Film")
    page = await visitor.page("/")
    assert "Nothing needs attention." in page
    shown = counts(page)
    assert {label: number for label, number in shown.items() if number} == {
        "Accounts": 2,
        "Unverified accounts": 1,
        "Families": 1,
        "Titles": 1,
        "Audit events in 24 hours": 1,
    }
    listed = await visitor.page("/user/list?only=unverified")
    assert ann.email in listed and boss.email not in listed
    assert (await visitor.get("/user/list?only=nothing")).status_code == 400


async def test_the_overview_lists_warnings_with_links(
    boss: User, visitor: Visitor, make: Factories, server: Server, database_url: str
) -> None:
    waiting = await make.user("Ann", email_verified_at=None, created_at=now() - timedelta(days=8))
    unprotected = await make.user("Careless", is_staff=True)
    for action, age in (
        (AuditAction.REFRESH_TOKEN_REUSED, 1),
        (AuditAction.PASSKEY_REFUSED, 2),
        (AuditAction.PASSKEY_REFUSED, 25),
    ):
        event = AuditEvent(
            action=action,
            actor_id=waiting.id,
            target_user_id=waiting.id,
            created_at=now() - timedelta(hours=age),
        )
        await make.row(event)
    database = await server.connect(database_url)
    await database.execute("""
        INSERT INTO pgqueuer (priority, entrypoint, status, updated, execute_after) VALUES
            (0, 'send_mail', 'failed', now(), now()), (0, 'make_export', 'failed', now(), now()),
            (0, 'send_mail', 'queued', now(), now() - interval '6 minutes'),
            (0, 'send_mail', 'queued', now(), now() - interval '4 minutes')
    """)
    page = await visitor.page("/")
    assert warnings(page) == {
        "Failed jobs": ("/admin/failed-job/list", 2),
        "Undelivered e-mails": ("/admin/failed-job/list?only=mails", 1),
        "Signs of copied credentials in 24 hours": ("/admin/audit-event/list?only=copied-credentials", 2),
        "Accounts without a verified e-mail address for a week": (
            "/admin/user/list?only=unverified-for-a-week",
            1,
        ),
        "Staff accounts without a second factor": ("/admin/user/list?only=staff-without-second-factor", 1),
        "Jobs overdue by more than 5 minutes": (None, 1),
    }
    assert (counts(page)["Waiting"], counts(page)["Failed"]) == (2, 2)
    # Each link leads to a list of exactly the counted rows.
    for address, number in warnings(page).values():
        if address is not None:
            listed = await visitor.page(address.removeprefix("/admin"))
            assert f"1–{number} of {number}" in listed, address  # noqa: RUF001 - the dash of the page
    assert unprotected.email in await visitor.page("/user/list?only=staff-without-second-factor")

    await database.execute("UPDATE alembic_version SET version_num = 'older'")
    assert "The database schema doesn't match this version of the server" in warnings(await visitor.page("/"))
    await database.close()


async def test_references_show_names_with_links_or_plain_ids_without_a_page(
    boss: User, visitor: Visitor, make: Factories
) -> None:
    ann, film = await make.user("Ann <b>"), await make.media("Film")
    family = await make.family(ann)
    gone = "us" + "0" * 25
    await make.row(
        AuditEvent(
            action=AuditAction.MEDIA_ITEM_SAVED,
            actor_id=gone,
            target_user_id=ann.id,
            object_id=film.id,
            family_id=family.id,
        )
    )
    page = await visitor.page(f"/audit-event/list?search={film.id}")
    assert f'<a href="/admin/user/details/{ann.id}">Ann &lt;b&gt;</a>' in page
    assert f'<a href="/admin/media-item/details/{film.id}">Film</a>' in page
    assert f"<code>{gone}</code>" in page
    (details,) = re.findall(r'href="/admin(/audit-event/details/[^"]+)"', page)
    page = await visitor.page(details)
    assert family.id in page and "Home" not in page, "staff see which family, and not its name"
