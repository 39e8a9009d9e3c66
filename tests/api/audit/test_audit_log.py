"""The audit log: its events, who can read them, and that the database keeps it append-only."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from infocus_graphql import background
from infocus_graphql.core.clock import now
from infocus_graphql.domains.audit.jobs import purge_audit_events
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.identity.users.writes import promote_to_staff
from infocus_graphql.graph.context import Services
from infocus_graphql.mail.transport import transport_of
from infocus_graphql.settings import Settings
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

LOG = """{ viewer { auditLog { totalCount nodes {
    action actor { id } targetUser { id } targetFamily { id } targetId ipPrefix device details
} } } }"""
PASSWORD = "three seats row nine"


async def log_of(api: Api, user: Any) -> list[dict[str, Any]]:
    """Returns the user's own audit log, oldest first."""
    found: list[dict[str, Any]] = (await api.as_(user).data(LOG))["auditLog"]["nodes"]
    return found[::-1]


def actions(events: list[dict[str, Any]]) -> list[str]:
    """Returns the actions of events."""
    return [event["action"] for event in events]


async def test_sign_in_and_sign_out_are_audited_with_network_and_device(api: Api, make: Factories) -> None:
    ann = await make.user(password=PASSWORD)
    given = {"email": ann.email, "useCookie": False}
    await api.change("signIn", {**given, "password": "not the right one"})
    opened = await api.change(
        "signIn", {**given, "password": PASSWORD}, fields="accessToken refreshToken session { id }"
    )
    await api.bearing(opened["accessToken"]).change("signOut", {})
    failed, opening, ending = await log_of(api, ann)
    assert actions([failed, opening, ending]) == ["SIGN_IN_FAILED", "SIGNED_IN", "SIGNED_OUT"]
    assert (failed["actor"], failed["targetUser"]) == (None, {"id": ann.id})
    assert opening["actor"] == opening["targetUser"] == ending["actor"] == {"id": ann.id}
    assert opening["targetId"] == ending["targetId"] == opened["session"]["id"]
    for event in (failed, opening, ending):
        assert event["ipPrefix"] == "127.0.0.0/24"
        assert event["device"].startswith("python-httpx/")
        assert event["details"] == {} and event["targetFamily"] is None


async def test_a_failed_sign_in_with_an_unknown_address_is_audited_without_it(
    api: Api, make: Factories, server: Server, database_url: str
) -> None:
    await api.change("signIn", {"email": "nobody@example.com", "password": "whatever it is"})
    database = await server.connect(database_url)
    (row,) = await database.fetch("SELECT * FROM audit_events")
    await database.close()
    assert (row["action"], row["actor_id"], row["target_user_id"], row["object_id"]) == (
        "sign_in_failed",
        None,
        None,
        None,
    )
    assert "nobody@" not in str(dict(row))


async def test_refresh_token_reuse_is_audited(api: Api, make: Factories, monkeypatch: Any) -> None:
    ann = await make.user(password=PASSWORD)
    opened = await api.change(
        "signIn",
        {"email": ann.email, "password": PASSWORD, "useCookie": False},
        fields="refreshToken session { id }",
    )
    token = {"refreshToken": opened["refreshToken"]}
    second = await api.change("refreshSession", token, fields="refreshToken")
    await api.change("refreshSession", {"refreshToken": second["refreshToken"]})
    # Its successor was used already, so this is no retry after a lost response.
    await api.refused("refreshSession", token)
    event = (await log_of(api, ann))[-1]
    assert (event["action"], event["targetId"]) == ("REFRESH_TOKEN_REUSED", opened["session"]["id"])
    assert event["ipPrefix"] == "127.0.0.0/24"


