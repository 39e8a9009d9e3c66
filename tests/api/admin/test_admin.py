"""The query `admin`, which is for staff only."""

from typing import Any

import asyncpg

from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.sessions.writes import demote_from_staff
from infocus_graphql.graph.context import Services
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.jobs.queue import enqueue
from tests.graph.world import DEAD_JOBS
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

USERS = "query ($begins: String) { admin { accounts(query: $begins) { totalCount nodes { id name } } } }"


async def names(api: Api, begins: str | None) -> set[str]:
    """Returns the names of the accounts found by a query."""
    found = (await api.data(USERS, begins=begins))["accounts"]
    assert found["totalCount"] == len(found["nodes"])
    return {each["name"] for each in found["nodes"]}


async def test_accounts_are_found_by_prefix_of_address_or_name_ignoring_case(
    api: Api, make: Factories
) -> None:
    boss = await make.user("Boss", is_staff=True, email="boss@example.com")
    ann = await make.user("Ännchen Lind", email="lead@example.com")
    await make.user("Leander", email="zed@example.com")
    await make.user("50% off", email="x_y@example.com")
    staff = api.as_(boss, is_staff=True)
    assert await names(staff, "lea") == await names(staff, " LEA ") == {"Ännchen Lind", "Leander"}
    assert await names(staff, "änn") == await names(staff, "ÄNNCHEN L") == {"Ännchen Lind"}
    assert await names(staff, ann.id) == {"Ännchen Lind"}
    # Wildcards have no special meaning.
    assert await names(staff, "50%") == {"50% off"}
    assert await names(staff, "%") == await names(staff, "_") == await names(staff, "example") == set()
    assert len(await names(staff, None)) == len(await names(staff, "")) == 4


async def test_an_account_shows_its_state_and_no_secrets(api: Api, make: Factories) -> None:
    boss, ann = await make.user("Boss", is_staff=True), await make.user("Ann", email_verified_at=None)
    await make.family(ann)
    await make.session(ann)
    opened = await api.change(
        "signIn", {"email": ann.email, "password": "a passphrase"}, fields="session { id }"
    )
    query = """query ($begins: String, $staff: Boolean) { admin {
        accounts(query: $begins, isStaff: $staff) { nodes { email isStaff emailVerified
        hasSecondFactor familyCount lastSeenAt
        auditLog(first: 1) { nodes { action targetId targetAccount { email } actorAccount { name } } }
    } } } }"""
    staff = api.as_(boss, is_staff=True)
    (shown,) = (await staff.data(query, begins="ann"))["accounts"]["nodes"]
    assert shown.pop("lastSeenAt") is not None
    assert shown == {
        "email": ann.email,
        "isStaff": False,
        "emailVerified": False,
        "hasSecondFactor": False,
        "familyCount": 1,
        "auditLog": {
            "nodes": [
                {
                    "action": "SIGNED_IN",
                    "targetId": opened["session"]["id"],
                    "targetAccount": {"email": ann.email},
                    "actorAccount": {"name": "Ann"},
                }
            ]
        },
    }
    assert [each["email"] for each in (await staff.data(query, staff=True))["accounts"]["nodes"]] == [
        boss.email
    ]
    assert [each["email"] for each in (await staff.data(query, staff=False))["accounts"]["nodes"]] == [
        ann.email
    ]


