"""Access tokens of revoked sessions are rejected on every server, however the session ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from sqlalchemy import text

from infocus_graphql.app import create_app
from infocus_graphql.domains.identity.sessions.writes import demote_from_staff
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Settings
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, living, refreshed, refused, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

ME = "{ viewer { email } }"
SIGN_OUT = "mutation { signOut { ok } }"
NAME = 'mutation { updateProfile(input: {name: "Me"}) { errors { code } } }'
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@asynccontextmanager
async def another_server(settings: Settings, url: str) -> AsyncIterator[Api]:
    """Yields a client of a second server on the same database."""
    app = create_app(settings, database_url=url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as api:
        yield api


async def codes(api: Api, operation: str) -> list[str]:
    """Returns the codes of the errors of an operation."""
    return [error["extensions"]["code"] for error in (await api.result(operation)).get("errors", [])]


async def test_the_access_token_of_an_ended_session_is_invalid(api: Api, make: Factories) -> None:
    ann = await make.user()
    ended, other = await signed_in(api, ann), await signed_in(api, ann)
    client = api.bearing(ended.access)
    assert await codes(client, ME) == []
    assert await client.data(SIGN_OUT)
    for operation in (ME, NAME, "{ viewer { user { id } } }", "{ __typename viewer { email } }"):
        assert await codes(client, operation) == ["UNAUTHENTICATED"]
    assert await codes(api.bearing(other.access), ME) == []
    # Clients that still send it can sign in again.
    assert await signed_in(client, ann)


async def test_every_server_rejects_it(
    api: Api, settings: Settings, database_url: str, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    async with another_server(settings, database_url) as other:
        there = other.bearing(device.access)
        assert await codes(there, ME) == []
        await api.bearing(device.access).data(SIGN_OUT)
        # The other server's data is less than a second old, so it wouldn't query the database yet.
        other.services.tokens.revoked.invalidate()
        assert await codes(there, ME) == ["UNAUTHENTICATED"]
    async with another_server(settings, database_url) as newer:
        assert await codes(newer.bearing(device.access), ME) == ["UNAUTHENTICATED"]


async def test_reads_do_not_query_sessions(api: Api, services: Services, make: Factories) -> None:
    client = api.bearing((await signed_in(api, await make.user())).access)
    await client.data(ME)
    ended = services.tokens.revoked
    ended.update((), as_of=(ended.as_of or 0) + 3600)  # as if the data were fresh for an hour
    asked = ended.as_of
    for _ in range(20):
        await client.data(ME)
    assert ended.as_of == asked


async def test_access_tokens_are_rejected_while_revocations_can_not_be_checked(
    api: Api, settings: Settings, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    app = create_app(settings, database_url=NOWHERE)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as cut_off:
        response = await cut_off.bearing(device.access).post(ME)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert "data" not in response.json()
        assert (await cut_off.bearing("garbage").post("{ __typename }")).status_code == 200


async def test_refresh_token_reuse_ends_access_tokens_and_notifies_the_user(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user("Ann")
    device = await signed_in(api, ann, device="Ann's phone")
    other = await signed_in(api, ann)
    await refreshed(api, device.refresh)
    clock.move(seconds=11)
    for _ in range(2):  # a third use sends no other e-mail
        await refused(api, device.refresh)
    assert await codes(api.bearing(device.access), ME) == ["UNAUTHENTICATED"]
    assert await codes(api.bearing(other.access), ME) == []
    mails = await sql(
        services,
        "SELECT convert_from(payload, 'UTF8') FROM pgqueuer WHERE entrypoint = 'send_mail'",
    )
    (mail,) = mails
    assert ann.email in mail
    assert "was used a second time" in mail
    # Lines are wrapped, so the date decides where they break.
    assert "Ann's phone" in orjson.loads(mail)["text"].replace("\n", " ")
    assert device.refresh not in mail and device.secret not in mail


async def test_a_retry_or_an_invalid_token_sends_no_notification(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    for _ in range(2):
        await refreshed(api, device.refresh)
    await refused(api, "made.up")
    assert await sql(services, "SELECT id FROM pgqueuer") == []


async def test_users_can_revoke_one_of_their_sessions(api: Api, services: Services, make: Factories) -> None:
    ann = await make.user()
    mine, lost = await signed_in(api, ann), await signed_in(api, ann)
    for _ in range(2):  # revoking it again succeeds
        payload = await api.bearing(mine.access).change(
            "revokeSession", {"id": lost.session_id}, fields="session { id revokedAt isCurrent }"
        )
        assert payload["errors"] == []
        assert payload["session"]["id"] == lost.session_id
        assert payload["session"]["revokedAt"]
    assert await codes(api.bearing(lost.access), ME) == ["UNAUTHENTICATED"]
    await refused(api, lost.refresh)
    assert await codes(api.bearing(mine.access), ME) == []
    assert await living(services, mine.session_id) == (True, 1)


async def test_sessions_of_other_users_can_not_be_revoked(
    api: Api, services: Services, make: Factories
) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    device = await signed_in(api, ann)
    for session_id in (device.session_id, "se" + "9" * 25, "", "x"):
        for client in (api.as_(bob), api.as_(bob, is_staff=True)):
            assert await client.refused("revokeSession", {"id": session_id}) == ("NOT_FOUND", ["input", "id"])
    assert await codes(
        api, f'mutation {{ revokeSession(input: {{id: "{device.session_id}"}}) {{ errors {{ code }} }} }}'
    ) == ["UNAUTHENTICATED"]
    assert await living(services, device.session_id) == (True, 1)


NEW = "another fine passphrase"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def test_changing_the_password_revokes_the_other_sessions(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    mine, other = await signed_in(api, ann), await signed_in(api, ann)
    bob = await signed_in(api, await make.user())
    given = {"currentPassword": PASSWORD, "newPassword": NEW}
    payload = await api.bearing(mine.access).change("changePassword", given, fields="viewer { email }")
    assert payload == {"viewer": {"email": ann.email}, "errors": []}
    assert await codes(api.bearing(other.access), ME) == ["UNAUTHENTICATED"]
    await refused(api, other.refresh)
    for device in (mine, bob):
        assert await codes(api.bearing(device.access), ME) == []
        await refreshed(api, device.refresh)
    old = {"email": ann.email, "password": PASSWORD}
    assert await api.refused("signIn", old) == ("INVALID_CREDENTIALS", [])
    assert await signed_in(api, ann, password=NEW)


async def test_the_other_sessions_can_be_kept(api: Api, make: Factories) -> None:
    ann = await make.user()
    mine, other = await signed_in(api, ann), await signed_in(api, ann)
    given = {"currentPassword": PASSWORD, "newPassword": NEW, "keepOtherSessions": True}
    assert (await api.bearing(mine.access).change("changePassword", given))["errors"] == []
    assert await codes(api.bearing(other.access), ME) == []
    await refreshed(api, other.refresh)


@pytest.mark.parametrize(
    ("current", "new", "expected"),
    [
        ("a wrong passphrase", NEW, ("INVALID_CREDENTIALS", ["input", "currentPassword"])),
        ("", NEW, ("INVALID_CREDENTIALS", ["input", "currentPassword"])),
        ("x" * 100_000, NEW, ("INVALID_CREDENTIALS", ["input", "currentPassword"])),
        (PASSWORD, "password", ("WEAK_PASSWORD", ["input", "newPassword"])),
        (PASSWORD, "short", ("TOO_SHORT", ["input", "newPassword"])),
        (PASSWORD, "x" * 257, ("TOO_LONG", ["input", "newPassword"])),
        (PASSWORD, "ann.miller@example.com", ("WEAK_PASSWORD", ["input", "newPassword"])),
    ],
)
async def test_changing_the_password_needs_the_current_one_and_a_strong_new_one(
    api: Api, services: Services, make: Factories, current: str, new: str, expected: tuple[str, list[str]]
) -> None:
    ann = await make.user(email="ann.miller@example.com")
    device = await signed_in(api, ann)
    given = {"currentPassword": current, "newPassword": new}
    assert await api.as_(ann).refused("changePassword", given) == expected
    assert await living(services, device.session_id) == (True, 1)
    assert await signed_in(api, ann)


async def test_a_password_that_changed_in_between_is_not_overwritten(
    api: Api, services: Services, make: Factories, server: Server, database_url: str
) -> None:
    ann = await make.user()
    watcher = await server.connect(database_url)
    # The mutation waits for this concurrent change, and then finds another password hash.
    async with services.database.engines.write.connect() as holder:
        await holder.execute(text("UPDATE users SET password_hash = 'other'"))
        changing = asyncio.create_task(
            api.as_(ann).refused("changePassword", {"currentPassword": PASSWORD, "newPassword": NEW})
        )
        async with asyncio.timeout(10):
            # Polls, because there is no event for another connection's lock.
            while not await watcher.fetchval(WAITING):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await holder.commit()
    await watcher.close()
    assert await changing == ("INVALID_CREDENTIALS", ["input", "currentPassword"])
    assert await sql(services, "SELECT password_hash FROM users") == ["other"]


async def test_a_demoted_user_is_signed_out_everywhere(api: Api, services: Services, make: Factories) -> None:
    boss, ann = await make.user(is_staff=True), await make.user(is_staff=True)
    theirs, other = await signed_in(api, boss), await signed_in(api, ann)
    delete = 'mutation { deleteMediaItem(input: {id: "x"}) { errors { code } } }'
    assert await codes(api.bearing(theirs.access), delete) == []
    await services.database.transaction(demote_from_staff, email=boss.email.upper())
    services.tokens.revoked.invalidate()
    assert await codes(api.bearing(theirs.access), delete) == ["UNAUTHENTICATED"]
    await refused(api, theirs.refresh)
    assert await codes(api.bearing(other.access), delete) == []
    again = await signed_in(api, boss)
    assert await codes(api.bearing(again.access), delete) == ["FORBIDDEN"]


async def test_a_deleted_account_is_signed_out(
    api: Api, settings: Settings, services: Services, database_url: str, make: Factories
) -> None:
    ann = await make.user(is_staff=True)
    device = await signed_in(api, ann)
    await sql(services, "DELETE FROM users WHERE id = :id", id=ann.id)
    services.tokens.revoked.invalidate()
    assert await codes(api.bearing(device.access), ME) == ["UNAUTHENTICATED"]
    async with another_server(
        settings, database_url
    ) as newer:  # a server that started after the notification
        assert await codes(newer.bearing(device.access), ME) == ["UNAUTHENTICATED"]


async def test_an_access_token_does_not_outlive_its_session(api: Api, make: Factories, clock: Clock) -> None:
    device = await signed_in(api, await make.user())
    token = device.refresh
    for _ in range(5):
        clock.move(days=5, hours=23)
        token = await refreshed(api, token)
    clock.move(hours=4, minutes=55)
    fields = "accessTokenExpiresAt session { expiresAt }"
    payload = await api.change("refreshSession", {"refreshToken": token}, fields=fields)
    assert payload["errors"] == []
    assert payload["accessTokenExpiresAt"][:19] == payload["session"]["expiresAt"][:19]
