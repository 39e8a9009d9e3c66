"""Registration."""

import asyncio
from typing import Any

from infocus_graphql.graph.context import Services
from tests.api.sessions.devices import COOKIE, TOKENS, count, sql
from tests.support.client import Api
from tests.support.factories import Factories

INPUT: dict[str, Any] = {"email": "ann@example.com", "password": "correct horse battery", "useCookie": False}
TABLES = ("users", "profiles", "sessions", "refresh_tokens")
EVERYTHING = (
    "accessToken refreshToken session { device ipPrefix isCurrent user { name } } "
    "viewer { email isStaff preferences user { name profile { bio avatar } } }"
)


async def register(api: Api, **values: Any) -> tuple[dict[str, Any], list[str]]:
    """Registers and returns the payload and the Set-Cookie headers."""
    response = await api.post(
        "mutation ($input: RegisterInput!) "
        f"{{ register(input: $input) {{ {TOKENS} errors {{ code path }} }} }}",
        input={"email": "ann@example.com", "password": "correct horse battery", **values},
    )
    return response.json()["data"]["register"], response.headers.get_list("set-cookie")


async def test_registering_creates_a_user_a_profile_and_a_session(api: Api, services: Services) -> None:
    given = INPUT | {"email": "  Ann@Example.COM ", "name": " Ann ", "device": "Ann's phone"}
    payload = await api.change("register", given, fields=EVERYTHING)
    assert payload["errors"] == []
    assert payload["viewer"] == {
        "email": "ann@example.com",
        "isStaff": False,
        "preferences": {},
        "user": {"name": "Ann", "profile": {"bio": None, "avatar": None}},
    }
    assert payload["session"] == {
        "device": "Ann's phone",
        "ipPrefix": "127.0.0.0/24",
        "isCurrent": True,
        "user": {"name": "Ann"},
    }
    assert await count(services, *TABLES) == [1, 1, 1, 1]
    viewer = await api.bearing(payload["accessToken"]).data("{ viewer { email } }")
    assert viewer == {"email": "ann@example.com"}


async def test_only_hashes_of_secrets_are_stored(api: Api, services: Services) -> None:
    payload = await api.change("register", INPUT, fields=TOKENS)
    stored = str(
        await sql(
            services,
            "SELECT users::text, sessions::text, refresh_tokens::text FROM users, sessions, refresh_tokens",
        )
    )
    assert "$argon2id$" in stored
    session_secret, token = payload["refreshToken"].split(".")
    for secret in (INPUT["password"], session_secret, token, payload["accessToken"]):
        assert secret not in stored


BAD = [
    ({"email": ""}, "INVALID", "email"),
    ({"email": "ann"}, "INVALID", "email"),
    ({"email": "ann@"}, "INVALID", "email"),
    ({"email": "@example.com"}, "INVALID", "email"),
    ({"email": "ann@localhost"}, "INVALID", "email"),
    ({"email": "an n@example.com"}, "INVALID", "email"),
    ({"email": "ann@example.com, bob@example.com"}, "INVALID", "email"),
    ({"email": "Ann <ann@example.com>"}, "INVALID", "email"),
    ({"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 12}.com"}, "INVALID", "email"),
    ({"email": "a" * 100_000 + "@example.com"}, "INVALID", "email"),
    ({"password": "x7!kQz9"}, "TOO_SHORT", "password"),
    ({"password": "long enough to be bad" + "!" * 236}, "TOO_LONG", "password"),
    ({"password": "password1"}, "WEAK_PASSWORD", "password"),
    ({"password": "12345678"}, "WEAK_PASSWORD", "password"),
    ({"password": "        "}, "WEAK_PASSWORD", "password"),
    ({"password": "ann@example.com"}, "WEAK_PASSWORD", "password"),
    ({"password": "Annabella1", "name": "Annabella"}, "WEAK_PASSWORD", "password"),
    ({"name": "x" * 101}, "TOO_LONG", "name"),
    ({"device": "x" * 201}, "TOO_LONG", "device"),
]


