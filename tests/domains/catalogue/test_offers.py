"""Offers, streaming services and genres."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from infocus_graphql.domains.catalogue.rows.brands import slug
from infocus_graphql.domains.catalogue.writes.lists import store_genres, store_services
from infocus_graphql.domains.media.models import OfferType as StoredType
from infocus_graphql.domains.media.models import StreamingProvider
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.records import OfferType, TitleType
from tests.domains.catalogue.conftest import Catalogue
from tests.support.factories import Factories
from tests.support.server import Administer

LINK = "https://www.themoviedb.org/movie/278/watch?locale="


def _offer(country: str, provider: int, name: str, kind: OfferType = OfferType.SUBSCRIPTION) -> records.Offer:
    return records.Offer(country, kind, provider, name, f"/l{provider}.jpg", LINK + country)


async def _film(catalogue: Catalogue, *offers: records.Offer) -> records.Title:
    (film,) = await catalogue.fetch(TitleType.MOVIE, 278)
    return replace(film, offers=offers)


async def test_offers_of_one_brand_are_one_row_with_all_countries(catalogue: Catalogue) -> None:
    await catalogue.store(
        await _film(
            catalogue,
            _offer("US", 9, "Amazon Prime Video"),
            _offer("DE", 119, "Amazon Prime Video"),
            _offer("GB", 119, "amazon prime video "),
            _offer("DE", 10, "Amazon Video", OfferType.RENT),
            _offer("DE", 10, "Amazon Video", OfferType.BUY),
            _offer("DE", 500, "MUBI Amazon Channel"),
            _offer("JP", 600, "映画"),
            _offer("JP", 601, "映像"),
        )
    )
    found = await catalogue.rows(
        "SELECT provider, slug, offer_type, offer.regions, url FROM streaming_providers AS offer "
        "JOIN streaming_services AS service ON service.id = streaming_service_id ORDER BY slug, offer_type"
    )
    url = "https://www.themoviedb.org/movie/278/watch"
    assert [tuple(each.values()) for each in found] == [
        ("Amazon Prime Video", "amazon-prime-video", "subscription", ["DE", "GB", "US"], url),
        ("Amazon Video", "amazon-video", "rent", ["DE"], url),
        ("Amazon Video", "amazon-video", "buy", ["DE"], url),
        ("MUBI Amazon Channel", "mubi-amazon-channel", "subscription", ["DE"], url),
        ("映画", "service", "subscription", ["JP"], url),
        ("映像", "service-2", "subscription", ["JP"], url),
    ]
    assert [slug("Disney+"), slug("A&E"), slug("Canal+ Série")] == [
        "disney-plus",
        "a-and-e",
        "canal-plus-serie",
    ]


async def test_arrivals_and_departures_are_recorded_after_the_first_fetch(catalogue: Catalogue) -> None:
    await catalogue.store(await _film(catalogue, _offer("US", 8, "Netflix"), _offer("DE", 8, "Netflix")))
    assert await catalogue.column("SELECT count(*) FROM offer_events") == [0]
    after = await _film(
        catalogue, _offer("DE", 8, "Netflix"), _offer("FR", 8, "Netflix"), _offer("DE", 11, "MUBI")
    )
    await catalogue.store(after)
    await catalogue.store(after)
    found = await catalogue.rows(
        "SELECT kind, country, slug FROM offer_events "
        "JOIN streaming_services AS service ON service.id = streaming_service_id ORDER BY kind, slug, country"
    )
    assert [tuple(each.values()) for each in found] == [
        ("arrived", "DE", "mubi"),
        ("arrived", "FR", "netflix"),
        ("departed", "US", "netflix"),
    ]


async def test_offers_of_staff_stay_unless_tmdb_has_the_same(catalogue: Catalogue, make: Factories) -> None:
    ids = await catalogue.store(await _film(catalogue))
    (key,) = ids.values()
    for provider in ("Home Server", "Netflix"):
        row = StreamingProvider(media_item_id=key, provider=provider, regions=["AT"])
        row.offer_type = StoredType.SUBSCRIPTION
        await make.row(row)
    await catalogue.store(await _film(catalogue, _offer("US", 8, "NETFLIX")))
    found = "SELECT provider, regions FROM streaming_providers ORDER BY provider"
    assert [tuple(each.values()) for each in await catalogue.rows(found)] == [
        ("Home Server", ["AT"]),
        ("Netflix", ["US"]),
    ]
    await catalogue.store(await _film(catalogue))
    assert [tuple(each.values()) for each in await catalogue.rows(found)] == [("Home Server", ["AT"])]


async def test_a_spelling_that_an_operator_changes_applies_to_offers_and_services(
    catalogue: Catalogue, administer: Administer
) -> None:
    film = await _film(catalogue, _offer("US", 8, "Netflix"))
    await catalogue.store(film)
    await administer("UPDATE spellings SET name = 'NETFLIX' WHERE kind = 'service' AND key = 'netflix'")
    await administer("UPDATE streaming_providers SET provider = provider")
    before = await catalogue.versions(("streaming_providers",))
    await catalogue.store(film)
    assert await catalogue.versions(("streaming_providers",)) == before
    assert await catalogue.column("SELECT provider FROM streaming_providers") == ["NETFLIX"]
    netflix = records.Provider(8, "Netflix", "/l8.jpg", {"US": 1})
    await catalogue.services.database.transaction(store_services, [netflix])
    assert await catalogue.column("SELECT name FROM streaming_services") == ["NETFLIX"]


async def test_the_lists_of_services_are_stored(catalogue: Catalogue) -> None:
    await catalogue.store(await _film(catalogue, _offer("US", 9, "Amazon Prime Video")))
    (before,) = await catalogue.column("SELECT id FROM streaming_services")
    providers = (
        records.Provider(119, "Amazon Prime Video", "/b.jpg", {"DE": 2, "AT": 4}),
        records.Provider(9, "Amazon Prime Video", "/a.jpg", {"US": 3, "bad": 1}),
        records.Provider(337, "Disney Plus ", None, {}),
        records.Provider(2**40, "Too Large", None, {}),
        records.Provider(12, "\x00", None, {}),
    )

    async def store() -> None:
        await catalogue.services.database.transaction(store_services, providers)

    await asyncio.gather(store(), store(), store())
    found = await catalogue.rows(
        "SELECT id = :before AS same, slug, name, logo_path, regions, priority "
        "FROM streaming_services ORDER BY slug",
        before=before,
    )
    assert [tuple(each.values()) for each in found] == [
        (True, "amazon-prime-video", "Amazon Prime Video", "/a.jpg", ["AT", "DE", "US"], 1),
        (False, "disney-plus", "Disney Plus", None, [], 1000),
    ]
    assert await catalogue.column("SELECT tmdb_id FROM tmdb_providers ORDER BY tmdb_id") == [9, 119, 337]
    versions = await catalogue.versions(("streaming_services", "tmdb_providers"))
    await store()
    assert await catalogue.versions(("streaming_services", "tmdb_providers")) == versions


@pytest.mark.usefixtures("administer")  # the database is dropped, because genres stay in it
async def test_genres_are_stored_with_their_names(catalogue: Catalogue) -> None:
    movies = {
        "en": (records.Genre(28, "Action"), records.Genre(999, "Noir")),
        "de": (records.Genre(28, "Abenteuer"), records.Genre(555, "Unbekannt")),
    }
    series = {"en": (records.Genre(999, "Noir"),), "de": (records.Genre(999, "Schwarz"),)}
    names: Any = {TitleType.MOVIE: movies, TitleType.TV: series}
    before = await catalogue.column("SELECT id FROM genres WHERE tmdb_id = 28")
    await catalogue.services.database.transaction(store_genres, names)
    assert await catalogue.column("SELECT id FROM genres WHERE tmdb_id = 28") == before
    found = await catalogue.rows("SELECT name, for_movies, for_series FROM genres WHERE tmdb_id = 999")
    assert [tuple(each.values()) for each in found] == [("Noir", True, True)]
    texts = await catalogue.rows(
        "SELECT tmdb_id, language, n.name FROM genre_names AS n JOIN genres AS g ON g.id = genre_id "
        "ORDER BY 1, 2"
    )
    assert [tuple(each.values()) for each in texts] == [
        (28, "de", "Abenteuer"),
        (28, "en", "Action"),
        (999, "de", "Schwarz"),
        (999, "en", "Noir"),
    ]
