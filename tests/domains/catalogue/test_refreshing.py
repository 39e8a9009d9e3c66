"""Keeping the catalogue up to date: due titles, claims, removals, the changes feed and the lists."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from infocus_graphql.background import handlers
from infocus_graphql.domains.catalogue.jobs import READ_CHANGES, REFRESH_TITLES, SYNC_LISTS
from infocus_graphql.domains.catalogue.refreshing import changes, claims, importing
from infocus_graphql.domains.catalogue.refreshing.changes import read_changes
from infocus_graphql.domains.catalogue.refreshing.lists import sync_lists
from infocus_graphql.domains.catalogue.refreshing.titles import Outcome, Refresher, refresh_due
from infocus_graphql.domains.catalogue.writes.summaries import store_summaries
from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.jobs.job_types import RetryableJobError
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.facts import EpisodeFact
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.mail.transport import transport_of
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.errors import KeyRejected
from infocus_graphql.tmdb.records import TitleType
from tests.domains.catalogue.conftest import Catalogue
from tests.support.factories import Factories
from tests.support.server import Administer

AMELIE, SHAWSHANK, PULP, BREAKING_BAD = 194, 278, 680, 1396
FILMS = [(TitleType.MOVIE, number) for number in (AMELIE, SHAWSHANK, PULP)]


async def _request(catalogue: Catalogue, *refs: claims.Ref) -> None:
    await catalogue.services.database.transaction(claims.request_titles, refs)


async def _refresh(catalogue: Catalogue, seconds: float = 60) -> Any:
    return await refresh_due(catalogue.services.database, catalogue.tmdb, seconds=seconds)


async def _days_pass(catalogue: Catalogue, days: int) -> None:
    """Makes all fetches older."""
    columns = ("fetched_at", "refresh_at", "failed_at", "missing_since")
    older = ", ".join(f"{column} = {column} - CAST(:age AS interval)" for column in columns)
    await catalogue.change(f"UPDATE title_fetches SET {older}", age=timedelta(days=days))


def _requests(tmdb: LocalTmdb, kind: str = "") -> list[str]:
    return [path for path in tmdb.faults.requests if path.startswith(f"/{kind}")]


async def test_requested_titles_are_fetched_once(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    await _request(catalogue, *FILMS, (TitleType.TV, BREAKING_BAD), (TitleType.MOVIE, AMELIE))
    outcome = await _refresh(catalogue)
    assert (outcome.stored, outcome.finished) == (4, 4)
    await _request(catalogue, *FILMS)
    assert (await _refresh(catalogue)).finished == 0
    assert sorted(_requests(tmdb)) == ["/movie/194", "/movie/278", "/movie/680", "/tv/1396"]


async def test_several_workers_share_the_titles(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    refs = [(TitleType(fact.type), fact.id) for fact in tmdb.catalogue.all()[-120:]]
    await _request(catalogue, *refs)
    outcomes = await asyncio.gather(*(_refresh(catalogue) for _ in range(3)))
    # Two titles are for adults only.
    assert sum(each.stored for each in outcomes) == len(refs) - 2
    assert sum(each.unwanted for each in outcomes) == 2
    assert await catalogue.column("SELECT count(*) FROM media_items") == [len(refs) - 2]
    films = _requests(tmdb, "movie")
    assert len(films) == len(set(films)) == len([ref for ref in refs if ref[0] is TitleType.MOVIE])
    assert await catalogue.column("SELECT count(*) FROM title_fetches WHERE claim IS NOT NULL") == [0]


async def test_the_titles_of_a_killed_worker_are_fetched_by_another_one(catalogue: Catalogue) -> None:
    await _request(catalogue, *FILMS)
    database = catalogue.services.database
    claimed = await database.transaction(claims.claim_due, "killed", most=2, new=True)
    assert len(claimed) == 2
    assert (await _refresh(catalogue)).stored == 1
    await catalogue.change("UPDATE title_fetches SET claimed_until = now() - interval '1 second'")
    assert (await _refresh(catalogue)).stored == 2


async def test_a_worker_that_is_stopped_releases_its_titles(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    await _request(catalogue, *FILMS)
    tmdb.faults.plan(Fault.SLOW)
    task = asyncio.create_task(_refresh(catalogue))
    while len(_requests(tmdb)) < len(FILMS):  # noqa: ASYNC110 - the local TMDB has no event for it
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert await catalogue.column("SELECT count(*) FROM title_fetches WHERE claim IS NULL") == [3]
    tmdb.faults.clear()
    assert (await _refresh(catalogue)).stored == 3


async def test_a_title_that_is_missing_on_two_days_is_removed_and_may_return(
    catalogue: Catalogue, tmdb: LocalTmdb, make: Factories
) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    ids = await catalogue.store(film)
    ann = await make.user()
    await make.row(WatchlistEntry(user_id=ann.id, media_item_id=ids[MediaType.MOVIE, AMELIE]))
    tmdb.catalogue.remove("movie", AMELIE)
    removed = "SELECT removed_at IS NOT NULL FROM media_items"
    for _ in range(2):  # twice on one day
        await catalogue.change("UPDATE title_fetches SET refresh_at = now()")
        assert (await _refresh(catalogue)).missing == 1
        assert await catalogue.column(removed) == [False]
    await _days_pass(catalogue, 2)
    assert (await _refresh(catalogue)).missing == 1
    assert await catalogue.column(removed) == [True]
    assert await catalogue.column("SELECT count(*) FROM watchlist_entries") == [1]

    tmdb.reset()
    await _days_pass(catalogue, 31)
    assert (await _refresh(catalogue)).stored == 1
    assert await catalogue.column(removed) == [False]
    assert await catalogue.column("SELECT missing_since FROM title_fetches") == [None]


async def test_a_title_that_was_never_there_is_not_tried_again_on_the_same_day(
    catalogue: Catalogue, tmdb: LocalTmdb
) -> None:
    unknown = (TitleType.MOVIE, 999_999)
    await _request(catalogue, unknown)
    assert (await _refresh(catalogue)).missing == 1
    await _request(catalogue, unknown)
    assert (await _refresh(catalogue)).finished == 0
    await _days_pass(catalogue, 2)
    await _request(catalogue, unknown)
    assert (await _refresh(catalogue)).missing == 1
    assert len(_requests(tmdb)) == 2
    database = catalogue.services.database
    assert await database.transaction(claims.forget_missing) == 0
    await _days_pass(catalogue, 31)
    assert await database.transaction(claims.forget_missing) == 1


async def test_a_broken_title_fails_alone_and_is_tried_later(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    await _request(catalogue, *FILMS)
    tmdb.faults.plan(Fault.TRUNCATED, path=f"/movie/{SHAWSHANK}")
    outcome = await _refresh(catalogue)
    assert (outcome.stored, outcome.failed) == (2, 1)
    (state,) = await catalogue.rows(
        "SELECT failures, refresh_at > now() AS later, claim FROM title_fetches WHERE tmdb_id = :id",
        id=SHAWSHANK,
    )
    assert state == {"failures": 1, "later": True, "claim": None}
    tmdb.faults.clear()
    await catalogue.change("UPDATE title_fetches SET refresh_at = refresh_at - interval '2 minutes'")
    assert (await _refresh(catalogue)).stored == 1
    assert await catalogue.column("SELECT DISTINCT failures FROM title_fetches") == [0]


async def test_without_a_valid_key_titles_stay_due(
    catalogue: Catalogue, tmdb: LocalTmdb, settings: Settings
) -> None:
    await _request(catalogue, *FILMS)
    tmdb.faults.plan(Fault.KEY_REJECTED)
    with pytest.raises(KeyRejected):
        await _refresh(catalogue)
    due = "SELECT count(*) FROM title_fetches WHERE refresh_at <= now() AND claim IS NULL AND failures = 0"
    assert await catalogue.column(due) == [3]
    database = catalogue.services.database
    jobs = handlers(settings, database, transport_of(settings), catalogue.tmdb)
    await jobs[REFRESH_TITLES]({})  # logs the reason
    with pytest.raises(RetryableJobError):
        await jobs[READ_CHANGES]({})
    assert await catalogue.column(due) == [3]
    tmdb.faults.clear()
    for kind in (REFRESH_TITLES, READ_CHANGES, SYNC_LISTS):
        await handlers(settings, database, transport_of(settings), None)[kind]({})
    assert await catalogue.column(due) == [3]
    await jobs[REFRESH_TITLES]({})
    assert await catalogue.column(due) == [0]


async def test_tracked_titles_are_refreshed_every_day(
    catalogue: Catalogue, tmdb: LocalTmdb, make: Factories
) -> None:
    ann = await make.user()
    ids = await catalogue.store(*await catalogue.fetch(TitleType.MOVIE, AMELIE, SHAWSHANK))
    await make.row(WatchlistEntry(user_id=ann.id, media_item_id=ids[MediaType.MOVIE, AMELIE]))
    tmdb.faults.clear()
    await _refresh(catalogue)
    assert _requests(tmdb) == []
    await _days_pass(catalogue, 1)
    await _refresh(catalogue)
    assert _requests(tmdb) == [f"/movie/{AMELIE}"]
    await _days_pass(catalogue, 172)
    await _refresh(catalogue)
    assert sorted(_requests(tmdb)[1:]) == [f"/movie/{AMELIE}", f"/movie/{SHAWSHANK}"]


async def test_a_title_of_a_search_is_fetched_when_it_comes_onto_a_watchlist(
    catalogue: Catalogue, make: Factories
) -> None:
    (film,) = await catalogue.fetch(TitleType.MOVIE, AMELIE)
    await catalogue.store(replace(film, id=1), with_similar=False)
    page = await catalogue.tmdb.search("amélie", language="en-US")
    found = await catalogue.services.database.transaction(store_summaries, page.titles)
    by_hand = await make.media(tmdb_id=SHAWSHANK)  # by staff; no search has found it
    ann = await make.user()
    for key in (found[MediaType.MOVIE, AMELIE], by_hand.id):
        await make.row(WatchlistEntry(user_id=ann.id, media_item_id=key))
    assert (await _refresh(catalogue)).stored == 1
    assert await catalogue.column("SELECT title FROM media_items WHERE tmdb_id = :id", id=SHAWSHANK) == [
        by_hand.title
    ]


@pytest.fixture
def clock(tmdb: LocalTmdb, monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Sets the day, for the feed and for its reader."""

    def set_day(day: date) -> None:
        tmdb.changes.today_is = day
        monkeypatch.setattr(changes, "now", lambda: datetime.combine(day, time(9), UTC))

    return set_day


