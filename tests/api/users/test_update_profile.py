"""The mutation updateProfile."""

import asyncio
import json
from typing import Any

from infocus_graphql.domains.identity.users.models import User
from tests.support.client import Api
from tests.support.factories import Factories

SHOWN = "viewer { preferences user { name profile { bio avatar } } }"
UPDATE = (
    "mutation ($input: UpdateProfileInput!) "
    f"{{ updateProfile(input: $input) {{ {SHOWN} errors {{ code }} }} }}"
)
FULL = {"name": "Ann", "bio": "Likes Westerns.", "avatar": "https://example.com/ann.png"}
NOTHING = {"name": None, "bio": None, "avatar": None}
NOTHING_SHOWN = NOTHING | {"name": ""}


async def update(api: Api, **given: Any) -> dict[str, Any]:
    """Updates the profile, which must succeed, and returns it."""
    payload = await api.change("updateProfile", given, fields=SHOWN)
    assert payload["errors"] == []
    user = payload["viewer"]["user"]
    return {"name": user["name"], **user["profile"]}


async def merge(api: Api, patch: Any) -> Any:
    """Updates the preferences, which must succeed, and returns them."""
    payload = await api.change("updateProfile", {"preferences": patch}, fields=SHOWN)
    assert payload["errors"] == []
    return payload["viewer"]["preferences"]


async def ann_with(api: Api, make: Factories, **given: Any) -> tuple[Api, User]:
    """Creates Ann with a profile, and returns her client."""
    ann = await make.user()
    client = api.as_(ann)
    await update(client, **given)
    return client, ann


async def test_absent_fields_are_kept_and_null_or_blank_clears(api: Api, make: Factories) -> None:
    client, _ = await ann_with(api, make, **FULL)
    assert await update(client) == FULL
    for name, value in (("name", " Anna "), ("bio", "  New. "), ("avatar", " http://example.com/a?b=c#d ")):
        assert await update(client, **{name: value}) == FULL | {name: value.strip()}
        assert await update(client, **{name: None}) == FULL | {name: NOTHING_SHOWN[name]}
        assert await update(client, **{name: FULL[name]}) == FULL
        if name != "name":
            assert await update(client, **{name: " \u200b "}) == FULL | {name: None}
        await update(client, **FULL)
    assert await update(client, **NOTHING) == NOTHING_SHOWN


async def test_only_the_viewers_profile_changes(api: Api, make: Factories) -> None:
    bob = await make.user("Bob")
    client, _ = await ann_with(api, make, **FULL)
    await merge(client, {"a": 1})
    payload = await api.as_(bob).data(f"{{ {SHOWN} }}")
    assert payload == {"preferences": {}, "user": {"name": "Bob", "profile": {"bio": None, "avatar": None}}}
    result = await api.result("mutation { updateProfile(input: {}) { errors { code } } }")
    assert [error["extensions"]["code"] for error in result["errors"]] == ["UNAUTHENTICATED"]


async def test_a_deleted_account_is_not_found(api: Api) -> None:
    assert await api.as_("us" + "0" * 25).refused("updateProfile", {"bio": "x"}) == ("NOT_FOUND", [])


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "x" * 101}, "TOO_LONG", "name"),
    ({"name": ""}, "REQUIRED", "name"),
    ({"name": " \u200b\n"}, "REQUIRED", "name"),
    ({"bio": "x" * 2001}, "TOO_LONG", "bio"),
    ({"avatar": "https://example.com/" + "x" * 2029}, "TOO_LONG", "avatar"),
    ({"avatar": "javascript:alert(1)"}, "INVALID", "avatar"),
    ({"avatar": "data:image/png;base64,AAAA"}, "INVALID", "avatar"),
    ({"avatar": "ftp://example.com/a.png"}, "INVALID", "avatar"),
    ({"avatar": "//example.com/a.png"}, "INVALID", "avatar"),
    ({"avatar": "/a.png"}, "INVALID", "avatar"),
    ({"avatar": "https://"}, "INVALID", "avatar"),
    ({"avatar": "https:///a.png"}, "INVALID", "avatar"),
    ({"avatar": "https://[::1/a.png"}, "INVALID", "avatar"),
    ({"avatar": "https://example.com:99999/"}, "INVALID", "avatar"),
    ({"avatar": "https://example.com/a\nb"}, "INVALID", "avatar"),
    ({"avatar": 'https://example.com/"onload="'}, "INVALID", "avatar"),
    ({"preferences": {"a": "x" * 16_376}}, "TOO_LONG", "preferences"),
    ({"preferences": {"a": "é" * 8_188}}, "TOO_LONG", "preferences"),
    ({"preferences": {"a": 2**64 - 1, "b": [[[[[[[[[[1]]]]]]]]]]}}, "INVALID", "preferences"),
    ({"preferences": {"a": [{"a": [{"a": [{"a": [{"a": [{"a": 1}]}]}]}]}]}}, "INVALID", "preferences"),
]


