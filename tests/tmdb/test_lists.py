"""The client's lists on a local TMDB: discovered, trending and popular titles, ids elsewhere, countries."""

from dataclasses import replace
from datetime import date

import pytest

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.blocks import offers_of
from infocus_graphql.local_tmdb.facts import EPISODE_IMDB
from infocus_graphql.local_tmdb.made_up import ADULT_MOVIE, SOFTCORE_MOVIE
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.discovery import DiscoverOrder, Discovery
from infocus_graphql.tmdb.errors import InvalidResponse, RequestRejected, TmdbUnavailable
from infocus_graphql.tmdb.records import Genre, OfferType, TitlePage, TitleSummary, TitleType

MOVIE, TV = TitleType.MOVIE, TitleType.TV


async def discovered(client: TmdbClient, kind: TitleType = MOVIE, **filters: object) -> list[TitleSummary]:
    """All pages of discovered titles."""
    discovery = replace(Discovery(), **filters)  # type: ignore[arg-type]  # by name
    found: list[TitleSummary] = []
    page = 1
    while True:
        titles = await client.discover(kind, discovery, language="en", page=page)
        found += titles.titles
        if page >= titles.pages:
            return found
        page += 1


async def test_discovered_films_match_every_filter(client: TmdbClient, tmdb: LocalTmdb) -> None:
    drama, crime, western = 18, 80, 37
    both = await discovered(client, all_genres=(drama, crime))
    assert both
    assert all({drama, crime} <= set(each.genre_ids) for each in both)
    either = await discovered(client, any_genre=(western, crime))
    assert all({western, crime} & set(each.genre_ids) for each in either)
    assert {each.id for each in both} < {each.id for each in either}
    without = await discovered(client, without_genres=(drama, crime))
    assert without
    assert not any({drama, crime} & set(each.genre_ids) for each in without)
    nineties = await discovered(client, released_from=date(1990, 1, 1), released_until=date(1999, 12, 31))
    assert len(nineties) > 20
    assert {each.released_on.year // 10 for each in nineties if each.released_on} == {199}
    good = await discovered(client, min_rating=8.4, min_votes=50_000, order=DiscoverOrder.RATING)
    assert good
    assert all((each.rating or 0) >= 8.4 and each.votes >= 50_000 for each in good)
    assert [each.rating for each in good] == sorted((each.rating for each in good), reverse=True)  # type: ignore[type-var]  # all have one
    turkish = await discovered(client, original_language="tr")
    assert {each.original_title for each in turkish} == {
        "Kış Uykusu",  # noqa: RUF001 - Turkish
        "Bir Zamanlar Anadolu'da",
        "Babam ve Oğlum",
    }
    short = await discovered(client, max_runtime=85, min_runtime=1)
    assert short
    facts = [tmdb.catalogue.get("movie", each.id) for each in short]
    assert all(fact is not None and fact.runtime <= 85 for fact in facts)


async def test_discovered_films_are_offered_and_certified_as_asked(
    client: TmdbClient, tmdb: LocalTmdb
) -> None:
    tmdb.catalogue.change("movie", 550, certifications={"DE": "18"})
    tmdb.catalogue.change("movie", 12, certifications={"DE": "0"})
    tmdb.catalogue.change("movie", 13, certifications={})
    young = {each.id for each in await discovered(client, certification_country="DE", max_certification="12")}
    assert 12 in young
    assert not {13, 550} & young
    offered = await discovered(
        client, region="DE", services=(8, 337), offer_types=(OfferType.SUBSCRIPTION, OfferType.ADS)
    )
    assert offered
    for each in offered:
        fact = tmdb.catalogue.get("movie", each.id)
        assert fact is not None
        offers = offers_of(fact)["DE"]
        assert {8, 337} & {*offers.get("flatrate", ()), *offers.get("ads", ())}


async def test_discovered_series_are_ordered_by_their_first_date(client: TmdbClient) -> None:
    series = await discovered(
        client,
        TV,
        released_from=date(2000, 1, 1),
        released_until=date(2005, 12, 31),
        order=DiscoverOrder.RELEASE_DATE,
    )
    dates = [each.released_on for each in series if each.released_on]
    assert len(dates) == len(series) > 1
    assert dates == sorted(dates, reverse=True)
    assert {each.type for each in series} == {TV}


@pytest.mark.parametrize(
    ("kind", "discovery"),
    [
        (MOVIE, Discovery(all_genres=(18,), any_genre=(35,))),
        (MOVIE, Discovery(services=(8,))),
        (MOVIE, Discovery(offer_types=(OfferType.FREE,))),
        (MOVIE, Discovery(max_certification="12")),
        (TV, Discovery(certification_country="DE", max_certification="12")),
    ],
)
async def test_filters_that_tmdb_would_ignore_are_errors(
    client: TmdbClient, kind: TitleType, discovery: Discovery
) -> None:
    with pytest.raises(ValueError, match=r"region|certification|genres"):
        await client.discover(kind, discovery, language="en")


async def test_trending_and_popular_titles_have_pages(client: TmdbClient) -> None:
    async def ids(page: TitlePage) -> list[tuple[TitleType, int]]:
        return [(each.type, each.id) for each in page.titles]

    first = await ids(await client.trending(language="en"))
    second = await ids(await client.trending(language="en", page=2))
    assert len({*first, *second}) == 40
    assert {kind for kind, _ in await ids(await client.trending(language="en", kind=TV))} == {TV}
    popular = await client.popular(MOVIE, language="de")
    assert (popular.titles[0].type, popular.titles[0].title) == (MOVIE, "Die Verurteilten")
    last = await client.popular(MOVIE, language="de", page=popular.pages)
    assert last.titles
    assert (await client.popular(MOVIE, language="de", page=popular.pages + 1)).titles == ()
    with pytest.raises(RequestRejected):
        await client.popular(MOVIE, language="de", page=501)


async def test_adult_titles_are_never_found(client: TmdbClient) -> None:
    found = [
        *await discovered(client),
        *(await client.search("vice", language="en")).titles,
    ]
    assert not {ADULT_MOVIE, SOFTCORE_MOVIE} & {each.id for each in found}
    assert (await client.title(MOVIE, SOFTCORE_MOVIE)).adult


async def test_ids_at_imdb_are_found(client: TmdbClient, tmdb: LocalTmdb) -> None:
    found = await client.find_by_imdb("tt0903747")
    assert [(each.type, each.id) for each in found.titles] == [(TV, 1396)]
    dark = tmdb.catalogue.get("tv", 70523)
    assert dark is not None
    episode = next(each for each in dark.all_episodes() if (each.season, each.number) == (2, 3))
    (at,) = (await client.find_by_imdb(f"{EPISODE_IMDB}{episode.id}")).episodes
    assert (at.series_id, at.season_number, at.number, at.id) == (70523, 2, 3, episode.id)
    for unknown in ("tt0000000", "tt0000000/../x?y", ""):
        nothing = await client.find_by_imdb(unknown)
        assert (nothing.titles, nothing.episodes) == ((), ())


async def test_countries_services_and_certifications_are_listed(client: TmdbClient) -> None:
    assert set(await client.provider_regions()) >= {"US", "DE", "TR"}
    (wow,) = (each for each in await client.providers(MOVIE, region="DE") if each.name == "WOW")
    assert wow.priorities["DE"] == 0
    ranks = {each.rating: each.rank for each in await client.certifications(MOVIE) if each.country == "US"}
    assert ranks["NR"] == 0 < ranks["PG"] < ranks["R"]
    images = await client.image_configuration()
    assert images.base_url == "https://image.tmdb.org/t/p/"
    assert "w342" in images.poster_sizes


async def test_genres_have_names_in_several_languages(client: TmdbClient) -> None:
    named = {
        language: {each.id: each.name for each in await client.genres(MOVIE, language=language)}
        for language in ("en", "de-DE", "fr", "tr", "ja", "sv")
    }
    assert [names[35] for names in named.values()] == [
        "Comedy", "Komödie", "Comédie", "Komedi", "コメディ", "Comedy",
    ]  # fmt: skip
    assert Genre(10765, "Sci-Fi & Fantasy") in await client.genres(TV, language="de")


async def test_the_deadline_holds_for_all_requests_of_a_title(client: TmdbClient, tmdb: LocalTmdb) -> None:
    tmdb.catalogue.change("tv", 1396, seasons=(1,) * 45)
    tmdb.faults.delay = 0.3
    with pytest.raises(TmdbUnavailable):
        await client.title(TV, 1396, seconds=0.7)
    tmdb.faults.delay = 0
    assert len((await client.title(TV, 1396, seconds=5)).seasons) == 46


async def test_texts_have_no_nul_characters_and_ids_have_32_bits(client: TmdbClient, tmdb: LocalTmdb) -> None:
    tmdb.catalogue.change("movie", 550, title="Fight\0 Club")
    assert (await client.title(MOVIE, 550)).title == "Fight Club"
    film = tmdb.catalogue.get("movie", 550)
    assert film is not None
    tmdb.catalogue.put(replace(film, id=2**31))
    with pytest.raises(InvalidResponse, match="2147483647"):
        await client.title(MOVIE, 2**31)
    tmdb.catalogue.change("movie", 13, votes=2**40)
    with pytest.raises(InvalidResponse, match="vote_count"):
        await client.title(MOVIE, 13)
