"""Lists, details and edits of records in the data browser."""

import re

import pytest

from infocus_graphql.admin.records import RECORD_VIEWS
from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, Refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.domains.admin.policy import EDITABLE
from infocus_graphql.domains.admin.writes import change_record
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.graph.context import Services
from tests.admin.conftest import ORIGIN, PASSWORD, Visitor, complaint
from tests.graph.world import World, build_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

LOG = "{ admin { auditLog(actions: [RECORD_CHANGED]) { nodes { actor { id } targetId details } } } }"


@pytest.fixture
async def boss(make: Factories, visitor: Visitor) -> User:
    """A signed-in staff user."""
    boss = await make.user("Boss", is_staff=True, password=PASSWORD)
    assert (await visitor.sign_in(boss)).status_code == 303
    return boss


async def secrets_of(server: Server, url: str, world: World) -> set[str]:
    """Returns the values of secret and private columns in the database."""
    database = await server.connect(url)
    found: set[str] = set()
    await database.execute("""UPDATE profiles SET preferences = '{"theme": "a hidden wish"}'""")
    for column, table in (
        ("password_hash", "users"),
        ("token_hash", "sessions"),
        ("token_hash", "refresh_tokens"),
        ("token_hash", "api_tokens"),
        ("token_hash", "family_invitations"),
        ("totp_secret", "second_factors"),
        ("code_hash", "backup_codes"),
        ("public_key", "passkeys"),
        ("credential_id", "passkeys"),
        ("notes", "watchlist_entries"),
        ("preferences->>'theme'", "profiles"),
    ):
        rows = await database.fetch(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
        assert rows, (column, table)
        found |= {row[0] for row in rows}
    await database.close()
    return found - {"none"}


async def test_no_list_or_detail_page_shows_a_secret(
    boss: User, visitor: Visitor, services: Services, make: Factories, server: Server, database_url: str
) -> None:
    world = await build_world(services)
    await make.row(SecondFactor(user_id=world.ann.id, totp_secret="KRSXG5A", confirmed_at=now()))
    await make.row(BackupCode(user_id=world.ann.id, code_hash="5eb63bbbe01eeed0"))
    hidden = await secrets_of(server, database_url, world)
    menu = await visitor.page("/")
    for shown in RECORD_VIEWS:
        place = f"/{shown.place}"
        assert f"/admin{place}/list" in menu
        listed = await visitor.page(f"{place}/list?pageSize=100")
        (first, *_) = re.findall(rf'href="(/admin{place}/details/[^"]+)"', listed)
        detailed = await visitor.page(first.removeprefix("/admin"))
        assert all(f'data-column="{shown.source(name)}"' in detailed for name in shown.all)
        found = await visitor.page(f"{place}/list?search=a")
        for text in (listed, detailed, found):
            assert not [each for each in hidden if each in text], place
        edit = await visitor.get(first.removeprefix("/admin").replace("/details/", "/edit/"))
        assert edit.status_code == (200 if shown.model in EDITABLE else 403)


async def test_hidden_columns_can_not_be_sorted_or_searched(boss: User, visitor: Visitor) -> None:
    for name in ("password_hash", "email", "id"):
        assert (await visitor.get(f"/user/list?sortBy={name}")).status_code == 400
    assert boss.id in await visitor.page("/user/list?search=boss")
    assert boss.id in await visitor.page(f"/user/list?search={boss.id}")
    for nothing in ("$argon2", "%25", "_oss", "oss"):
        assert boss.id not in await visitor.page(f"/user/list?search={nothing}")


async def test_an_edit_is_audited_with_column_names_without_values(
    boss: User, visitor: Visitor, api: Api, make: Factories
) -> None:
    ann, film = await make.user("Rude word"), await make.media("Old", description="Same.")
    response = await visitor.edit(f"/user/edit/{ann.id}", name=" Ann ", is_staff="y", email="x@example.com")
    assert (response.status_code, response.headers["location"]) == (302, "/admin/user/list")
    for button in ("Save", ""):  # the second time nothing changes, so no event is written
        response = await visitor.edit(
            f"/media-item/edit/{film.id}", title="New", description="Same.", save=button
        )
        assert response.status_code == 302
    viewer = await api.as_(ann).data("{ viewer { email isStaff user { name } } }")
    assert viewer == {"email": ann.email, "isStaff": False, "user": {"name": "Ann"}}
    events = (await api.as_(boss, is_staff=True).data(LOG))["auditLog"]["nodes"][::-1]
    assert [event["targetId"] for event in events] == [ann.id, film.id]
    assert [event["details"] for event in events] == [
        {"table": "users", "columns": "name"},
        {"table": "media_items", "columns": "title"},
    ]
    assert events[0]["actor"] == events[1]["actor"] == {"id": boss.id}
    # The user sees the event in their own audit log.
    own = await api.as_(ann).data("{ viewer { auditLog { nodes { action targetId ipPrefix } } } }")
    assert own["auditLog"]["nodes"] == [{"action": "RECORD_CHANGED", "targetId": ann.id, "ipPrefix": None}]


async def test_an_invalid_edit_shows_an_error_message(
    boss: User, visitor: Visitor, api: Api, make: Factories
) -> None:
    film = await make.media("Old")
    for title, words in (
        ("x" * 501, "The title must have at most 500 characters."),
        ("   ", "The title must have at least 1 character."),
        ("a\0b", "The title contains a character that can&#39;t be stored."),
    ):
        response = await visitor.edit(f"/media-item/edit/{film.id}", title=title)
        assert response.status_code == 400
        assert complaint(response) == words or "This field is required" in response.text
    shown = await api.data("query ($id: ID!) { mediaItem(ref: {id: $id}) { title } }", id=film.id)
    assert shown == {"title": "Old"}
    assert (await api.as_(boss, is_staff=True).data(LOG))["auditLog"]["nodes"] == []


async def test_a_head_request_submits_no_form(boss: User, visitor: Visitor, api: Api) -> None:
    asked = "{ viewer { user { name } } }"
    assert await api.as_(boss).data(asked) == {"user": {"name": "Boss"}}
    for path in (f"user/edit/{boss.id}", "login"):
        assert (await visitor.http.head(f"/admin/{path}")).status_code == 200
    assert await api.as_(boss).data(asked) == {"user": {"name": "Boss"}}


async def test_urls_with_nul_characters_are_rejected(boss: User, visitor: Visitor) -> None:
    for path in ("user/list?search=a%00", "user/details/%00", f"user/edit/{boss.id}%00"):
        assert (await visitor.get(f"/{path}")).status_code == 400
    assert (await visitor.get("/user/list?search=%2500")).status_code == 200


async def test_records_can_not_be_created_deleted_exported_or_imported(boss: User, visitor: Visitor) -> None:
    for path in ("user/create", "user/export/csv", "user/import", "user/export/json", "file/preview/user/x"):
        assert (await visitor.get(f"/{path}")).status_code == 404, path
    responses = [
        await visitor.http.delete(f"/admin/user/delete?pks={boss.id}", headers=ORIGIN),
        await visitor.http.post("/admin/user/create", data={"name": "x"}, headers=ORIGIN),
        await visitor.edit(f"/user/edit/{boss.id}x", name="x"),
    ]
    assert [response.status_code for response in responses] == [411, 404, 404]
    for table in ("audit-event", "failed-job", "streaming-provider"):
        assert (await visitor.edit(f"/{table}/edit/x", kind="x")).status_code == 403
    for table in ("session", "api-token", "profile", "family", "family-membership", "watchlist-entry"):
        assert (await visitor.edit(f"/{table}/edit/x", kind="x")).status_code == 404


async def test_the_use_case_rejects_edits_that_the_pages_do_not_offer(
    services: Services, make: Factories
) -> None:
    boss, ann = await make.user("Boss", is_staff=True), await make.user("Ann")
    cases: list[tuple[User, type, str, ErrorCode]] = [
        (ann, User, "name", ErrorCode.FORBIDDEN),  # as a user who was staff a moment ago
        (boss, User, "is_staff", ErrorCode.FORBIDDEN),
        (boss, User, "password_hash", ErrorCode.FORBIDDEN),
        (boss, Session, "device", ErrorCode.FORBIDDEN),
        (boss, Family, "name", ErrorCode.FORBIDDEN),
        (boss, MediaItem, "title", ErrorCode.NOT_FOUND),
    ]
    for person, model, name, code in cases:
        viewer = Viewer(person.id, is_staff=True)
        with pytest.raises(Refused) as refusal:
            await services.database.transaction(
                change_record, viewer, model=model, key=boss.id, values={name: "x"}
            )
        assert [each.code for each in refusal.value.refusals] == [code]
