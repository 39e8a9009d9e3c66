"""Recorded responses of the real TMDB, read by the client over HTTP.

They are data of others and not part of the repository: INFOCUS_SAMPLES names the folder that has `tmdb/`.
"""

import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infocus_graphql.local_tmdb.server import served_in_thread
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.exports import ExportFile
from infocus_graphql.tmdb.records import OfferType, TitleType
from infocus_graphql.tmdb.transport import Transport
from tests.support.tmdb import TMDB_KEY
from tests.tmdb.conftest import Unlimited

SAMPLES = os.environ.get("INFOCUS_SAMPLES")
pytestmark = pytest.mark.skipif(not SAMPLES, reason="INFOCUS_SAMPLES names no folder of recordings")


class Recording:
    """Sends one file for every request."""

    def __init__(self) -> None:
        self.name = ""
        self.app = Starlette(routes=[Route("/{path:path}", self._send)])

    async def _send(self, _: Request) -> Response:
        body = (Path(SAMPLES or "") / "tmdb" / f"{self.name}.json").read_bytes()
        return Response(body, media_type="application/json;charset=utf-8")


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


@pytest.mark.parametrize(
    ("name", "kind", "title", "released_on", "runtime"),
    [
        ("movie_550_append", TitleType.MOVIE, "Fight Club", date(1999, 10, 15), 139),
        ("movie_348", TitleType.MOVIE, "Alien", date(1979, 5, 25), 117),
        ("movie_275_2026", TitleType.MOVIE, "Fargo", date(1996, 3, 8), 98),
        ("movie_76_append_full", TitleType.MOVIE, "Before Sunrise", date(1995, 1, 27), 101),
        ("tv_1399_append", TitleType.TV, "Game of Thrones", date(2011, 4, 17), None),
        ("tv_4607_append", TitleType.TV, "Lost", date(2004, 9, 22), 45),
        ("tv_34307", TitleType.TV, "Shameless", date(2011, 1, 9), None),
        ("tv_1425", TitleType.TV, "House of Cards", date(2013, 2, 1), None),
    ],
)
async def test_titles_are_read(
    recorded: TmdbClient,
    recording: Recording,
    name: str,
    kind: TitleType,
    title: str,
    released_on: date,
    runtime: int | None,
) -> None:
    recording.name = name
    found = await recorded.title(kind, 1)
    assert (found.title, found.released_on, found.runtime_minutes) == (title, released_on, runtime)


async def test_certifications_and_creators_of_a_film_are_read(
    recorded: TmdbClient, recording: Recording
) -> None:
    recording.name = "movie_550_append"
    film = await recorded.title(TitleType.MOVIE, 550)
    ratings = {each.country: each.rating for each in film.certifications or ()}
    assert {country: ratings[country] for country in ("US", "GB", "DE", "FR")} == {
        "US": "R",
        "GB": "18",
        "DE": "18",
        "FR": "16",
    }
    assert film.creators == ("David Fincher",)
    assert film.credits is not None
    assert (film.credits.cast[0].name, film.credits.crew[0].job) == ("Edward Norton", "Director")


async def test_a_series_has_external_ids_and_specials(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "tv_1399_append"
    series = await recorded.title(TitleType.TV, 1399)
    assert series.external_ids is not None
    assert (series.external_ids.imdb, series.external_ids.tvdb) == ("tt0944947", 121361)
    assert (series.seasons[0].number, series.seasons[0].episode_count) == (0, 286)
    assert series.seasons[0].episodes is None  # the recording has no seasons' blocks: unknown, not empty


async def test_an_empty_block_of_translations_is_missing(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "movie_76_append_full"
    film = await recorded.title(TitleType.MOVIE, 76)
    assert film.translations is None
    assert {each.type for each in film.offers or ()} >= {OfferType.BUY, OfferType.RENT}


async def test_specials_have_no_dates(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "tv_4607_season_0"
    season = await recorded.season(4607, 0)
    assert season.episode_count == 33
    assert (season.episodes or ())[-1].aired_on is None


@pytest.mark.parametrize(
    ("name", "pages", "titles"),
    [
        ("search_multi", 20, 13),
        ("trending_all_week", 500, 20),
        ("search_movie_none", 0, 0),
    ],
)
async def test_pages_of_results_are_read(
    recorded: TmdbClient, recording: Recording, name: str, pages: int, titles: int
) -> None:
    recording.name = name
    page = await recorded.search("anything", language="en")
    assert (page.pages, len(page.titles)) == (pages, titles)


async def test_the_changes_of_a_day_are_read(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "changes_movie_day"
    page = await recorded.changes(TitleType.MOVIE, date(2021, 1, 1), date(2021, 1, 1))
    assert len(page.changes) == 1320
    assert sum(each.adult is None for each in page.changes) == 42


async def test_services_with_several_ids_are_read(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "watch_providers_movie"
    found = await recorded.providers(TitleType.MOVIE)
    assert [each.id for each in found if each.name == "Amazon Prime Video"] == [119, 9]
    assert len(found) == 357


async def test_ids_at_imdb_are_read(recorded: TmdbClient, recording: Recording) -> None:
    recording.name = "find_imdb_episode"
    (episode,) = (await recorded.find_by_imdb("tt5924366")).episodes
    assert (episode.series_id, episode.season_number, episode.number, episode.id) == (1399, 8, 1, 1551825)
    recording.name = "find_imdb_movie"
    found = await recorded.find_by_imdb("tt0266543")
    assert {each.type for each in found.titles} == {TitleType.MOVIE}
    recording.name = "find_imdb_person"
    assert (await recorded.find_by_imdb("nm0000001")).titles == ()


async def test_countries_certifications_and_sizes_of_images_are_read(
    recorded: TmdbClient, recording: Recording
) -> None:
    recording.name = "watch_providers_regions"
    assert {"DE", "US"} < set(await recorded.provider_regions())
    recording.name = "certifications_movie"
    ranks = {
        each.rating: each.rank
        for each in await recorded.certifications(TitleType.MOVIE)
        if each.country == "US"
    }
    assert ranks["G"] < ranks["PG-13"] < ranks["R"] < ranks["NC-17"]
    recording.name = "configuration"
    images = await recorded.image_configuration()
    assert (images.base_url, images.profile_sizes[2]) == ("https://image.tmdb.org/t/p/", "h632")


@pytest.mark.parametrize("name", ["movie", "tv"])
def test_lines_of_an_export_are_read(name: str) -> None:
    export = ExportFile(Path(SAMPLES or "") / "tmdb" / f"daily_export_{name}_lines.jsonl")
    assert all(each.id and each.original_title and each.popularity for each in export)
    assert list(export)
    assert export.skipped == 0
