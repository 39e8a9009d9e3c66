"""Recorded responses of the real TMDB, stored. INFOCUS_SAMPLES names the folder that has them."""

from collections.abc import AsyncIterator

import pytest

from infocus_graphql.domains.catalogue.writes.lists import store_services
from infocus_graphql.domains.catalogue.writes.summaries import store_summaries
from infocus_graphql.local_tmdb.server import served_in_thread
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType
from infocus_graphql.tmdb.transport import Transport
from tests.domains.catalogue.conftest import Catalogue
from tests.support.tmdb import TMDB_KEY
from tests.tmdb.conftest import Unlimited
from tests.tmdb.test_samples import SAMPLES, Recording

pytestmark = pytest.mark.skipif(not SAMPLES, reason="INFOCUS_SAMPLES names no folder of recordings")
FILMS = ("movie_550_append", "movie_348", "movie_275_2026", "movie_76_append_full")
SERIES = ("tv_1399_append", "tv_4607_append", "tv_34307", "tv_1425")


@pytest.fixture
def recording() -> Recording:
    """The file to be sent."""
    return Recording()


@pytest.fixture
async def recorded(recording: Recording) -> AsyncIterator[TmdbClient]:
    """A client for a server that sends it."""
    with served_in_thread(recording.app) as url:
        async with TmdbClient(Transport(TMDB_KEY, base_url=f"{url}/3", throttle=Unlimited())) as client:
            yield client


async def test_recorded_titles_services_and_results_are_stored(
    catalogue: Catalogue, recorded: TmdbClient, recording: Recording
) -> None:
    titles: list[records.Title] = []
    for kind, names in ((TitleType.MOVIE, FILMS), (TitleType.TV, SERIES)):
        for recording.name in names:
            titles.append(await recorded.title(kind, int(recording.name.split("_")[1])))
    assert len(await catalogue.store(*titles)) == len(titles)
    before = await catalogue.versions()
    await catalogue.store(*titles)
    assert await catalogue.versions() == before

    transaction = catalogue.services.database.transaction
    recording.name = "watch_providers_movie"
    providers = await recorded.providers(TitleType.MOVIE)
    await transaction(store_services, providers)
    assert await catalogue.column("SELECT count(*) FROM tmdb_providers") >= [len(providers)]
    amazon = "SELECT count(DISTINCT streaming_service_id) FROM tmdb_providers WHERE tmdb_id IN (9, 119)"
    assert await catalogue.column(amazon) == [1]
    for recording.name in ("search_multi", "search_movie_bond_p1", "trending_all_week"):
        page = await recorded.search("anything", language="en")
        assert len(await transaction(store_summaries, page.titles)) == len(page.titles)
