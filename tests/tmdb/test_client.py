"""The TMDB client on a local TMDB, over HTTP."""

from datetime import UTC, date, datetime

import pytest

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import TitleNotFound
from infocus_graphql.tmdb.records import (
    Change,
    Credit,
    ExternalIds,
    Genre,
    OfferType,
    TitleType,
)


async def test_a_film_has_all_its_details(client: TmdbClient) -> None:
    film = await client.title(TitleType.MOVIE, 194)
    assert (film.title, film.original_title) == ("Amélie", "Le Fabuleux Destin d'Amélie Poulain")
    assert (film.original_language, film.released_on, film.runtime_minutes) == ("fr", date(2001, 4, 25), 122)
    assert (film.rating, film.status, film.adult) == (7.9, "Released", False)
    assert film.genres == (Genre(35, "Comedy"), Genre(10749, "Romance"))
    assert film.creators == ("Jean-Pierre Jeunet",)
    assert film.external_ids == ExternalIds("tt0211915", None, None)
    assert [each.name for each in film.keywords or ()] == ["made up"]
    assert film.seasons == ()
    assert (film.collection, film.homepage, film.tagline) == (None, None, None)


async def test_of_certifications_that_disagree_the_theatrical_one_counts(client: TmdbClient) -> None:
    film = await client.title(TitleType.MOVIE, 194)
    assert {each.country: each.rating for each in film.certifications or ()} == {
        "US": "R",
        "GB": "15",
        "DE": "16",
        "FR": "12",
    }


async def test_of_two_ratings_of_a_series_in_a_country_the_first_counts(client: TmdbClient) -> None:
    series = await client.title(TitleType.TV, 87108)
    assert {each.country: each.rating for each in series.certifications or ()}["FR"] == "12"


async def test_a_translation_without_a_title_or_overview_has_none(client: TmdbClient) -> None:
    film = await client.title(TitleType.MOVIE, 194)
    assert {each.language: (each.title, each.overview) for each in film.translations or ()} == {
        "en": ("Amélie", "The local TMDB has no real text about Amélie."),
        "fr": (None, None),
        "de": (
            "Die fabelhafte Welt der Amélie",
            "Das lokale TMDB hat keinen echten Text über Die fabelhafte Welt der Amélie.",
        ),
        "tr": ("Amélie", None),
        "ja": ("アメリ", None),
    }


async def test_offers_have_a_service_a_country_and_a_type(client: TmdbClient) -> None:
    film = await client.title(TitleType.MOVIE, 278)
    assert film.offers
    assert {each.type for each in film.offers} <= set(OfferType)
    assert all(
        each.link and each.link.startswith("https://www.themoviedb.org/movie/278") for each in film.offers
    )
    assert all(each.provider == each.provider.strip() for each in film.offers)


async def test_a_date_of_an_old_form_is_read(client: TmdbClient) -> None:
    (video,) = (await client.title(TitleType.MOVIE, 278)).videos or ()
    assert video.published_at == datetime(2024, 12, 1, 10, tzinfo=UTC)


async def test_a_series_has_its_seasons_and_episodes(client: TmdbClient, local: LocalTmdb) -> None:
    series = await client.title(TitleType.TV, 1396)
    assert [(each.number, each.episode_count) for each in series.seasons] == [
        (0, 2),
        (1, 7),
        (2, 13),
        (3, 13),
        (4, 13),
        (5, 16),
    ]
    assert series.runtime_minutes == 45  # of its episodes: the list of the series is empty
    special = (series.seasons[0].episodes or ())[0]
    assert (special.season_number, special.aired_on, special.runtime_minutes, special.rating) == (
        0,
        None,
        None,
        None,
    )
    assert local.faults.requests == ["/tv/1396"]


async def test_more_seasons_than_fit_into_a_call_take_further_calls(
    client: TmdbClient, local: LocalTmdb
) -> None:
    local.catalogue.change("tv", 1396, seasons=(1,) * 45)
    series = await client.title(TitleType.TV, 1396)
    assert [each.number for each in series.seasons if each.episodes] == list(range(46))
    assert local.faults.requests == ["/tv/1396"] * 3


async def test_people_of_a_series_have_their_episodes(client: TmdbClient) -> None:
    series = await client.title(TitleType.TV, 1396)
    assert series.credits is not None
    first = series.credits.cast[0]
    assert first == Credit(
        f"1396-c{first.person_id}", first.person_id, first.name, None, 0, character="Role 0", episodes=62
    )
    assert series.creators == ("Vince Gilligan",)


async def test_a_season_is_read_alone(client: TmdbClient) -> None:
    season = await client.season(70523, 2)
    assert (season.number, season.episode_count) == (2, 8)
    with pytest.raises(TitleNotFound):
        await client.season(70523, 9)


async def test_a_search_finds_titles_in_the_language_and_no_people(client: TmdbClient) -> None:
    page = await client.search("der herr der ringe", language="de-DE")
    assert [each.title for each in page.titles] == [
        "Der Herr der Ringe: Die Rückkehr des Königs",
        "Der Herr der Ringe: Die Gefährten",
        "Der Herr der Ringe: Die zwei Türme",
    ]
    assert (page.pages, page.total) == (1, 3)
    page = await client.search("the", language="en")
    assert len(page.titles) < 20  # TMDB counts people among the twenty
    page = await client.search("dark", language="en")
    assert {each.type for each in page.titles} == set(TitleType)


async def test_nothing_found_has_no_page(client: TmdbClient) -> None:
    page = await client.search("nothing of the kind", language="en")
    assert (page.titles, page.pages, page.total) == ((), 0, 0)


async def test_titles_without_votes_have_no_rating(client: TmdbClient, local: LocalTmdb) -> None:
    local.catalogue.change("movie", 348, rating=0)
    film = await client.title(TitleType.MOVIE, 348)
    assert (film.rating, film.votes) == (None, 0)


async def test_trending_genres_and_services_are_read(client: TmdbClient) -> None:
    trending = await client.trending(language="en")
    assert len(trending.titles) == 20
    assert Genre(878, "Science Fiction") in await client.genres(TitleType.MOVIE, language="en")
    assert Genre(10765, "Sci-Fi & Fantasy") in await client.genres(TitleType.TV, language="en")
    names = [each.name for each in await client.providers(TitleType.MOVIE)]
    assert names.count("Amazon Prime Video") == 2
    assert "Disney Plus" in names


async def test_changes_have_no_null_ids(client: TmdbClient, local: LocalTmdb) -> None:
    local.changes.today_is = date(2026, 11, 2)
    local.changes.record("movie", 1)
    local.changes.record("movie", None, adult=None)
    local.changes.record("movie", 2, adult=None)
    page = await client.changes(TitleType.MOVIE, date(2026, 11, 1), date(2026, 11, 2))
    assert page.changes == (Change(1, adult=False), Change(2, adult=None))
    assert page.skipped == 1


async def test_a_title_that_was_removed_is_not_found(client: TmdbClient, local: LocalTmdb) -> None:
    local.catalogue.remove("movie", 550)
    with pytest.raises(TitleNotFound, match="could not be found"):
        await client.title(TitleType.MOVIE, 550)


async def test_ids_of_films_and_series_are_two_things(client: TmdbClient) -> None:
    with pytest.raises(TitleNotFound):
        await client.title(TitleType.TV, 550)