async def test_invalid_input_is_rejected_with_its_path_and_changes_nothing(api: Api, make: Factories) -> None:
    client, _ = await ann_with(api, make, **FULL)
    await merge(client, {"kept": True})
    for wrong, code, field in REFUSED:
        # The other fields are valid, but aren't changed either.
        given = {"name": "New", "bio": "New", "preferences": {"new": True}, **wrong}
        assert await client.refused("updateProfile", given) == (code, ["input", field]), wrong
    assert await update(client) == FULL
    assert await merge(client, {}) == {"kept": True}


async def test_the_longest_texts_are_accepted(api: Api, make: Factories) -> None:
    longest = {"name": "x" * 100, "bio": "🎬" * 2000, "avatar": "https://example.com/" + "x" * 2028}
    client, _ = await ann_with(api, make, **longest)
    assert await update(client) == longest
    assert len((await merge(client, {"a": "x" * 16_375}))["a"]) == 16_375


async def test_text_that_postgresql_can_not_store_is_rejected_with_its_path(
    api: Api, make: Factories
) -> None:
    client, _ = await ann_with(api, make, **FULL)
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": "a\0b"}, ["name"]),
        ({"bio": "\0"}, ["bio"]),
        ({"preferences": {"a": {"b": ["c", "\0"]}}}, ["preferences", "a", "b", "1"]),
        ({"preferences": {"a\0": 1}}, ["preferences", "key"]),
    ]
    for given, path in wrong:
        (error,) = (await client.result(UPDATE, input=given))["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["input", *path]}
    for literal in (r'{name: "a\u0000"}', r'{preferences: {a: ["\u0000"]}}'):
        (error,) = (
            await client.result(
                UPDATE.replace("$input)", f"{literal})").replace("($input: UpdateProfileInput!)", "")
            )
        )["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert await update(client) == FULL


async def test_a_lone_surrogate_is_rejected(api: Api, make: Factories) -> None:
    client, _ = await ann_with(api, make, **FULL)
    headers = client.headers | {"Content-Type": "application/json"}
    for given in ({"name": "\ud800"}, {"preferences": {"a": ["\udfff"]}}, {"preferences": {"\ud800": 1}}):
        body = json.dumps({"query": UPDATE, "variables": {"input": given}})
        response = await client.http.post("/graphql", content=body, headers=headers)
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["variable"][0] == "input"
    result = await client.result(r'mutation { updateProfile(input: {name: "\uD800"}) { errors { code } } }')
    assert result["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert await update(client) == FULL


# The examples of RFC 7396, appendix A, in which both sides are objects.
MERGES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ({"a": "text"}, {"a": {"b": None, "c": {"d": 1, "e": None}}}, {"a": {"c": {"d": 1}}}),
    ({"a": [1, 2]}, {"a": [None, {"b": None}]}, {"a": [None, {"b": None}]}),
    ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": None}}}, {"a": {"b": {"d": 2}}}),
    ({"a": 1}, {"missing": None}, {"a": 1}),
    ({"a": 1}, {}, {"a": 1}),
    ({"a": 1}, None, {}),
]


async def test_preferences_are_merged_as_in_rfc_7396(api: Api, make: Factories) -> None:
    client = api.as_(await make.user())
    for current, patch, expected in MERGES:
        await merge(client, None)
        await merge(client, current)
        assert await merge(client, patch) == expected, (current, patch)
    assert (await client.data("{ viewer { preferences } }"))["preferences"] == {}


async def test_preferences_keep_all_json_values(api: Api, make: Factories) -> None:
    client = api.as_(await make.user())
    values = {
        "": 0,
        "ü🎬": "\u2028\\\"'",
        "f": -0.125,
        "big": 2**63,
        "t": True,
        "l": [None, [], {}],
        "$x.y": "1",
    }
    assert await merge(client, values) == values
    deepest: dict[str, Any] = {"a": [{"a": [{"a": [{"a": [{"a": []}]}]}]}]}
    assert await merge(client, deepest) == values | deepest


async def test_preferences_can_be_given_as_a_literal(api: Api, make: Factories) -> None:
    client = api.as_(await make.user())
    text = "updateProfile(input: {preferences: %s}) { viewer { preferences } errors { code path } } }"
    literal = text % '{a: {b: [1, 2.5, "c", true, null, DARK]}, x: $x}'
    payload = await client.data("mutation ($x: Int) { " + literal, x=7)
    preferences = {"a": {"b": [1, 2.5, "c", True, None, "DARK"]}, "x": 7}
    assert payload["viewer"] == {"preferences": preferences}
    for wrong in ("{a: 1e999}", "{a: [-1e999]}", "[1]", '"text"', "1"):
        (error,) = (await client.result("mutation { " + text % wrong))["errors"]
        assert error["extensions"]["code"] in {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
    payload = await client.data("mutation { " + text % "{a: 18446744073709551616}")
    assert payload == {"viewer": None, "errors": [{"code": "INVALID", "path": ["input", "preferences"]}]}
    assert await merge(client, {}) == preferences


async def test_deeply_nested_preferences_are_rejected(api: Api, make: Factories) -> None:
    client = api.as_(await make.user())
    for levels in (11, 60, 400, 4_000):
        literal = "{a: " * levels + "1" + "}" * levels
        response = await client.post(
            f"mutation {{ updateProfile(input: {{preferences: {literal}}}) {{ errors {{ code }} }} }}"
        )
        body = response.json()
        codes = [error["extensions"]["code"] for error in body.get("errors", [])] or [
            error["code"] for error in body["data"]["updateProfile"]["errors"]
        ]
        assert codes in (["INVALID"], ["GRAPHQL_PARSE_FAILED"]), levels


async def test_concurrent_updates_are_all_applied(api: Api, make: Factories) -> None:
    client, _ = await ann_with(api, make, **FULL)
    patches = [{"shared": {f"key{number}": number}} for number in range(6)]
    texts = [{"name": "Anna"}, {"bio": "New."}]
    await asyncio.gather(
        *(merge(client, patch) for patch in patches), *(update(client, **given) for given in texts)
    )
    assert await merge(client, {}) == {"shared": {f"key{number}": number for number in range(6)}}
    assert await update(client) == FULL | {"name": "Anna", "bio": "New."}


async def test_updated_at_changes_with_its_object_only(api: Api, make: Factories) -> None:
    client, _ = await ann_with(api, make, **FULL)
    ask = "{ viewer { user { updatedAt profile { updatedAt } } } }"
    before = (await client.data(ask))["user"]
    await update(client, name="Anna")
    named = (await client.data(ask))["user"]
    assert named["updatedAt"] > before["updatedAt"]
    assert named["profile"] == before["profile"]
    await update(client, bio="New.")
    reported = (await client.data(ask))["user"]
    assert reported["updatedAt"] == named["updatedAt"]
    assert reported["profile"]["updatedAt"] > named["profile"]["updatedAt"]