async def test_family_events_are_visible_to_actor_target_and_admins(api: Api, make: Factories) -> None:
    ann, bob, eve = await make.user("Ann"), await make.user("Bob"), await make.user("Eve")
    made = await api.as_(ann).change("createFamily", {"name": "Home"}, fields="family { id }")
    family = {"familyId": made["family"]["id"]}
    await api.as_(ann).change("updateFamily", {"id": family["familyId"], "name": "House"})
    invited = await api.as_(ann).change(
        "inviteToFamily", {**family, "email": bob.email}, fields="token invitation { id }"
    )
    joined = await api.as_(bob).change(
        "acceptFamilyInvitation", {"token": invited["token"]}, fields="membership { id }"
    )
    await api.as_(bob).change("updateFamilySharing", {**family, "sharesWatchlist": False})
    await api.as_(bob).change("updateFamilySharing", {**family, "sharesWatchlist": False})  # changes nothing
    await api.as_(ann).change("updateFamilyMemberRole", {**family, "userId": bob.id, "role": "ADMIN"})
    await api.as_(ann).change("updateFamilyMemberRole", {**family, "userId": bob.id, "role": "MEMBER"})
    query = "query ($id: ID!) { family(id: $id) { auditLog { nodes { action actor { name } ipPrefix } } } }"
    by_bob = await api.as_(bob).data(query, id=family["familyId"])
    assert by_bob == {"auditLog": None}, "members don't read their family's log"
    await api.as_(ann).change("removeFamilyMember", {**family, "userId": bob.id})
    shown = (await api.as_(ann).data(query, id=family["familyId"]))["auditLog"]["nodes"][::-1]
    assert actions(shown) == [
        "FAMILY_CREATED",
        "FAMILY_RENAMED",
        "INVITATION_SENT",
        "INVITATION_ACCEPTED",
        "SHARING_CHANGED",
        "ROLE_CHANGED",
        "ROLE_CHANGED",
        "MEMBER_REMOVED",
    ]
    # The networks of other actors are hidden.
    assert [event["ipPrefix"] is None for event in shown] == [False] * 3 + [True] * 2 + [False] * 3
    mine = await log_of(api, bob)
    assert actions(mine) == actions(shown)[3:]
    assert [event["ipPrefix"] is None for event in mine] == [False, False, True, True, True]
    assert mine[2]["details"] == {"role": "ADMIN", "former": "MEMBER"}
    assert mine[1]["details"] == {"sharesWatchlist": False}
    assert mine[0]["targetId"] == invited["invitation"]["id"]
    assert mine[2]["targetId"] == joined["membership"]["id"]
    # The actor is hidden, because they no longer share a family.
    assert (mine[-1]["actor"], mine[-1]["targetUser"], mine[-1]["targetFamily"]) == (
        None,
        {"id": bob.id},
        None,
    )
    assert await log_of(api, eve) == []


