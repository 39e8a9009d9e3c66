"""`infocus dev` fills the catalogue from TMDB; the demo data keeps its own values."""

from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.seeding.catalogue import PAGES, seed_catalogue
from infocus_graphql.seeding.demo import DEMO_TITLES, seed_demo
from tests.support.client import Api

TITLES = """{
    discoverMedia(first: 100) { totalCount }
    mediaItem(ref: { tmdb: { type: TV, id: 1396 } }) {
        title description rating genres creators
        seasons { nodes { number } }
    }
}"""


async def test_the_catalogue_is_filled_once(api: Api, services: Services, tmdb: LocalTmdb) -> None:
    assert services.tmdb is not None
    stored = await seed_catalogue(services.database, services.tmdb, DEMO_TITLES)
    assert stored >= 2 * 20 * PAGES
    await seed_demo(services)
    data = await api.data(TITLES)
    assert data["discoverMedia"]["totalCount"] == stored
    assert len(data["mediaItem"].pop("seasons")["nodes"]) >= 5
    assert data["mediaItem"] == {
        "title": "Breaking Bad",
        "description": "A chemistry teacher who has cancer cooks for his family's future, "
        "and then for himself.",
        "rating": 8.9,
        "genres": ["Drama", "Crime"],
        "creators": ["Vince Gilligan"],
    }
    calls = len(tmdb.faults.requests)
    assert await seed_catalogue(services.database, services.tmdb, DEMO_TITLES) == 0
    assert len(tmdb.faults.requests) == calls
