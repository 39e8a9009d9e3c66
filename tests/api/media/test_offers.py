"""Offers in the viewer's region and of the viewer's services, and their history."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.identity.user_settings.models import UserService
from infocus_graphql.domains.media.models import OfferType
from infocus_graphql.domains.streaming.models import OfferEvent, OfferEventKind, StreamingService
from tests.api.media.test_title_details import reader
from tests.support.client import Api
from tests.support.factories import Factories

OFFERS = """query ($id: ID!, $region: CountryCode, $mine: Boolean, $types: [OfferType!]) {
    mediaItem(ref: {id: $id}) {
        streamingProviders(region: $region, onlyMine: $mine, offerTypes: $types) {
            provider url link(region: $region) offerType
            service { slug name logoUrl regions priority } } } }"""
PAGE = "https://www.themoviedb.org/movie/603-x/watch"


async def services(make: Factories) -> list[StreamingService]:
    """Two services in Germany, one of which is in the USA, too, and one without offers."""
    rows = [
        StreamingService(
            id=new_id("ss"), slug=slug, name=name, logo_path=logo, regions=regions, priority=priority
        )
        for slug, name, logo, regions, priority in (
            ("streamio", "Streamio", "/l.png", ["DE", "US"], 2),
            ("kinoheld", "Kinohéld", None, ["DE"], 1),
            ("archive", "Archive", None, [], 2),
        )
    ]
    await make.rows(*rows)
    return rows


async def test_offers_are_those_of_the_region_and_of_own_services(api: Api, make: Factories) -> None:
    streamio, kinoheld, _ = await services(make)
    film = await make.media()
    await make.provider(film, "Streamio", regions=["DE", "US"], streaming_service_id=streamio.id, url=PAGE)
    await make.provider(
        film, "Kinohéld", regions=["DE"], streaming_service_id=kinoheld.id, offer_type=OfferType.RENT
    )
    await make.provider(film, "Ours", regions=[], url=None)
    american = await reader(make, None, "US")
    german = await reader(make, None, "DE")
    await make.row(UserService(user_id=german.id, streaming_service_id=kinoheld.id))
    for client, given, expected in (
        (api, {}, ["Kinohéld", "Ours", "Streamio"]),
        (api, {"region": "DE"}, ["Kinohéld", "Streamio"]),
        (api, {"mine": True}, []),
        (api, {"mine": False}, ["Kinohéld", "Ours", "Streamio"]),
        (api.as_(await make.user()), {}, ["Kinohéld", "Ours", "Streamio"]),
        (api.as_(american), {}, ["Streamio"]),
        (api.as_(american), {"region": "DE"}, ["Kinohéld", "Streamio"]),
        (api.as_(german), {}, ["Kinohéld", "Streamio"]),
        (api.as_(german), {"mine": True}, ["Kinohéld"]),
        (api.as_(german), {"mine": True, "region": "US"}, []),
        (api.as_(german), {"types": ["SUBSCRIPTION"]}, ["Streamio"]),
    ):
        found = (await client.data(OFFERS, id=film.id, **given))["streamingProviders"]
        assert [offer["provider"] for offer in found] == expected, given
    kino, ours, stream = (await api.data(OFFERS, id=film.id))["streamingProviders"]
    assert (ours["service"], ours["link"], kino["link"]) == (None, None, "https://streamio.example/title")
    assert stream["service"] == {
        "slug": "streamio",
        "name": "Streamio",
        "logoUrl": "https://image.tmdb.org/t/p/w92/l.png",
        "regions": ["DE", "US"],
        "priority": 2,
    }
    # TMDB's page is that of a country; without one it is the plain page.
    links = [
        (await client.data(OFFERS, id=film.id, **given))["streamingProviders"][-1]["link"]
        for client, given in ((api, {}), (api.as_(american), {}), (api.as_(german), {"region": "US"}))
    ]
    assert links == [PAGE, f"{PAGE}?locale=US", f"{PAGE}?locale=US"]


async def test_the_history_has_arrivals_and_departures_newest_first(api: Api, make: Factories) -> None:
    streamio, kinoheld, _ = await services(make)
    film, other = await make.media(), await make.media()
    start = now()
    await make.rows(
        *(
            OfferEvent(
                media_item_id=item.id,
                streaming_service_id=service.id,
                offer_type=OfferType.RENT,
                country="DE",
                kind=kind,
                occurred_at=start + timedelta(days=day),
            )
            for item, service, kind, day in (
                (film, streamio, OfferEventKind.ARRIVED, 0),
                (film, kinoheld, OfferEventKind.ARRIVED, 2),
                (film, streamio, OfferEventKind.DEPARTED, 1),
                (other, streamio, OfferEventKind.ARRIVED, 3),
            )
        )
    )
    query = """query ($id: ID!, $after: String) { mediaItem(ref: {id: $id}) {
        offerHistory(first: 2, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes {
            kind offerType country occurredAt service { slug } mediaItem { id } } } } }"""
    first = (await api.data(query, id=film.id))["offerHistory"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    shown = [(each["kind"], each["service"]["slug"]) for each in first["nodes"]]
    assert shown == [("ARRIVED", "kinoheld"), ("DEPARTED", "streamio")]
    assert first["nodes"][0] | {"occurredAt": None} == {
        "kind": "ARRIVED",
        "offerType": "RENT",
        "country": "DE",
        "occurredAt": None,
        "service": {"slug": "kinoheld"},
        "mediaItem": {"id": film.id},
    }
    rest = (await api.data(query, id=film.id, after=first["pageInfo"]["endCursor"]))["offerHistory"]
    assert [each["kind"] for each in rest["nodes"]] == ["ARRIVED"]


async def test_streaming_services_are_listed_by_priority(api: Api, make: Factories) -> None:
    await services(make)
    query = """query ($region: CountryCode, $text: String) {
        streamingServices(region: $region, query: $text) { totalCount nodes { slug } } }"""
    for given, expected in (
        ({}, ["kinoheld", "archive", "streamio"]),
        ({"region": "DE"}, ["kinoheld", "streamio"]),
        ({"region": "US"}, ["streamio"]),
        ({"region": "FR"}, []),
        ({"text": "KINOHELD"}, ["kinoheld"]),
        ({"text": "%"}, []),
        ({"region": "US", "text": "io"}, ["streamio"]),
    ):
        found = await api.data(query, **given)
        assert [each["slug"] for each in found["nodes"]] == expected, given
        assert found["totalCount"] == len(expected)