async def test_rejected_and_failed_changes_are_not_audited(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    for mutation, given in (
        ("updateFamily", {"id": family.id, "name": "Mine"}),
        ("deleteFamily", {"id": family.id}),
        ("inviteToFamily", {"familyId": family.id, "email": "x@example.com"}),
        ("removeFamilyMember", {"familyId": family.id, "userId": ann.id}),
    ):
        assert await api.as_(bob).refused(mutation, given)
    assert await log_of(api, ann) == await log_of(api, bob) == []


async def test_staff_changes_are_audited_and_staff_read_all_events(
    api: Api, make: Factories, services: Services
) -> None:
    ann, boss = await make.user(), await make.user()
    await services.database.transaction(promote_to_staff, email=boss.email)
    family = await api.as_(ann).change("createFamily", {"name": "Home"}, fields="family { id }")
    given = {"tmdb": {"id": 550, "type": "MOVIE"}, "title": "Some film"}
    as_boss = api.as_(boss, is_staff=True)
    saved = await as_boss.change("saveMediaItem", given, fields="mediaItem { id }")
    await as_boss.change("deleteMediaItem", {"id": saved["mediaItem"]["id"]})
    query = "{ admin { auditLog { nodes { id action targetId ipPrefix } } } }"
    events = (await as_boss.data(query))["auditLog"]["nodes"][::-1]
    assert [(event["action"], event["targetId"]) for event in events] == [
        ("STAFF_PROMOTED", boss.id),
        ("FAMILY_CREATED", family["family"]["id"]),
        ("MEDIA_ITEM_SAVED", saved["mediaItem"]["id"]),
        ("MEDIA_ITEM_DELETED", saved["mediaItem"]["id"]),
    ]
    assert [event["ipPrefix"] for event in events] == [None, *["127.0.0.0/24"] * 3]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await as_boss.data(node, id=events[1]["id"]) == {"id": events[1]["id"]}
    assert await api.as_(boss).data(node, id=events[1]["id"]) == {"id": events[1]["id"]}
    # The staff claim of the access token is not enough.
    for claims in (False, True):
        assert await api.as_(ann, is_staff=claims).data(node, id=events[0]["id"]) is None
    assert await api.as_(ann, is_staff=True).data(query) is None
    (error,) = (await api.as_(ann).result(query))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


APPENDED = "INSERT INTO audit_events (id, action, created_at) VALUES ($1, 'signed_in', $2)"


async def test_the_database_rejects_changes_of_the_audit_log(server: Server, database_url: str) -> None:
    database = await server.connect(database_url)
    await database.execute(APPENDED, "ae1", now() - timedelta(days=400))
    for statement in (
        "UPDATE audit_events SET action = 'signed_out'",
        "UPDATE audit_events SET details = '{}' WHERE false",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await database.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute("SET infocus.purging_audit = 'on'; UPDATE audit_events SET device = 'x'")
    assert await database.fetchval("SELECT count(*) FROM audit_events") == 1
    await database.close()


async def test_a_role_with_minimal_rights_can_append_read_and_purge_events(
    server: Server, database_url: str
) -> None:
    database = await server.connect(database_url)
    await database.execute(APPENDED, "ae1", now() - timedelta(days=400))
    await database.execute("CREATE ROLE infocus_audit_test")
    try:
        await database.execute("GRANT SELECT, INSERT ON audit_events TO infocus_audit_test")
        await database.execute("SET ROLE infocus_audit_test")
        await database.execute(APPENDED, "ae2", now() - timedelta(days=40))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await database.execute("SET infocus.purging_audit = 'on'; DELETE FROM audit_events")
        purge = "SELECT purge_audit_events(now() - interval '1 year', 10)"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
            await database.execute(purge)
        await database.execute(
            "RESET ROLE; GRANT EXECUTE ON FUNCTION purge_audit_events TO infocus_audit_test"
        )
        # A table of the same name in another schema of the search path is not used.
        await database.execute("SET ROLE infocus_audit_test")
        await database.execute("CREATE TEMP TABLE audit_events (id text, created_at timestamptz)")
        assert await database.fetchval(purge) == 1
        await database.execute("DROP TABLE pg_temp.audit_events")
        assert await database.fetchval("SELECT string_agg(id, ',') FROM audit_events") == "ae2"
    finally:
        await database.execute("RESET ROLE")
        await database.execute("DROP OWNED BY infocus_audit_test; DROP ROLE infocus_audit_test")
        await database.close()


async def test_old_events_are_purged_in_batches_and_recent_ones_never(
    services: Services, make: Factories, settings: Settings, server: Server, database_url: str
) -> None:
    database = await server.connect(database_url)
    for number, days in enumerate((366, 364, 31, 29)):
        await database.execute(APPENDED, f"ae{number}", now() - timedelta(days=days))
    handlers = background.handlers(settings, services.database, transport_of(settings))
    await handlers[background.PURGE_AUDIT]({})
    assert (
        await database.fetchval("SELECT string_agg(id, ',' ORDER BY id) FROM audit_events") == "ae1,ae2,ae3"
    )
    # The last thirty days are kept, whatever `keep` is.
    assert await services.database.transaction(purge_audit_events, keep=timedelta()) is False
    assert await database.fetchval("SELECT string_agg(id, ',') FROM audit_events") == "ae3"
    await database.execute(
        "INSERT INTO audit_events (id, action, created_at) "
        "SELECT 'many' || n, 'signed_in', now() - interval '2 years' FROM generate_series(1, 1500) AS n"
    )
    assert await services.database.transaction(purge_audit_events, keep=timedelta(days=365))
    assert await database.fetchval("SELECT count(*) FROM audit_events") == 501
    await database.close()


async def test_the_audit_log_is_paged(api: Api, make: Factories) -> None:
    ann = await make.user()
    await make.rows(
        *(
            AuditEvent(
                action=AuditAction.SIGNED_IN, actor_id=ann.id, target_user_id=ann.id, object_id=f"se{number}"
            )
            for number in range(5)
        )
    )
    query = (
        "query ($after: String) { viewer { auditLog(first: 2, after: $after) "
        "{ totalCount pageInfo { hasNextPage endCursor } nodes { targetId } } } }"
    )
    seen, after, more = [], None, True
    while more:
        page = (await api.as_(ann).data(query, after=after))["auditLog"]
        seen += [event["targetId"] for event in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert page["totalCount"] == 5
    assert sorted(seen) == [f"se{number}" for number in range(5)]


async def test_events_of_a_deleted_family_stay_visible_to_their_actors(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann)
    await make.member(family, bob, FamilyRole.ADMIN)
    await api.as_(bob).change("updateFamily", {"id": family.id, "name": "New"})
    await api.as_(ann).change("deleteFamily", {"id": family.id})
    assert actions(await log_of(api, ann)) == ["FAMILY_DELETED"]
    assert actions(await log_of(api, bob)) == ["FAMILY_RENAMED"]
