"""Sign-out."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.graph.context import Services
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import COOKIE, TOKENS, living, refreshed, refused, signed_in
from tests.support.client import Api
from tests.support.factories import Factories

SIGN_OUT = "mutation { signOut { ok errors { code } } }"
DONE = {"ok": True, "errors": []}
CLEARED = f"{COOKIE}=; Max-Age=0; Path=/graphql; HttpOnly; SameSite=Strict"


async def test_only_the_session_of_the_access_token_ends(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    phone, laptop = await signed_in(api, ann), await signed_in(api, ann)
    assert await api.bearing(phone.access).data(SIGN_OUT) == DONE
    assert await living(services, phone.session_id) == (False, 0)
    await refused(api, phone.refresh)
    await refreshed(api, laptop.refresh)


async def test_everywhere_ends_all_sessions_of_the_user_only(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    devices = [await signed_in(api, ann) for _ in range(3)]
    bob = await signed_in(api, await make.user())
    payload = await api.bearing(devices[0].access).change("signOut", {"everywhere": True}, fields="ok")
    assert payload == DONE
    for device in devices:
        assert await living(services, device.session_id) == (False, 0)
        await refused(api, device.refresh)
    await refreshed(api, bob.refresh)


async def test_everywhere_works_with_the_token_of_a_deleted_session(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    device = await signed_in(api, ann)
    await api.as_(ann).change("signOut", {"everywhere": True})
    assert await living(services, device.session_id) == (False, 0)


async def test_a_refresh_token_ends_its_session_without_an_access_token(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    device, other = await signed_in(api, ann), await signed_in(api, ann)
    assert await api.change("signOut", {"refreshToken": device.refresh}, fields="ok") == DONE
    assert await living(services, device.session_id) == (False, 0)
    assert await living(services, other.session_id) == (True, 1)
    payload = await api.change("signOut", {"refreshToken": other.refresh, "everywhere": True}, fields="ok")
    assert payload == DONE
    assert await living(services, other.session_id) == (False, 0)


async def test_the_cookie_ends_its_session_and_is_cleared(
    api: Api, services: Services, make: Factories
) -> None:
    device = await signed_in(api, await make.user())
    api.headers["Cookie"] = f"{COOKIE}={device.refresh}"
    response = await api.post(SIGN_OUT)
    assert response.json() == {"data": {"signOut": DONE}}
    assert response.headers["set-cookie"] == CLEARED
    assert await living(services, device.session_id) == (False, 0)


async def test_all_sessions_identified_by_the_request_end(
    api: Api, services: Services, make: Factories
) -> None:
    bearer, cookie, body = [await signed_in(api, await make.user()) for _ in range(3)]
    client = api.bearing(bearer.access)
    client.headers["Cookie"] = f"{COOKIE}={cookie.refresh}"
    assert await client.change("signOut", {"refreshToken": body.refresh}, fields="ok") == DONE
    for device in (bearer, cookie, body):
        assert await living(services, device.session_id) == (False, 0)


async def test_signing_out_twice_or_without_a_session_succeeds(api: Api, make: Factories) -> None:
    device = await signed_in(api, await make.user())
    client = api.bearing(device.access)
    assert await client.data(SIGN_OUT) == DONE
    assert await client.data(SIGN_OUT) == DONE
    for nobody in (api, api.bearing("garbage")):
        response = await nobody.post(SIGN_OUT)
        assert response.json() == {"data": {"signOut": DONE}}
        assert response.headers["set-cookie"] == CLEARED
    assert await api.change("signOut", {"refreshToken": "made.up", "everywhere": True}, fields="ok") == DONE


async def test_an_expired_access_token_ends_nothing(
    api: Api, services: Services, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    device = await signed_in(api, ann)
    clock.move(minutes=-16)
    expired = api.as_(ann, session_id=device.session_id)
    clock.move(minutes=16)
    assert await expired.change("signOut", {"everywhere": True}, fields="ok") == DONE
    assert await living(services, device.session_id) == (True, 1)


async def test_a_token_of_an_ended_session_cannot_end_the_others(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    stolen, mine = await signed_in(api, ann), await signed_in(api, ann)
    await api.bearing(stolen.access).data(SIGN_OUT)
    await api.change("signOut", {"refreshToken": stolen.refresh, "everywhere": True})
    assert await living(services, mine.session_id) == (True, 1)


async def test_signing_out_again_keeps_the_time_of_the_first(
    api: Api, services: Services, make: Factories
) -> None:
    ann = await make.user()
    ended = now() - timedelta(days=1)
    session = await make.session(ann, revoked_at=ended)
    await api.as_(ann).change("signOut", {"everywhere": True})
    shown = await api.as_(ann).data(
        "query ($id: ID!) { node(id: $id) { ... on Session { revokedAt } } }", id=session.id
    )
    assert shown["revokedAt"][:19] == ended.isoformat()[:19]


async def test_later_mutations_of_the_operation_run_without_a_viewer(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    device = await signed_in(api, ann)
    result = await api.bearing(device.access).result(
        'mutation { signOut { ok } updateProfile(input: {name: "Still me"}) { errors { code } } }'
    )
    assert [error["extensions"]["code"] for error in result["errors"]] == ["UNAUTHENTICATED"]
    assert (await api.as_(ann).data("{ viewer { user { name } } }"))["user"] == {"name": "Ann"}


async def test_later_mutations_of_the_operation_run_as_the_signed_in_user(api: Api, make: Factories) -> None:
    ann = await make.user()
    data = await api.data(
        f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} }} "
        'updateProfile(input: {name: "Me"}) { viewer { user { name } } } }',
        input={"email": ann.email, "password": "a passphrase"},
    )
    assert data["updateProfile"]["viewer"] == {"user": {"name": "Me"}}