async def test_invalid_input_creates_nothing(api: Api, services: Services) -> None:
    for wrong, code, field in BAD:
        payload, cookies = await register(api, **wrong)
        assert payload.pop("errors") == [{"code": code, "path": ["input", field]}], wrong
        assert set(payload.values()) == {None}
        assert cookies == []
    assert await count(services, *TABLES) == [0, 0, 0, 0]


async def test_password_errors_contain_the_limits(api: Api) -> None:
    payload = await api.change("register", INPUT | {"password": "short"})
    (error,) = payload["errors"]
    assert error["__typename"] == "ValidationError"
    assert (error["min"], error["max"]) == (8, 256)


async def test_passwords_have_8_to_256_characters_of_any_kind(api: Api) -> None:
    for number, password in enumerate(["x7!kQz9p", "ab c-d/e" * 32, "пароль от кино", "🦊🌲🎬📺🍿🎭🎫🦉"]):
        account = {"email": f"{number}@example.com", "password": password}
        assert (await api.change("register", account))["errors"] == []
        assert (await api.change("signIn", account))["errors"] == []


async def test_a_name_is_optional(api: Api) -> None:
    for number, (name, shown) in enumerate([(None, ""), ("x" * 100, "x" * 100)]):
        given = INPUT | {"email": f"{number}@example.com", "name": name}
        payload = await api.change("register", given, fields="viewer { user { name } }")
        assert payload["viewer"] == {"user": {"name": shown}}


async def test_a_known_address_is_a_conflict_in_any_case(
    api: Api, services: Services, make: Factories
) -> None:
    await make.user(email="ann@example.com")
    for email in ("ann@example.com", " ANN@example.COM\n"):
        payload = await api.change("register", INPUT | {"email": email}, fields=TOKENS)
        (error,) = payload["errors"]
        assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["input", "email"])
        assert error["existing"] is None
        assert payload["accessToken"] is None
    assert await count(services, *TABLES) == [1, 1, 0, 0]


async def test_concurrent_registrations_of_one_address_create_one_account(
    api: Api, services: Services
) -> None:
    spellings = ["ann@example.com", "ANN@example.com", "Ann@Example.com", " ann@example.com"]
    payloads = await asyncio.gather(*(api.change("register", INPUT | {"email": each}) for each in spellings))
    codes = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert codes == ["ALREADY_EXISTS"] * 3
    assert await count(services, *TABLES) == [1, 1, 1, 1]


async def test_browsers_get_the_refresh_token_in_a_cookie_only(api: Api) -> None:
    api.headers["Origin"] = "http://test"
    for number, choice in enumerate(({}, {"useCookie": True})):
        payload, (cookie,) = await register(api, email=f"{number}@example.com", **choice)
        assert payload["refreshToken"] is None
        value, *attributes = cookie.split("; ")
        assert value.startswith(f"{COOKIE}=")
        assert len(value) > 80
        seconds = int(attributes.pop(0).removeprefix("Max-Age="))
        assert 7 * 86_400 - 60 < seconds <= 7 * 86_400
        assert attributes == ["Path=/graphql", "HttpOnly", "SameSite=Strict"]
        assert value.partition("=")[2] not in str(payload)


async def test_apps_get_the_refresh_token_in_the_body_and_no_cookie(api: Api) -> None:
    payload, cookies = await register(api, useCookie=False)
    assert cookies == []
    assert payload["refreshToken"].count(".") == 1


async def test_text_that_postgresql_can_not_store_is_rejected_with_its_path(
    api: Api, services: Services
) -> None:
    for field in ("email", "password", "name", "device"):
        result = await api.result(
            "mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }",
            input=INPUT | {field: "ann@example.com\0 and more"},
        )
        (error,) = result["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["input", field]}
        assert "data" not in result
    assert await count(services, "users") == [0]
