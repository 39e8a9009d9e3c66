"""Corrupted ids, cursors and tokens are treated as unknown ones and never cause internal errors."""

import random
from typing import Any

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.security.access_tokens import random_token
from tests.support.client import Api
from tests.support.factories import Factories

TIMES = 25
LETTERS = "abcXYZ019-_.=+/ \n\t%'\"\\\x7fé\U0001f3ac\u202e"
EMPTY = ("", " ", ".", "..", "=", "null", "0", "a" * 5000, "." * 300, "ifp_", "us", "%00", "é" * 30)


def changed(text: str, chance: random.Random) -> str:
    """Returns the text with a random change."""
    at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    letter = chance.choice(LETTERS)
    ways = [
        text[:at] + letter + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1 :],
        text[:at],
        text[at:],
        text + letter,
        letter + text,
        text[:at] + text[at:end] * 2 + text[end:],
        text.swapcase(),
        text[::-1],
        text * 2,
        chance.choice(EMPTY),
    ]
    return chance.choice([way for way in ways if way != text])


def codes_of(response: dict[str, Any]) -> set[str]:
    """Returns the codes of a response's errors, including user errors."""
    found = {error["extensions"]["code"] for error in response.get("errors", [])}
    for payload in (response.get("data") or {}).values():
        if isinstance(payload, dict):
            found |= {error["code"] for error in payload.get("errors", [])}
    return found


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """A random generator seeded by the test's name."""
    return random.Random(request.node.name)


async def test_a_corrupted_id_is_unknown(api: Api, make: Factories, chance: random.Random) -> None:
    ann = await make.user()
    family, entry = await make.family(ann), await make.entry(ann)
    mine = api.as_(ann)
    for row in (ann, family, entry):
        for _ in range(TIMES):
            text = changed(row.id, chance)
            response = await mine.result(
                "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } family(id: $id) { id } }",
                id=text,
            )
            assert response == {"data": {"node": None, "nodes": [None], "family": None}}, text
            update = await mine.result(
                "mutation ($id: ID!) { leaveFamily(input: {id: $id}) { errors { code } } }", id=text
            )
            assert codes_of(update) == {"NOT_FOUND"}, text


async def test_a_corrupted_cursor_is_rejected_with_the_argument_name(
    api: Api, make: Factories, chance: random.Random
) -> None:
    ann = await make.user()
    for _ in range(3):
        await make.entry(ann)
    mine = api.as_(ann)
    query = (
        "query ($at: String) { viewer { watchlist(first: 1, after: $at) "
        "{ edges { cursor } pageInfo { hasNextPage } } } }"
    )
    whole = (await mine.data(query))["watchlist"]["edges"][0]["cursor"]
    second = await mine.result(query, at=whole)
    for _ in range(3 * TIMES):
        text = changed(whole, chance)
        response = await mine.result(query, at=text)
        # The last character of base64 has unused bits.
        same_bytes = text.rstrip("=")[:-1] == whole[:-1]
        assert codes_of(response) == {"BAD_USER_INPUT"} or (same_bytes and response == second), text


async def test_a_corrupted_token_is_rejected(
    api: Api, make: Factories, services: Services, chance: random.Random
) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann)
    _, invitation = await make.invitation(family, bob.email, by=ann)
    session = await api.change(
        "signIn",
        {"email": ann.email, "password": "a passphrase", "useCookie": False},
        fields="accessToken refreshToken",
    )
    made = await api.bearing(session["accessToken"]).change(
        "createApiToken", {"name": "Script", "scopes": ["READ"]}, fields="secret"
    )
    theirs = api.as_(bob)
    for _ in range(TIMES):
        text = changed(invitation, chance)
        code, _ = await theirs.refused("acceptFamilyInvitation", {"token": text})
        assert code == "NOT_FOUND", text
        preview = "query ($t: String!) { familyInvitationPreview(token: $t) { familyName } }"
        assert await theirs.data(preview, t=text) is None
        for mutation, more in (
            ("resetPassword", {"newPassword": "four seats row eleven"}),
            ("verifyEmail", {}),
        ):
            assert await api.refused(mutation, {"token": changed(random_token(), chance), **more})
        refresh = {"refreshToken": changed(session["refreshToken"], chance)}
        code, _ = await api.refused("refreshSession", refresh)
        assert code == "INVALID_CREDENTIALS"
        bearer = changed(made["secret"], chance)
        # Whitespace around a header value isn't part of it.
        if bearer.isascii() and bearer.isprintable() and bearer.strip() != made["secret"]:
            headers = {"Authorization": f"Bearer {bearer}"}
            response = await api.http.post(
                "/graphql", json={"query": "{ viewer { email } }"}, headers=headers
            )
            assert codes_of(response.json()) == {"UNAUTHENTICATED"}, bearer
    for token in ("", ".", "a.1", f"{ann.id}.99999999999.{random_token()}", "a" * 3000, "\u0660.\u0661"):
        code, _ = await api.refused(
            "signInWithSecondFactor", {"challenge": token, "code": "123456", "useCookie": False}
        )
        assert code == "INVALID_CREDENTIALS"
    # The original token still works.
    assert (await api.bearing(made["secret"]).data("{ viewer { email } }"))["email"] == ann.email
    accepted = await theirs.change("acceptFamilyInvitation", {"token": invitation})
    assert accepted["errors"] == []
