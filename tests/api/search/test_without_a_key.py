"""Without a key for TMDB, everything works with the titles of the catalogue."""

from pathlib import Path

import pytest

from infocus_graphql.settings import Settings
from tests.conftest import settings_in
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.tmdb import ServedTmdb

UNKNOWN = {"tmdb": {"type": "TV", "id": 70523}}


@pytest.fixture
def settings(tmp_path: Path, served_tmdb: ServedTmdb) -> Settings:
    """Settings without a key."""
    return settings_in(tmp_path, served_tmdb).model_copy(update={"tmdb_key": None})


async def test_lists_have_the_catalogue_and_unknown_titles_can_not_be_fetched(
    api: Api, make: Factories
) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    known = await make.media("Dark Matters", popularity=1.0)
    client = api.as_(ann)
    found = {"nodes": [{"title": "Dark Matters"}], "stale": True}
    assert await client.data('{ searchMedia(query: "dark") { nodes { title } stale } }') == found
    assert await client.data("{ trendingMedia { nodes { title } stale } }") == found
    given = {"media": {"tmdb": {"type": known.tmdb_type.name, "id": known.tmdb_id}}}
    added = await client.change("addToWatchlist", given, fields="entry { mediaItem { title } }")
    assert added["entry"] == {"mediaItem": {"title": "Dark Matters"}}
    unavailable = ("UPSTREAM_UNAVAILABLE", ["input", "media"])
    assert await client.refused("addToWatchlist", {"media": UNKNOWN}) == unavailable
    assert await client.refused("recommend", {"media": UNKNOWN, "toUserIds": [bob.id]}) == unavailable
    query = "query ($ref: MediaRef!) { mediaItem(ref: $ref) { title } }"
    assert await client.data(query, ref=UNKNOWN) is None
