"""The demo data: complete, readable, and seeded once."""

from infocus_graphql.graph.context import Services
from infocus_graphql.seeding.demo import DEMO_ACCOUNTS, seed_demo
from tests.support.client import Api
from tests.support.server import Server

COUNTED = (
    "users profiles sessions refresh_tokens media_items watchlist_entries streaming_providers "
    "families family_memberships family_invitations recommendations"
).split()


async def counts(server: Server, url: str) -> dict[str, int]:
    connection = await server.connect(url)
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in COUNTED}
    finally:
        await connection.close()


async def test_seeding_twice_creates_the_rows_once(
    services: Services, server: Server, database_url: str
) -> None:
    assert (await seed_demo(services)).created
    first = await counts(server, database_url)
    assert first == {
        "users": 3,
        "profiles": 3,
        "sessions": 3,
        "refresh_tokens": 6,
        "media_items": 3,
        "watchlist_entries": 4,
        "streaming_providers": 5,
        "families": 1,
        "family_memberships": 3,
        "family_invitations": 3,
        "recommendations": 1,
    }
    assert not (await seed_demo(services)).created
    assert await counts(server, database_url) == first


async def test_all_demo_users_can_sign_in_and_read_the_family(services: Services, api: Api) -> None:
    await seed_demo(services)
    for account in DEMO_ACCOUNTS:
        payload = await api.change(
            "signIn",
            {"email": account.email, "password": account.password, "useCookie": False},
            fields="accessToken",
        )
        assert payload["errors"] == []
        walked = await api.bearing(payload["accessToken"]).data(
            "{ viewer { families(first: 3) { nodes { members(first: 5) { nodes { user {"
            " watchlist(first: 5) { nodes {"
            " mediaItem { title streamingProviders { provider regions } } } } } } } } } } }"
        )
        (family,) = walked["families"]["nodes"]
        titles = {
            entry["mediaItem"]["title"]
            for member in family["members"]["nodes"]
            for entry in member["user"]["watchlist"]["nodes"]
        }
        assert titles == {"Fight Club", "The Shawshank Redemption", "Breaking Bad"}


async def test_the_demo_data_is_varied(services: Services, api: Api) -> None:
    await seed_demo(services)
    (maya, *_) = DEMO_ACCOUNTS
    payload = await api.change(
        "signIn", {"email": maya.email, "password": maya.password, "useCookie": False}, fields="accessToken"
    )
    viewer = await api.bearing(payload["accessToken"]).data(
        "{ viewer { preferences recommendationsReceived {"
        " nodes { message recommendationStatus fromUser { name } } }"
        " families { nodes { invitations { nodes { email invitationStatus } } } }"
        " suggestions { nodes { mediaItem { title } score } } } }"
    )
    assert viewer["preferences"]["theme"] == "dark"
    assert viewer["recommendationsReceived"]["nodes"][0]["recommendationStatus"] == "PENDING"
    statuses = {i["invitationStatus"] for i in viewer["families"]["nodes"][0]["invitations"]["nodes"]}
    assert statuses == {"ACCEPTED", "PENDING"}
    assert viewer["suggestions"]["nodes"] == [
        {"mediaItem": {"title": "The Shawshank Redemption"}, "score": 3 * 10 + 2 * 1 + 8.7 / 2 + 2}
    ]
