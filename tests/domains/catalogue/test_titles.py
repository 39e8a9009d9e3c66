"""Storing titles of the local TMDB."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.catalogue.rows.minimum_ages import minimum_age
from infocus_graphql.domains.catalogue.writes.summaries import store_summaries
from infocus_graphql.domains.catalogue.writes.titles import store_titles
from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.records import TitleType
from tests.domains.catalogue.conftest import TABLES, Catalogue
from tests.support.factories import Factories
from tests.support.server import Administer

AMELIE, BREAKING_BAD = 194, 1396


async def test_a_film_is_stored_with_all_its_details(catalogue: Catalogue) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    film = replace(
        film,
        collection=records.Collection(10, "A Collection", "/c.jpg"),
        status="Post Production",
        external_ids=records.ExternalIds("tt0211915", 7, "Q484048"),
        certifications=(records.Certification("FR", "U"), records.Certification("XX", "whatever")),
    )
    ids = await catalogue.store(film)
    assert set(ids) == {(MediaType.MOVIE, AMELIE)}
    (row,) = await catalogue.rows("SELECT * FROM media_items")
    assert row["id"] == ids[MediaType.MOVIE, AMELIE]
    expected = {
        "title": "Amélie",
        "original_title": "Le Fabuleux Destin d'Amélie Poulain",
        "original_language": "fr",
        "release_date": date(2001, 4, 25),
        "runtime_minutes": 122,
        "production_status": "post_production",
        "genres": ["Comedy", "Romance"],
        "creators": ["Jean-Pierre Jeunet"],
        "keywords": ["made up"],
        "countries": ["US"],
        "imdb_id": "tt0211915",
        "tvdb_id": 7,
        "wikidata_id": "Q484048",
        "removed_at": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert await catalogue.rows("SELECT tmdb_id, name, poster_path FROM collections") == [
        {"tmdb_id": 10, "name": "A Collection", "poster_path": "/c.jpg"}
    ]
    # A translation into the original language has the original title, which TMDB leaves empty.
    assert await catalogue.rows(
        "SELECT language, country, is_default, title FROM media_translations ORDER BY language"
    ) == [
        {"language": "de", "country": "DE", "is_default": True, "title": "Die fabelhafte Welt der Amélie"},
        {"language": "en", "country": "US", "is_default": True, "title": "Amélie"},
        {"language": "fr", "country": "FR", "is_default": True, "title": film.original_title},
        {"language": "ja", "country": "JP", "is_default": True, "title": "アメリ"},
        {"language": "tr", "country": "TR", "is_default": True, "title": "Amélie"},
    ]
    assert await catalogue.rows("SELECT country, label, minimum_age FROM media_certifications") == [
        {"country": "FR", "label": "U", "minimum_age": 0},
        {"country": "XX", "label": "whatever", "minimum_age": None},
    ]
    (video,) = await catalogue.rows("SELECT * FROM media_videos")
    assert (video["site"], video["key"], video["position"]) == ("YouTube", f"made-up-{AMELIE}", 0)
    similar = await catalogue.column("SELECT tmdb_id FROM similar_titles ORDER BY position")
    assert similar == [each.id for each in film.similar or ()]
    assert await catalogue.column("SELECT count(*) FROM credits WHERE kind = 'cast'") == [12]
    assert await catalogue.rows(
        "SELECT name, job, department FROM credits JOIN people ON people.id = person_id WHERE kind = 'crew'"
    ) == [{"name": "Jean-Pierre Jeunet", "job": "Director", "department": "Directing"}]
    (fetch,) = await catalogue.rows("SELECT * FROM title_fetches")
    assert (fetch["tmdb_type"], fetch["tmdb_id"], fetch["failures"]) == ("movie", AMELIE, 0)
    assert timedelta(days=139) < fetch["refresh_at"] - fetch["fetched_at"] < timedelta(days=171)


async def test_rows_that_do_not_change_are_not_written(catalogue: Catalogue) -> None:
    titles = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278) + await catalogue.fetch(
        TitleType.TV, BREAKING_BAD, 87108
    )
    first = await catalogue.store(*titles)
    before = await catalogue.versions()
    assert all(before[table] for table in TABLES if table not in {"collections", "offer_events"})
    assert await catalogue.store(*titles) == first
    assert await catalogue.versions() == before

    changed = [replace(titles[0], votes=titles[0].votes + 1), *titles[1:]]
    await catalogue.store(*changed)
    after = await catalogue.versions()
    assert [table for table in TABLES if after[table] != before[table]] == ["media_items"]
    assert len(set(after["media_items"]) - set(before["media_items"])) == 1


async def test_a_missing_block_keeps_what_is_stored_and_an_empty_one_replaces_it(
    catalogue: Catalogue,
) -> None:
    (series,) = await catalogue.fetch(TitleType.TV, BREAKING_BAD)
    await catalogue.store(series)
    before = await catalogue.versions()
    missing: Any = dict.fromkeys(
        (
            "external_ids",
            "translations",
            "certifications",
            "credits",
            "keywords",
            "videos",
            "offers",
            "similar",
        )
    )
    await catalogue.store(replace(series, **missing, seasons=(), creators=()))
    assert await catalogue.versions() == before
    without_episodes = tuple(replace(each, episodes=None) for each in series.seasons)
    await catalogue.store(replace(series, seasons=without_episodes))
    assert await catalogue.versions() == before

    empty: Any = dict.fromkeys(
        ("translations", "certifications", "keywords", "videos", "offers", "similar", "creators"), ()
    )
    nothing = records.ExternalIds(None, None, None)
    await catalogue.store(replace(series, **empty, external_ids=nothing, credits=records.Credits((), ())))
    for table in (
        *("media_translations", "media_certifications", "media_videos", "similar_titles", "credits"),
        "streaming_providers",
    ):
        assert await catalogue.column(f"SELECT count(*) FROM {table}") == [0], table
    assert await catalogue.rows("SELECT keywords, creators, imdb_id FROM media_items") == [
        {"keywords": [], "creators": [], "imdb_id": None}
    ]


async def test_bad_texts_and_numbers_are_mended_and_never_fail_a_batch(catalogue: Catalogue) -> None:
    film, other = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278)
    assert film.credits and film.videos
    bad = "\x00  x\ud800\u202e\n" + "y" * 20_000
    credit = replace(film.credits.cast[0], name=bad, character=bad, credit_id="z" * 300)
    film = replace(
        film,
        title=bad,
        original_title=bad,
        original_language="xx",
        tagline=bad,
        overview=bad,
        runtime_minutes=2**40,
        votes=2**40,
        rating=99.5,
        status="Something New",
        poster_path="/" + "p" * 900,
        countries=("", "us", "US"),
        genres=(records.Genre(1, bad), records.Genre(2, bad), records.Genre(3, "\x00")),
        creators=tuple(f"creator {number}" for number in range(90)),
        translations=(
            records.Translation("de", "DE", bad, bad, bad),
            records.Translation("de", "DE", "twice", None, None),
            records.Translation("tw", "TW", None, None, None),
            records.Translation("english", "", "no", None, None),
        ),
        certifications=(records.Certification("US", "y" * 50), records.Certification("US", "R")),
        keywords=(records.Keyword(1, bad), records.Keyword(2, "")),
        videos=(replace(film.videos[0], name=bad, key="k" * 999), replace(film.videos[0], name=bad)),
        credits=records.Credits((credit, replace(credit, credit_id="a"), replace(credit, credit_id="a")), ()),
        external_ids=records.ExternalIds("tt" * 99, 2**40, bad),
        collection=records.Collection(2**40, bad, None),
        similar=(replace(_summary(1), id=2**40), _summary(1), _summary(1)),
        offers=(
            records.Offer("US", records.OfferType.RENT, 2**40, bad, None, None),
            records.Offer("us", records.OfferType.RENT, 8, "Netflix", None, "no link"),
            records.Offer("US", records.OfferType.RENT, 8, bad, bad, "no link"),
        ),
    )
    unusable = replace(other, id=2**40), replace(other, id=12, title="\u200b", original_title=None)
    ids = await catalogue.store(film, other, *unusable)
    assert set(ids) == {(MediaType.MOVIE, AMELIE), (MediaType.MOVIE, 278)}
    (row,) = await catalogue.rows("SELECT * FROM media_items WHERE tmdb_id = :id", id=AMELIE)
    assert row["title"] == "x " + "y" * 498
    assert (row["vote_count"], row["runtime_minutes"], row["rating"]) == (2**31 - 1, None, None)
    assert (row["poster_path"], row["original_language"], row["production_status"]) == (None, None, None)
    assert (row["countries"], row["imdb_id"], row["tvdb_id"]) == (["US"], None, None)
    assert (len(row["genres"]), len(row["creators"]), len(row["keywords"])) == (1, 50, 1)
    mine = "WHERE media_item_id = :id"
    assert await catalogue.column(f"SELECT language FROM media_translations {mine}", id=row["id"]) == ["de"]
    assert await catalogue.column(f"SELECT label FROM media_certifications {mine}", id=row["id"]) == ["R"]
    assert await catalogue.column(f"SELECT tmdb_credit_id FROM credits {mine}", id=row["id"]) == ["a"]
    assert await catalogue.rows(
        f"SELECT provider, url, regions FROM streaming_providers {mine}", id=row["id"]
    ) == [{"provider": "Netflix", "url": None, "regions": ["US"]}]


async def test_a_language_has_the_translation_of_its_usual_country_as_default(catalogue: Catalogue) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    pairs = ("pt-BR", "pt-PT", "es-MX", "en-GB", "en-US", "zh-TW", "zh-CN", "cn-HK", "es-AR", "xx-XX", "sv-")
    codes = [pair.partition("-") for pair in pairs]
    translations = tuple(records.Translation(code, country, code, None, None) for code, _, country in codes)
    await catalogue.store(replace(film, translations=translations))
    found = await catalogue.column(
        "SELECT language || '-' || country FROM media_translations WHERE is_default ORDER BY 1"
    )
    assert found == ["en-US", "es-MX", "pt-PT", "sv-", "zh-CN"]
    assert await catalogue.column("SELECT count(*) FROM media_translations") == [len(pairs) - 1]


def test_certifications_have_the_age_from_which_they_allow_a_title() -> None:
    known = {("US", "PG-13"): 13, ("DE", "16"): 16, ("GB", "12A"): 12, ("TR", "13+"): 13, ("JP", "R15+"): 15}
    assert {each: minimum_age(*each) for each in known} == known
    assert [minimum_age(*each) for each in (("US", "NR"), ("US", "16"), ("XX", "16"), ("DE", "R"))] == [
        None
    ] * 4


async def test_a_title_that_the_database_refuses_is_left_out_alone(
    catalogue: Catalogue, administer: Administer
) -> None:
    titles = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278, 680)
    await administer("ALTER TABLE media_items ADD CONSTRAINT no_shawshank CHECK (tmdb_id <> 278)")
    try:
        ids = await catalogue.store(*titles)
    finally:
        await administer("ALTER TABLE media_items DROP CONSTRAINT no_shawshank")
    assert {tmdb_id for _, tmdb_id in ids} == {AMELIE, 680}
    assert await catalogue.column("SELECT tmdb_id FROM title_fetches ORDER BY tmdb_id") == [AMELIE, 680]


async def test_two_workers_can_store_the_same_titles_at_once(catalogue: Catalogue) -> None:
    films = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278, 680, 155)
    series = await catalogue.fetch(TitleType.TV, BREAKING_BAD, 87108)
    batches = [[*films, *series], [*reversed(series), *reversed(films)], films[1:3], series[::-1]]
    found = await asyncio.gather(*(catalogue.store(*batch, with_similar=True) for batch in batches * 2))
    assert {ref: key for ids in found for ref, key in ids.items()} == found[0]
    assert await catalogue.column(
        "SELECT count(*) FROM media_items AS a JOIN title_fetches USING (tmdb_type, tmdb_id)"
    )
    before = await catalogue.versions()
    await catalogue.store(*films, *series)
    assert await catalogue.versions() == before


async def test_readers_and_watchlists_do_not_wait_for_a_store(catalogue: Catalogue, make: Factories) -> None:
    film, other = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278)
    ids = await catalogue.store(film, other)
    ann, database = await make.user(), catalogue.services.database
    changed = replace(film, title="Another Title", translations=(), offers=(), credits=None)
    work, _ = await database.begin(store_titles, [changed, replace(other, votes=1)])
    try:
        async with database.engines.write.begin() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
            titles = await connection.scalars(text("SELECT title FROM media_items WHERE tmdb_id = 194"))
            assert titles.all() == ["Amélie"]
            entry = text(
                "INSERT INTO watchlist_entries (id, user_id, media_item_id) VALUES (:id, :user, :item)"
            )
            values = {"id": new_id("we"), "user": ann.id, "item": ids[MediaType.MOVIE, AMELIE]}
            await connection.execute(entry, values)
    finally:
        await database.finish(work)
    assert await catalogue.column("SELECT title FROM media_items WHERE tmdb_id = 194") == ["Another Title"]


async def test_summaries_add_titles_and_fill_gaps_but_never_replace_details(
    catalogue: Catalogue, make: Factories
) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    await catalogue.store(film)
    by_hand = await make.media(tmdb_type=MediaType.MOVIE, tmdb_id=5, title="By Hand", genres=["Noir"])
    before = await catalogue.versions(("media_items",))

    def store(*summaries: records.TitleSummary) -> Any:
        return catalogue.services.database.transaction(store_summaries, summaries)

    await catalogue.change("INSERT INTO title_fetches (tmdb_type, tmdb_id, failures) VALUES ('movie', 6, 1)")
    known = replace(_summary(AMELIE), title="Something less", overview="Less.")
    ids = await store(
        known, _summary(5), _summary(6), replace(_summary(7), title="\x00", original_title=None)
    )
    assert set(ids) == {(MediaType.MOVIE, number) for number in (AMELIE, 5, 6)}
    assert (
        set(before["media_items"]) - set((await catalogue.versions(("media_items",)))["media_items"]) != set()
    )
    rows = {row["tmdb_id"]: row for row in await catalogue.rows("SELECT * FROM media_items")}
    assert rows[AMELIE]["title"] == "Amélie" and rows[AMELIE]["description"] != "Less."
    assert (rows[5]["title"], rows[5]["description"], rows[5]["genres"]) == ("By Hand", "Overview.", ["Noir"])
    assert rows[5]["id"] == by_hand.id
    assert (rows[6]["title"], rows[6]["genres"], rows[6]["vote_count"]) == ("Title 6", ["Comedy"], 10)
    fetches = await catalogue.rows("SELECT tmdb_id, fetched_at IS NULL AS new, refresh_at FROM title_fetches")
    assert {each["tmdb_id"]: each["new"] for each in fetches} == {AMELIE: False, 5: True, 6: True}
    assert all(each["refresh_at"] < now() + timedelta(days=175) for each in fetches)
    after = await catalogue.versions(("media_items", "title_fetches"))
    assert await store(known, _summary(5), _summary(6)) == ids
    assert await catalogue.versions(("media_items", "title_fetches")) == after


async def test_similar_titles_are_added_if_wanted(catalogue: Catalogue) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    ids = await catalogue.store(film, with_similar=True)
    assert set(ids) == {(MediaType.MOVIE, AMELIE)}
    assert film.similar
    expected = {film.title, *(each.title for each in film.similar)}
    assert set(await catalogue.column("SELECT title FROM media_items")) == expected


async def test_a_removed_title_returns_and_an_adult_one_is_not_added(catalogue: Catalogue) -> None:
    film, other = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278)
    await catalogue.store(film)
    await catalogue.change("UPDATE media_items SET removed_at = now()")
    ids = await catalogue.store(replace(film, adult=True), replace(other, adult=True))
    assert await catalogue.rows("SELECT tmdb_id, removed_at FROM media_items") == [
        {"tmdb_id": AMELIE, "removed_at": None}
    ]
    assert set(ids) == {(MediaType.MOVIE, AMELIE)}


async def test_titles_come_due_when_they_need_it(catalogue: Catalogue, make: Factories) -> None:
    films = await catalogue.fetch(TitleType.MOVIE, AMELIE, 278)
    (series,) = await catalogue.fetch(TitleType.TV, BREAKING_BAD)
    ids = await catalogue.store(films[0])
    ann = await make.user()
    await make.row(WatchlistEntry(user_id=ann.id, media_item_id=ids[MediaType.MOVIE, AMELIE]))
    today = datetime.now(UTC).date()
    assert series.seasons[1].episodes
    soon = replace(series.seasons[1].episodes[0], aired_on=today + timedelta(days=3))
    airing = replace(series, next_episode=soon, status="Returning Series")
    unreleased = replace(films[1], released_on=today + timedelta(days=5))
    await catalogue.store(films[0], unreleased, airing)
    found = await catalogue.rows("SELECT tmdb_id, refresh_at::date AS due FROM title_fetches")
    assert {each["tmdb_id"]: each["due"] for each in found} == {
        AMELIE: today + timedelta(days=1),  # on a watchlist
        278: today + timedelta(days=5),
        BREAKING_BAD: today + timedelta(days=2),  # the day before the episode
    }


def _summary(tmdb_id: int) -> records.TitleSummary:
    return records.TitleSummary(
        type=TitleType.MOVIE,
        id=tmdb_id,
        title=f"Title {tmdb_id}",
        original_title=None,
        original_language="en",
        overview="Overview.",
        released_on=date(2020, 1, 1),
        genre_ids=(35, 99_999_999),
        popularity=1.5,
        rating=7.0,
        votes=10,
        poster_path="/p.jpg",
        backdrop_path=None,
    )
