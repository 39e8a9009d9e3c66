"""Reading sessions and refresh tokens, and which fields exist at all."""

from datetime import timedelta

import pytest
from graphql import GraphQLObjectType, build_schema

from infocus_graphql.core.clock import now
from infocus_graphql.schema import sdl
from tests.api.sessions.devices import refreshed, signed_in
from tests.support.client import Api
from tests.support.factories import Factories

MINE = """
{
  viewer {
    sessions { totalCount nodes { id isCurrent revokedAt } }
    refreshTokens { totalCount nodes { id revoked revokedAt replacedBy { id } session { id } user { name } } }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


async def test_users_see_their_own_sessions_newest_first(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    start = now() - timedelta(days=3)
    ended = await make.session(ann, created_at=start, revoked_at=start)
    expired = await make.session(
        ann, created_at=start + timedelta(days=1), expires_at=start + timedelta(days=2)
    )
    await make.refresh_token(await make.session(bob))
    device = await signed_in(api, ann)
    found = (await api.bearing(device.access).data(MINE))["sessions"]
    assert [(row["id"], row["isCurrent"], row["revokedAt"] is None) for row in found["nodes"]] == [
        (device.session_id, True, True),
        (expired.id, False, True),
        (ended.id, False, False),
    ]
    assert found["totalCount"] == 3


async def test_refresh_tokens_show_their_state_and_successor(api: Api, make: Factories) -> None:
    device = await signed_in(api, await make.user("Ann"))
    await signed_in(api, await make.user("Bob"))
    await refreshed(api, device.refresh)
    found = (await api.bearing(device.access).data(MINE))["refreshTokens"]
    new, old = sorted(found["nodes"], key=lambda row: row["revoked"])
    assert (new["revoked"], new["revokedAt"], new["replacedBy"]) == (False, None, None)
    assert (old["revoked"], old["replacedBy"]) == (True, {"id": new["id"]})
    assert {row["session"]["id"] for row in (new, old)} == {device.session_id}
    assert found["totalCount"] == 2
    (session,) = (
        await api.bearing(device.access).data(
            "{ viewer { sessions { nodes { refreshTokens { nodes { id } } } } } }"
        )
    )["sessions"]["nodes"]
    assert [row["id"] for row in session["refreshTokens"]["nodes"]] == [old["id"], new["id"]]


async def test_sessions_of_others_look_like_missing_ones(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    session = await make.session(ann)
    token = await make.refresh_token(session)
    for row, kind in ((session, "Session"), (token, "RefreshToken")):
        assert await api.as_(ann).data(NODE, id=row.id) == {"__typename": kind, "id": row.id}
        for stranger in (api, api.as_(bob), api.as_(bob, is_staff=True)):
            assert await stranger.data(NODE, id=row.id) is None


async def test_only_the_session_of_the_access_token_is_the_current_one(api: Api, make: Factories) -> None:
    ann = await make.user()
    one, other = await make.session(ann), await make.session(ann)
    client = api.as_(ann, session_id=other.id)
    ask = "query ($id: ID!) { node(id: $id) { ... on Session { isCurrent } } }"
    assert await client.data(ask, id=other.id) == {"isCurrent": True}
    assert await client.data(ask, id=one.id) == {"isCurrent": False}


def readable() -> list[str]:
    """Returns all output fields of the schema as `Type.field`."""
    types = build_schema(sdl()).type_map.values()
    return [
        f"{kind.name}.{field}"
        for kind in types
        if isinstance(kind, GraphQLObjectType)
        for field in kind.fields
    ]


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("hash", set()),
        ("password", set()),
        # Returned once, by the mutation that creates them.
        ("secret", {"StartSecondFactorSetupPayload.secret", "CreateApiTokenPayload.secret"}),
        (
            "token",
            {
                # Returned once, by the mutation that creates them.
                *(
                    f"{payload}Payload.{field}"
                    for payload in (
                        "Register",
                        "VerifyEmail",
                        "SignIn",
                        "SignInWithSecondFactor",
                        "SignInWithPasskey",
                        "RefreshSession",
                    )
                    for field in ("accessToken", "accessTokenExpiresAt", "refreshToken")
                ),
                "InviteToFamilyPayload.token",
                "ResendFamilyInvitationPayload.token",
                # Objects and numbers, not tokens.
                "CreateApiTokenPayload.apiToken",
                "Viewer.apiTokens",
                "Viewer.refreshTokens",
                "Session.refreshTokens",
                "ServerInfo.accessTokenMinutes",
                "ServerInfo.refreshTokenDays",
                "ApiToken.tokenExpiresAt",
                "OperationLimits.maxTokens",
            },
        ),
    ],
)
def test_no_field_returns_a_stored_secret(word: str, allowed: set[str]) -> None:
    fields = {name for name in readable() if word in name.partition(".")[2].lower()}
    assert {name for name in fields if not name.startswith("Mutation.")} == allowed


def test_private_fields_are_on_the_viewer_type_only() -> None:
    # `Account` is visible to staff only.
    allowed = {
        # NotificationPreference says when e-mails are sent.
        "email": {"Viewer", "FamilyInvitation", "Account", "NotificationPreference"},
        "preferences": {"Viewer"},
        "isStaff": {"Viewer", "Account"},
        "emailVerified": {"Viewer", "Account"},
        "sessions": {"Viewer"},
        "apiTokens": {"Viewer"},
        "passkeys": {"Viewer"},
        "hasSecondFactor": {"Viewer", "Account"},
        "backupCodesLeft": {"Viewer"},
        "refreshTokens": {"Viewer", "Session"},
    }
    for name, kinds in allowed.items():
        assert {field.partition(".")[0] for field in readable() if field.endswith(f".{name}")} == kinds, name
