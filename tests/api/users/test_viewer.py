"""The field `viewer`, and the visibility of users."""

from graphql import GraphQLObjectType, build_schema

from infocus_graphql.schema import sdl
from tests.support.client import Api
from tests.support.factories import Factories

PRIVATE = "{ viewer { email isStaff preferences user { id name } } }"
NODE = "query ($id: ID!) { node(id: $id) { id ... on User { name profile { id bio user { id } } } } }"


async def test_the_viewer_is_null_without_a_token(api: Api) -> None:
    assert await api.data(PRIVATE) is None


async def test_the_viewer_is_null_for_a_deleted_account(api: Api) -> None:
    assert await api.as_("us" + "0" * 25).data(PRIVATE) is None


async def test_the_viewer_is_the_user_of_the_token(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann", is_staff=True), await make.user("Bob")
    for user, staff in ((ann, True), (bob, False)):
        assert await api.as_(user).data(PRIVATE) == {
            "email": user.email,
            "isStaff": staff,
            "preferences": {},
            "user": {"id": user.id, "name": user.name},
        }


async def test_users_are_visible_to_themselves_and_their_families(api: Api, make: Factories) -> None:
    ann, bob, eve = await make.user("Ann"), await make.user("Bob"), await make.user("Eve")
    await make.family(ann, bob)
    for client in (api.as_(ann), api.as_(bob)):
        seen = await client.data(NODE, id=ann.id)
        assert (seen["id"], seen["name"], seen["profile"]["user"]) == (ann.id, "Ann", {"id": ann.id})
        assert (await client.data(NODE, id=seen["profile"]["id"]))["id"] == seen["profile"]["id"]
    for stranger in (api, api.as_(eve), api.as_(eve, is_staff=True)):
        assert await stranger.data(NODE, id=ann.id) is None
        assert await stranger.data(NODE, id=seen["profile"]["id"]) is None


def test_a_user_and_a_profile_have_no_private_fields() -> None:
    schema = build_schema(sdl())
    for name in ("User", "Profile"):
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        assert not set(kind.fields) & {
            "email",
            "passwordHash",
            "password",
            "isStaff",
            "preferences",
            "sessions",
            "refreshTokens",
            "token",
        }