async def test_the_audit_log_is_filtered_by_action_user_and_family(api: Api, make: Factories) -> None:
    boss, ann, bob = await make.user(is_staff=True), await make.user(), await make.user()
    family = (await api.as_(ann).change("createFamily", {"name": "Home"}, fields="family { id }"))["family"]
    await api.as_(ann).change("updateFamily", {"id": family["id"], "name": "House"})
    await api.as_(bob).change("createFamily", {"name": "Away"})
    query = """query ($actions: [AuditAction!], $person: [ID!], $family: [ID!]) { admin {
        auditLog(actions: $actions, userIds: $person, familyIds: $family) { nodes { action } } } }"""

    async def actions(**given: Any) -> list[str]:
        found = (await api.as_(boss, is_staff=True).data(query, **given))["auditLog"]["nodes"]
        return [each["action"] for each in found]

    assert await actions() == ["FAMILY_CREATED", "FAMILY_RENAMED", "FAMILY_CREATED"]
    assert await actions(person=ann.id) == await actions(family=family["id"])
    assert await actions(person=bob.id) == ["FAMILY_CREATED"]
    assert await actions(person=[ann.id, bob.id]) == await actions()
    assert await actions(actions=["FAMILY_RENAMED", "SIGNED_IN"]) == ["FAMILY_RENAMED"]
    assert await actions(actions=["FAMILY_CREATED"], person=ann.id) == ["FAMILY_CREATED"]


async def test_jobs_are_counted_and_failed_jobs_hide_their_payload(
    api: Api, make: Factories, services: Services
) -> None:
    boss = await make.user(is_staff=True)

    async def put(work: UnitOfWork) -> None:
        await enqueue(work, JobType("send_mail"), {"to": "ann@example.com"})
        await work.session.execute(DEAD_JOBS, {"number": 2})

    await services.database.transaction(put)
    query = """{ admin { jobs { waiting delayed running failed }
        failedJobs { totalCount nodes { kind attempts reason createdAt failedAt id } } } }"""
    shown = await api.as_(boss, is_staff=True).data(query)
    assert shown["jobs"] == {"waiting": 1, "delayed": 0, "running": 0, "failed": 2}
    assert shown["failedJobs"]["totalCount"] == 2
    for each in shown["failedJobs"]["nodes"]:
        assert (each["kind"], each["attempts"], each["reason"]) == ("send_mail", 1, "no answer")
        assert each["id"].isdecimal() and each["failedAt"] < each["createdAt"]
    assert "ann@example.com" not in str(shown)


async def test_the_staff_role_is_read_from_the_database_and_api_tokens_are_rejected(
    api: Api, make: Factories, services: Services
) -> None:
    boss, ann = await make.user(is_staff=True), await make.user()
    query = "{ admin { jobs { failed } } }"
    assert await api.as_(boss, is_staff=True).data(query) == {"jobs": {"failed": 0}}
    assert await api.as_(ann, is_staff=True).data(query) is None, "a token that says so is not enough"
    opened = await api.change(
        "signIn", {"email": boss.email, "password": "a passphrase", "useCookie": False}, fields="accessToken"
    )
    signed_in = api.bearing(opened["accessToken"])
    scopes = [scope.name for scope in ApiScope]
    made = await signed_in.change("createApiToken", {"name": "x", "scopes": scopes}, fields="secret")
    (error,) = (await api.bearing(made["secret"]).result(query))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert await signed_in.data(query) is not None
    await services.database.transaction(demote_from_staff, email=boss.email)
    services.tokens.revoked.invalidate()
    (error,) = (await signed_in.result(query))["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


PLAN = """EXPLAIN SELECT id FROM users
    WHERE search_form(email) ~>=~ $1 AND search_form(email) ~<~ concat($1, $2::text)
    OR search_form(name) ~>=~ $1 AND search_form(name) ~<~ concat($1, $2::text)"""


async def test_the_account_search_uses_indexes(server: Server, database_url: str) -> None:
    database: asyncpg.Connection = await server.connect(database_url)
    await database.execute(
        "INSERT INTO users (id, email, name, password_hash) "
        "SELECT n, md5(n::text) || '@example.com', md5(n::text), 'x' FROM generate_series(1, 20000) AS n"
    )
    await database.execute("ANALYZE users; SET plan_cache_mode = force_generic_plan")
    plan = "\n".join(row[0] for row in await (await database.prepare(PLAN)).fetch("abc", "\U0010ffff"))
    assert "ix_users_email_prefix" in plan and "ix_users_name_prefix" in plan
    await database.close()