async def test_after_a_fortnight_of_changes_every_title_equals_tmdb(
    catalogue: Catalogue, tmdb: LocalTmdb, clock: Callable[[date], None]
) -> None:
    database = catalogue.services.database
    films = [fact.id for fact in tmdb.catalogue.by_popularity(["movie"])[:31]]
    series = [fact.id for fact in tmdb.catalogue.by_popularity(["tv"])[:14]]
    refs = [(TitleType.MOVIE, each) for each in films] + [(TitleType.TV, each) for each in series]
    await _request(catalogue, *refs)
    await _refresh(catalogue)
    tmdb.faults.clear()
    changed: list[int] = []
    for number in range(14):
        clock(date(2026, 3, 1) + timedelta(days=number))
        await _days_pass(catalogue, 1)
        changed += _change_titles(tmdb, number, films, series)
        tmdb.changes.record("movie", None, adult=None)
        tmdb.changes.record("tv", 424_242)  # not ours
        for kind in TitleType:
            await read_changes(database, catalogue.tmdb, kind)
        await _refresh(catalogue)
    # Nothing but the changed titles was fetched; each once more on the next day, as the feed overlaps.
    fetched = [path.split("/")[2] for path in _requests(tmdb) if "changes" not in path]
    assert set(map(int, fetched)) == set(changed)
    assert len(fetched) <= 2 * len(changed) + 14

    # After another day the vanished titles are removed.
    await _days_pass(catalogue, 1)
    await _refresh(catalogue)
    vanished = [each for each in films if tmdb.catalogue.get("movie", each) is None]
    removed = "SELECT tmdb_id FROM media_items WHERE removed_at IS NOT NULL"
    assert sorted(await catalogue.column(removed)) == sorted(vanished) != []
    # All others are as a new fetch would store them.
    before = await catalogue.versions()
    found = await catalogue.fetch(TitleType.MOVIE, *(each for each in films if each not in vanished))
    await catalogue.store(*found, *await catalogue.fetch(TitleType.TV, *series))
    assert await catalogue.versions() == before


