"""Sign-in to the data browser: staff only, second factor, expiry, and protection against CSRF."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import httpx

from infocus_graphql.admin.cookie import SessionCookie
from infocus_graphql.app import create_app
from infocus_graphql.core.clock import now
from infocus_graphql.domains.identity.mfa.models import SecondFactor
from infocus_graphql.domains.identity.sessions.writes import demote_from_staff
from infocus_graphql.graph.context import Services
from infocus_graphql.security.totp import code_of, step_at
from infocus_graphql.settings import Environment, Settings
from infocus_graphql.settings.rate_limits import RateStore
from tests.admin.conftest import ORIGIN, PASSWORD, Visitor, complaint
from tests.api.sessions.conftest import Clock, clock
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

__all__ = ["clock"]

WRONG = "The e-mail address or the password is wrong."
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOG = "{ admin { auditLog { nodes { action targetAccount { id } } } } }"


def code() -> str:
    """Returns the current TOTP code for `SECRET`."""
    return code_of(SECRET, step_at(now().timestamp()))


async def with_app(make: Factories, user: Any) -> None:
    """Gives the user a confirmed second factor with `SECRET`."""
    await make.row(SecondFactor(user_id=user.id, totp_secret=SECRET, confirmed_at=now()))


def cookie(response: httpx.Response) -> Any:
    """Returns the one cookie that a response sets."""
    (text,) = response.headers.get_list("set-cookie")
    return SimpleCookie(text)["infocus_admin"]


async def outside(visitor: Visitor) -> bool:
    """Whether pages redirect to the sign-in form and clear the cookie."""
    response = await visitor.get("/user/list")
    if response.status_code == 200:
        return False
    assert (response.status_code, response.headers["location"]) == (303, "/admin/login")
    assert cookie(response).value == ""
    return True


async def test_only_staff_can_sign_in(visitor: Visitor, make: Factories, api: Api) -> None:
    boss, ann = await make.user("Boss", is_staff=True, password=PASSWORD), await make.user(password=PASSWORD)
    assert await outside(visitor)
    for response in (
        await visitor.sign_in(boss, password="not the right one"),
        await visitor.sign_in(ann),
        await visitor.http.post("/admin/login", data={"email": "x@example.com"}, headers=ORIGIN),
    ):
        assert (response.status_code, complaint(response)) == (401, WRONG)
        assert "set-cookie" not in response.headers
    assert await outside(visitor)
    response = await visitor.sign_in(boss)
    assert (response.status_code, response.headers["location"]) == (303, "/admin/")
    given = cookie(response)
    assert (given["path"], given["httponly"], given["samesite"]) == ("/admin", True, "Strict")
    assert (given["max-age"], given["secure"]) == ("1800", "")
    assert not await outside(visitor)
    log = (await api.as_(boss, is_staff=True).data(LOG))["auditLog"]["nodes"]
    assert [(event["action"], (event["targetAccount"] or {}).get("id")) for event in log[::-1]] == [
        ("SIGN_IN_FAILED", boss.id),
        ("SIGN_IN_FAILED", ann.id),
        ("SIGN_IN_FAILED", None),
        ("SIGNED_IN", boss.id),
    ]


async def test_users_with_a_second_factor_need_a_code(visitor: Visitor, make: Factories) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    await with_app(make, boss)
    response = await visitor.sign_in(boss)
    assert (response.status_code, complaint(response)) == (401, "Also enter a code of your second factor.")
    response = await visitor.sign_in(boss, code="123")
    assert (response.status_code, complaint(response)) == (401, "The code is wrong or has already been used.")
    used = code()
    assert (await visitor.sign_in(boss, code=used)).status_code == 303
    assert not await outside(visitor)
    assert (await visitor.sign_in(boss, code=used)).status_code == 401, "a code is good once"


async def test_sign_out_revocation_and_demotion_end_access_at_once(
    visitor: Visitor, make: Factories, api: Api, services: Services, server: Server, database_url: str
) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    await visitor.sign_in(boss)
    kept = visitor.http.cookies["infocus_admin"]
    response = await visitor.get("/logout")
    assert cookie(response).value == ""
    visitor.http.cookies.set("infocus_admin", kept, domain="test.local", path="/admin")
    again = {"Cookie": f"infocus_admin={kept}"}
    assert (await visitor.http.get("/admin/user/list", headers=again)).status_code == 303, "it has ended"

    await visitor.sign_in(boss)
    sessions = "{ viewer { sessions { nodes { id revokedAt device } } } }"
    shown = (await api.as_(boss).data(sessions))["sessions"]["nodes"]
    assert [each["revokedAt"] is None for each in shown] == [True, False]
    await api.as_(boss).change("revokeSession", {"id": shown[0]["id"]})
    assert await outside(visitor)

    await visitor.sign_in(boss)
    assert not await outside(visitor)
    edit = f"/user/edit/{boss.id}"
    await services.database.transaction(demote_from_staff, email=boss.email)
    assert await outside(visitor)
    assert (await visitor.edit(edit, name="Still here")).status_code == 303

    database = await server.connect(database_url)
    await database.execute("UPDATE users SET is_staff = true")
    await visitor.sign_in(boss)
    # Also if the role is removed without revoking the session.
    await database.execute("UPDATE users SET is_staff = false")
    assert await outside(visitor)
    await database.close()


async def test_access_expires_after_30_idle_minutes_or_8_hours(
    visitor: Visitor, make: Factories, clock: Clock
) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    await visitor.sign_in(boss)
    clock.move(minutes=4)
    assert "set-cookie" not in (await visitor.get("/user/list")).headers
    clock.move(minutes=25)
    response = await visitor.get("/user/list")
    assert (response.status_code, cookie(response)["max-age"]) == (200, "1800")
    clock.move(minutes=31)
    assert await outside(visitor)
    await visitor.sign_in(boss)
    for _ in range(19):
        clock.move(minutes=25)
        assert not await outside(visitor)
    clock.move(minutes=25)
    assert await outside(visitor)


async def test_other_cookies_are_rejected(visitor: Visitor, make: Factories, services: Services) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    await visitor.sign_in(boss)
    session_id, ends, signature = visitor.http.cookies["infocus_admin"].split(".")
    visitor.http.cookies.clear()
    later = str(int(ends) + 60)
    access = services.tokens.access_token(user_id=boss.id, session_id=session_id, is_staff=True).text
    for value in (
        f"{session_id}.{later}.{signature}",
        f"se{'0' * 25}.{ends}.{signature}",
        f"{session_id}.{ends}.",
        f"{session_id}.{ends}.{signature[:-1]}",
        access,
        session_id,
        "",
    ):
        headers = {"Cookie": f"infocus_admin={value}"}
        assert (await visitor.http.get("/admin/user/list", headers=headers)).status_code == 303
    bearer = {"Authorization": f"Bearer {access}"}
    assert (await visitor.http.get("/admin/user/list", headers=bearer)).status_code == 303
    good = {"Cookie": f"infocus_admin={session_id}.{ends}.{signature}"}
    assert (await visitor.http.get("/admin/user/list", headers=good)).status_code == 200
    # The cookie gives no access to the API.
    response = await visitor.http.post("/graphql", json={"query": "{ viewer { email } }"}, headers=good)
    assert response.json() == {"data": {"viewer": None}}


async def test_cross_site_requests_are_rejected(visitor: Visitor, make: Factories, api: Api) -> None:
    boss = await make.user("Boss", is_staff=True, password=PASSWORD)
    await visitor.sign_in(boss)
    for origin in (None, "null", "http://evil.example", "http://test.evil.example", "http://"):
        headers = {} if origin is None else {"Origin": origin}
        for path, form in (
            (f"user/edit/{boss.id}", {"name": "Changed", "save": "Save"}),
            ("login", {"email": boss.email, "password": PASSWORD}),
        ):
            response = await visitor.http.post(f"/admin/{path}", data=form, headers=headers)
            assert (response.status_code, "set-cookie" in response.headers) == (403, False)
    assert (await api.as_(boss).data("{ viewer { user { name } } }"))["user"] == {"name": "Boss"}


async def test_request_bodies_are_limited(visitor: Visitor) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"email=x"

    assert (await visitor.http.post("/admin/login", content=chunks(), headers=ORIGIN)).status_code == 411
    large = {"email": "x" * 300_000}
    assert (await visitor.http.post("/admin/login", data=large, headers=ORIGIN)).status_code == 413


async def test_responses_have_security_headers(visitor: Visitor, make: Factories) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    await visitor.sign_in(boss)
    for path in ("/login", "/", "/user/list", "/nowhere/list"):
        headers = (await visitor.get(path)).headers
        policy = headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy
            and "script-src" not in policy
            and "unsafe" not in policy
            and "form-action 'self'" in policy
        )
        assert headers["cache-control"] == "no-store"
        assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert (await visitor.get("/statics/css/main.css")).headers["cache-control"] == "public, max-age=86400"
    # Other pages have their own policy.
    assert "default-src 'none'" in (await visitor.http.get("/livez")).headers["content-security-policy"]


async def in_other_settings(
    settings: Settings, database_url: str, **changed: Any
) -> AsyncIterator[tuple[Visitor, Services]]:
    """Yields a visitor of a server with these settings."""
    app = create_app(settings.model_copy(update=changed), database_url=database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://test") as http:
            yield Visitor(http), app.state.services


async def test_in_production_it_is_off_by_default_and_requires_a_second_factor(
    settings: Settings, database_url: str, make: Factories
) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    production = {"env": Environment.PRODUCTION, "rate_limits": RateStore.OFF}
    async for visitor, _ in in_other_settings(settings, database_url, **production):
        assert (await visitor.get("/login")).status_code == 404
    async for visitor, _ in in_other_settings(settings, database_url, data_browser=False):
        assert (await visitor.get("/login")).status_code == 404
    async for visitor, _ in in_other_settings(settings, database_url, **production, data_browser=True):
        origin = {"Origin": "https://test"}
        form = {"email": boss.email, "password": PASSWORD}
        response = await visitor.http.post("/admin/login", data=form, headers=origin)
        assert response.status_code == 401
        assert complaint(response).startswith("The data browser requires a second factor")
        await with_app(make, boss)
        response = await visitor.http.post("/admin/login", data={**form, "code": code()}, headers=origin)
        assert (response.status_code, response.headers["location"]) == (303, "/admin/")
        assert cookie(response)["secure"] is True
        assert "https://test/admin/statics/" in await visitor.page("/")


async def test_without_a_database_it_returns_503(settings: Settings) -> None:
    nowhere = "postgresql://infocus@/infocus?host=/nonexistent"
    async for visitor, services in in_other_settings(settings, nowhere):
        cookie_of = SessionCookie(services.tokens.derived_key("admin"), "/admin", secure=False)
        known = {"Cookie": cookie_of.header("se" + "0" * 25).partition(";")[0]}
        form = {"email": "ann@example.com", "password": PASSWORD}
        for response in (
            await visitor.http.get("/admin/user/list", headers=known),
            await visitor.http.post("/admin/login", data=form, headers={"Origin": "https://test"}),
        ):
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")


async def test_sign_in_attempts_share_the_rate_limits_of_the_api(
    settings: Settings, database_url: str, make: Factories
) -> None:
    boss = await make.user(is_staff=True, password=PASSWORD)
    async for visitor, _ in in_other_settings(settings, database_url, rate_limits=RateStore.MEMORY):
        wrong = {"email": boss.email, "password": "not the right one"}
        query = "mutation ($input: SignInInput!) { signIn(input: $input) { errors { code } } }"
        body = {"query": query, "variables": {"input": wrong}}
        for _ in range(3):
            await visitor.http.post("/graphql", json=body)
        for _ in range(3):
            response = await visitor.http.post("/admin/login", data=wrong, headers={"Origin": "https://test"})
        assert response.status_code == 429 and int(response.headers["retry-after"]) >= 1
        assert complaint(response).startswith("Too often")
        (error,) = (await visitor.http.post("/graphql", json=body)).json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
    # Attempts from one address are counted across accounts.
    few = {"rate_limits": RateStore.MEMORY, "rate_sign_in": "2/m"}
    async for visitor, _ in in_other_settings(settings, database_url, **few):
        tried = []
        for number in range(3):
            form = {"email": f"x{number}@example.com", "password": "not the right one"}
            response = await visitor.http.post("/admin/login", data=form, headers={"Origin": "https://test"})
            tried.append(response.status_code)
        assert tried == [401, 401, 429]
