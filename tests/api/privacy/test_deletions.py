"""Scheduling and cancelling account deletions, and the transfer of owned families."""

import asyncio
from typing import Any

import pytest

from infocus_graphql import background
from infocus_graphql.core.clock import now
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.families.writes.locking import lock_family
from infocus_graphql.domains.identity.mfa.models import SecondFactor
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.privacy.writes.erasure import DELETE_ACCOUNT
from infocus_graphql.graph.context import Services
from infocus_graphql.jobs.job_types import RetryableJobError
from tests.api.sessions.conftest import Clock
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post
from tests.support.server import Server

PASSWORD = "three seats row nine"
DELETION = """{ viewer { accountDeletion {
    createdAt scheduledAt familiesNeedingNewOwner { id }
} } }"""
RIGHT = {"password": PASSWORD}


async def deletion_of(client: Api) -> dict[str, Any] | None:
    """Returns the viewer's scheduled deletion."""
    found: dict[str, Any] | None = (await client.data(DELETION))["accountDeletion"]
    return found


async def ask(client: Api, *families: dict[str, Any]) -> None:
    """Requests the deletion, which must succeed."""
    payload = await client.change("requestAccountDeletion", {**RIGHT, "families": list(families)})
    assert payload["errors"] == []


async def its_time_comes(services: Services, post: Post, clock: Clock) -> list[tuple[str, str]]:
    """Moves the clock past the grace period, runs due jobs, and returns the sent e-mails."""
    clock.move(days=7, seconds=1)
    work = background.handlers(services.settings, services.database, post)
    await work[background.DELETE_ACCOUNTS]({})
    return [(mail.to, mail.subject) for mail in await post.delivered()]


async def members(api: Api, family: str, by: User) -> list[tuple[str, str]] | None:
    """Returns the members of a family with their roles, as visible to one of them."""
    query = "query ($id: ID!) { family(id: $id) { members { nodes { user { id } role } } } }"
    found = await api.as_(by).data(query, id=family)
    return found and [(each["user"]["id"], each["role"]) for each in found["members"]["nodes"]]


async def test_an_account_is_deleted_after_a_week(
    api: Api, make: Factories, services: Services, post: Post, clock: Clock, server: Server, database_url: str
) -> None:
    ann = await make.user("Ann", password=PASSWORD)
    client = api.as_(ann)
    assert await deletion_of(client) is None
    await ask(client)
    assert await post.one(ann.email, "Your account will be deleted")
    waiting = await deletion_of(client)
    assert waiting is not None and waiting["familiesNeedingNewOwner"] == []
    clock.move(days=6, hours=23)
    await background.handlers(services.settings, services.database, post)[background.DELETE_ACCOUNTS]({})
    assert await post.delivered() == []
    assert await deletion_of(api.as_(ann)) == waiting
    mails = await its_time_comes(services, post, clock)
    assert mails == [(ann.email, "Your account was deleted")]
    database = await server.connect(database_url)
    assert await database.fetchval("SELECT count(*) FROM users") == 0
    rows = await database.fetch("SELECT * FROM audit_events ORDER BY id")
    assert [each["action"] for each in rows] == ["account_deletion_requested", "account_deleted"]
    named = ("actor_id", "target_user_id", "object_id", "ip_prefix", "device")
    assert {each[name] for each in rows for name in named} == {None}
    await database.close()
    # Running the job again has no effect and sends no e-mail.
    work = background.handlers(services.settings, services.database, post)[DELETE_ACCOUNT]
    await work({"id": ann.id})
    assert await post.delivered() == []
    refused = await api.refused("signIn", {"email": ann.email, "password": PASSWORD})
    assert refused[0] == "INVALID_CREDENTIALS"


async def test_deletion_needs_the_password(api: Api, make: Factories) -> None:
    client = api.as_(await make.user(password=PASSWORD))
    for password in ("not the right one", "", "x" * 300):
        assert await client.refused("requestAccountDeletion", {"password": password}) == (
            "INVALID_CREDENTIALS",
            ["input", "password"],
        )
    assert await deletion_of(client) is None