def _episodes(tmdb: LocalTmdb, series: int) -> tuple[EpisodeFact, ...]:
    fact = tmdb.catalogue.get("tv", series)
    assert fact is not None
    return fact.all_episodes()


def _change_titles(tmdb: LocalTmdb, number: int, films: list[int], series: list[int]) -> list[int]:
    """Changes some titles on a day; returns their ids."""
    film, other, gone, show = films[number], films[14 + number], films[28 + number // 5], series[number]
    tmdb.edit("movie", film, title=f"Title of day {number}", runtime=90 + number, tagline="New")
    tmdb.edit("movie", other, genres=("Drama",), date="2026-05-05", certifications={"DE": "6"})
    if number % 5 == 0:
        tmdb.vanish("movie", gone)
    episodes = _episodes(tmdb, show)
    if number % 3 == 0:
        tmdb.move_episode(show, episodes[-1].id, season=0, number=77)
    elif number % 3 == 1:
        tmdb.replace_episode(show, episodes[-1].id, 2_000_000_000 + number)
    else:
        tmdb.remove_episode(show, episodes[-1].id)
    return [film, other, show, *([gone] if number % 5 == 0 else [])]


async def test_the_feed_is_read_in_windows_that_overlap(
    catalogue: Catalogue, tmdb: LocalTmdb, clock: Callable[[date], None]
) -> None:
    database, today = catalogue.services.database, date(2026, 3, 31)
    clock(today)
    await _request(catalogue, (TitleType.TV, BREAKING_BAD))
    await _refresh(catalogue)
    await catalogue.change("UPDATE title_fetches SET fetched_at = now() - interval '13 hours'")
    for number in range(1, 250):
        tmdb.changes.record("tv", number)
    tmdb.changes.record("tv", BREAKING_BAD)  # on the third page
    assert await read_changes(database, catalogue.tmdb, TitleType.TV) == 1
    assert len(_requests(tmdb, "tv/changes")) == 3
    synced = "SELECT (synced_at AT TIME ZONE 'UTC')::date FROM catalogue_syncs WHERE name = 'tv_changes'"
    assert await catalogue.column(synced) == [today]
    tmdb.changes.clear()
    clock(today + timedelta(days=29))
    tmdb.faults.clear()
    await read_changes(database, catalogue.tmdb, TitleType.TV)
    assert len(_requests(tmdb, "tv/changes")) == 3  # 14 days, 14 days, and a day
    assert await catalogue.column(synced) == [today + timedelta(days=29)]


async def test_a_feed_that_fails_is_read_again(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    database = catalogue.services.database
    tmdb.faults.plan(Fault.HTML, path="/movie/changes")
    for _ in range(2):
        with pytest.raises(Exception, match="movie/changes"):
            await read_changes(database, catalogue.tmdb, TitleType.MOVIE)
    assert await catalogue.column("SELECT count(*) FROM catalogue_syncs") == [0]


@pytest.mark.usefixtures("administer")  # the database is dropped, because genres stay in it
async def test_the_lists_are_read_once_a_week(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    database = catalogue.services.database
    assert await sync_lists(database, catalogue.tmdb)
    slugs = await catalogue.column("SELECT slug FROM streaming_services ORDER BY slug")
    assert {"amazon-prime-video", "disney-plus", "netflix"} <= set(slugs)
    assert await catalogue.column("SELECT count(*) FROM genre_names WHERE language = 'en'") == [27]
    tmdb.faults.clear()
    assert not await sync_lists(database, catalogue.tmdb)
    assert _requests(tmdb) == []
    await catalogue.change("UPDATE catalogue_syncs SET synced_at = synced_at - interval '8 days'")
    assert await sync_lists(database, catalogue.tmdb)


async def test_one_title_can_be_refreshed_at_once(catalogue: Catalogue, tmdb: LocalTmdb) -> None:
    outcome = await Refresher(catalogue.services.database, catalogue.tmdb).refresh(FILMS[0])
    assert outcome.stored == 1
    tmdb.catalogue.change("movie", AMELIE, title="Another Title")
    await Refresher(catalogue.services.database, catalogue.tmdb).refresh(FILMS[0])
    assert await catalogue.column("SELECT title FROM media_items") == ["Another Title"]


async def test_an_import_outlives_lost_connections(
    catalogue: Catalogue, tmdb: LocalTmdb, administer: Administer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when PostgreSQL restarts: all its connections end, within transactions, too."""
    monkeypatch.setattr(importing, "_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(importing, "_POLL_SECONDS", 0.05)
    films = [fact.id for fact in tmdb.catalogue.by_popularity(["movie"])[:120]]
    await _request(catalogue, *((TitleType.MOVIE, each) for each in films))
    database = catalogue.services.database
    lost = 0

    async def lose(_: Outcome) -> None:
        nonlocal lost
        if lost < 2:
            lost += 1
            await administer(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # The claims of batches that were lost expire.
            await administer("UPDATE title_fetches SET claimed_until = now() WHERE claim IS NOT NULL")

    await importing.import_requested(database, catalogue.tmdb, lose)
    assert lost == 2
    assert sorted(await catalogue.column("SELECT tmdb_id FROM media_items")) == sorted(films)
    assert await catalogue.column("SELECT count(*) FROM title_fetches WHERE failures > 0") == [0]