async def test_deletion_needs_a_recent_code_of_users_with_a_second_factor(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user(password=PASSWORD)
    await make.row(SecondFactor(user_id=ann.id, totp_secret="S", confirmed_at=now()))
    shown = await make.session(ann, second_factor_at=now())
    other = await make.session(ann)
    asked = await api.as_(ann, session_id=other.id).refused("requestAccountDeletion", RIGHT)
    assert asked[0] == "SECOND_FACTOR_REQUIRED"
    await ask(api.as_(ann, session_id=shown.id))


async def test_deletion_can_be_cancelled(
    api: Api, make: Factories, services: Services, post: Post, clock: Clock
) -> None:
    ann = await make.user(password=PASSWORD)
    client = api.as_(ann)
    assert (await client.refused("cancelAccountDeletion", {}))[0] == "NOT_FOUND"
    await ask(client)
    await post.delivered()
    waiting = await deletion_of(client)
    assert waiting is not None
    wrong = {"expectedScheduledAt": waiting["createdAt"]}
    refused = await client.refused("cancelAccountDeletion", wrong)
    assert refused == ("STALE_VERSION", ["input", "expectedScheduledAt"])
    right = {"expectedScheduledAt": waiting["scheduledAt"]}
    payload = await client.change(
        "cancelAccountDeletion", right, fields="viewer { accountDeletion { scheduledAt } }"
    )
    assert payload == {"viewer": {"accountDeletion": None}, "errors": []}
    await post.one(ann.email, "Your account will not be deleted")
    assert await its_time_comes(services, post, clock) == []
    log = await api.as_(ann).data("{ viewer { auditLog { nodes { action } } email } }")
    assert log["email"] == ann.email
    assert [each["action"] for each in log["auditLog"]["nodes"]] == [
        "ACCOUNT_DELETION_CANCELLED",
        "ACCOUNT_DELETION_REQUESTED",
    ]


async def test_a_repeated_request_changes_only_the_decisions(
    api: Api, make: Factories, post: Post, clock: Clock
) -> None:
    ann, bob = await make.user(password=PASSWORD), await make.user()
    home = await make.family(ann, bob)
    client = api.as_(ann)
    await ask(client, {"familyId": home.id, "deleteFamily": True})
    first = await deletion_of(client)
    clock.move(days=2)
    await ask(api.as_(ann), {"familyId": home.id, "transferToUserId": bob.id})
    assert await deletion_of(api.as_(ann)) == first
    assert [mail.subject for mail in await post.delivered()] == ["Your account will be deleted"]


async def test_each_owned_family_with_other_members_needs_a_decision(api: Api, make: Factories) -> None:
    ann, bob, eve = await make.user(password=PASSWORD), await make.user(), await make.user()
    home, away = await make.family(ann, bob, name="Home"), await make.family(ann, bob, name="Away")
    await make.family(ann)
    his = await make.family(bob, ann)
    client = api.as_(ann)
    payload = await client.change("requestAccountDeletion", RIGHT)
    assert [(each["code"], each["path"], each["message"]) for each in payload["errors"]] == [
        ("REQUIRED", ["input", "families"], f"Name a new owner for “{name}”, or choose to delete it.")
        for name in ("Home", "Away")
    ]
    to_bob = {"familyId": home.id, "transferToUserId": bob.id}
    both = "INVALID", "transferToUserId"
    for given, (code, field) in (
        ({"familyId": home.id}, both),
        ({**to_bob, "deleteFamily": True}, both),
        ({"familyId": home.id, "transferToUserId": ann.id}, both),
        ({"familyId": home.id, "transferToUserId": eve.id}, ("NOT_FOUND", "transferToUserId")),
        ({"familyId": his.id, "deleteFamily": True}, ("FORBIDDEN", "familyId")),
        ({"familyId": "fa" + "0" * 25, "deleteFamily": True}, ("NOT_FOUND", "familyId")),
    ):
        asked = {**RIGHT, "families": [given]}
        (error, *others) = (await client.change("requestAccountDeletion", asked))["errors"]
        assert (error["code"], error["path"]) == (code, ["input", "families", "0", field])
        assert {(each["code"], *each["path"]) for each in others} <= {("REQUIRED", "input", "families")}
    twice = {**RIGHT, "families": [to_bob, to_bob]}
    (error, *others) = (await client.change("requestAccountDeletion", twice))["errors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "families", "1", "familyId"])
    assert [(each["code"], each["path"]) for each in others] == [("REQUIRED", ["input", "families"])]
    assert await deletion_of(client) is None
    await ask(client, to_bob, {"familyId": away.id, "deleteFamily": True})
    assert (await deletion_of(client) or {})["familiesNeedingNewOwner"] == []


async def test_owned_families_are_transferred_or_deleted(
    api: Api, make: Factories, services: Services, post: Post, clock: Clock
) -> None:
    ann, bob = await make.user(password=PASSWORD), await make.user()
    home, away = await make.family(ann, bob), await make.family(ann, bob)
    alone, his = await make.family(ann), await make.family(bob, ann)
    await ask(
        api.as_(ann),
        {"familyId": home.id, "transferToUserId": bob.id},
        {"familyId": away.id, "deleteFamily": True},
    )
    await its_time_comes(services, post, clock)
    assert await members(api, home.id, bob) == [(bob.id, "OWNER")]
    assert await members(api, away.id, bob) is None
    assert await services.database.transaction(lock_family, alone.id) is None
    assert await members(api, his.id, bob) == [(bob.id, "OWNER")]
    log = await api.as_(bob).data(
        """query ($id: ID!) { family(id: $id) { auditLog { nodes {
          action actor { id } targetUser { id } } } } }""",
        id=home.id,
    )
    assert log["auditLog"]["nodes"] == [
        {"action": "OWNERSHIP_TRANSFERRED", "actor": None, "targetUser": {"id": bob.id}},
        {"action": "MEMBER_LEFT", "actor": None, "targetUser": None},
    ]


@pytest.mark.parametrize("heir", ["left", "deleted", "never named"])
async def test_without_the_chosen_owner_the_longest_serving_admin_or_member_takes_over(
    api: Api, make: Factories, services: Services, post: Post, clock: Clock, heir: str
) -> None:
    ann, bob = await make.user(password=PASSWORD), await make.user(password=PASSWORD)
    eve, zoe = await make.user(), await make.user()
    home, away = await make.family(ann, bob), await make.family(ann, bob)
    decided = [{"familyId": each.id, "transferToUserId": bob.id} for each in (home, away)]
    if heir == "never named":
        # Both families were transferred to Ann, or got a second member, after her request.
        for family in (home, away):
            await api.as_(bob).change("leaveFamily", {"id": family.id})
        decided = []
    await ask(api.as_(ann), *decided)
    await make.member(home, eve)
    await make.member(home, zoe, FamilyRole.ADMIN)
    await make.member(away, eve)
    await make.member(away, zoe)
    if heir == "left":
        for family in (home, away):
            await api.as_(bob).change("leaveFamily", {"id": family.id})
    if heir == "deleted":
        await ask(api.as_(bob))
    found = (await deletion_of(api.as_(ann)) or {})["familiesNeedingNewOwner"]
    needing = [] if heir == "deleted" else [{"id": home.id}, {"id": away.id}]
    assert found == needing
    await its_time_comes(services, post, clock)
    assert sorted(await members(api, home.id, zoe) or ()) == sorted([(eve.id, "MEMBER"), (zoe.id, "OWNER")])
    assert sorted(await members(api, away.id, eve) or ()) == sorted([(eve.id, "OWNER"), (zoe.id, "MEMBER")])


async def test_sessions_of_a_deleted_account_end_at_once(
    api: Api, make: Factories, services: Services, post: Post, server: Server, database_url: str
) -> None:
    ann = await make.user(password=PASSWORD)
    session = await make.session(ann)
    client = api.as_(ann, session_id=session.id)
    await ask(client)
    database = await server.connect(database_url)
    await database.execute("UPDATE account_deletions SET scheduled_at = now()")
    await database.close()
    await background.handlers(services.settings, services.database, post)[DELETE_ACCOUNT]({"id": ann.id})
    services.tokens.revoked.invalidate()  # as on a worker that missed the notification
    result = await client.result("{ viewer { email } }")
    assert [each["extensions"]["code"] for each in result["errors"]] == ["UNAUTHENTICATED"]


async def test_cancelling_during_the_deletion_either_succeeds_or_is_too_late(
    api: Api, make: Factories, services: Services, post: Post, server: Server, database_url: str
) -> None:
    database = await server.connect(database_url)
    work = background.handlers(services.settings, services.database, post)[DELETE_ACCOUNT]
    for _ in range(5):
        ann = await make.user(password=PASSWORD)
        await ask(api.as_(ann))
        await post.delivered()
        await database.execute("UPDATE account_deletions SET scheduled_at = now()")
        payload, _ = await asyncio.gather(
            api.as_(ann).change("cancelAccountDeletion", {}), work({"id": ann.id})
        )
        there = await database.fetchval("SELECT count(*) FROM users WHERE id = $1", ann.id) == 1
        assert there is (payload["errors"] == [])
        (mail,) = await post.delivered()
        assert mail.subject == ("Your account will not be deleted" if there else "Your account was deleted")
    await database.close()


async def test_erasure_waits_for_a_mail_that_is_being_sent(
    api: Api, make: Factories, services: Services, post: Post, clock: Clock, server: Server, database_url: str
) -> None:
    ann = await make.user(password=PASSWORD)
    await ask(api.as_(ann))
    database = await server.connect(database_url)
    await database.execute("UPDATE pgqueuer SET status = 'picked'")
    clock.move(days=8)
    work = background.handlers(services.settings, services.database, post)[DELETE_ACCOUNT]
    with pytest.raises(RetryableJobError, match="running"):
        await work({"id": ann.id})
    await database.execute("UPDATE pgqueuer SET status = 'failed'")
    await work({"id": ann.id})
    assert await database.fetchval("SELECT count(*) FROM users") == 0
    await database.close()
    assert [mail.subject for mail in await post.delivered()] == ["Your account was deleted"]
