"""The daily exports of ids, from the local TMDB."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.local_tmdb.made_up import ADULT_MOVIE
from infocus_graphql.tmdb.errors import TitleNotFound, TmdbUnavailable
from infocus_graphql.tmdb.exports import ExportFile, download_export
from infocus_graphql.tmdb.records import TitleType
from tests.support.tmdb import ServedTmdb

TODAY = date(2026, 11, 30)


@pytest.fixture
def target(tmp_path: Path, tmdb: LocalTmdb) -> Path:
    """Where the file is written, on the day of the test."""
    tmdb.changes.today_is = TODAY
    return tmp_path / "ids.json.gz"


async def test_an_export_has_all_titles_of_a_type(
    served_tmdb: ServedTmdb, tmdb: LocalTmdb, target: Path
) -> None:
    movies = await download_export(TitleType.MOVIE, TODAY, target, url=served_tmdb.exports_url)
    found = list(movies)
    expected = {each.id for each in tmdb.catalogue.all() if each.type == "movie" and not each.adult}
    assert {each.id for each in found} == expected
    assert ADULT_MOVIE not in expected
    assert (movies.skipped, movies.is_complete) == (0, True)
    best = movies.most_popular(3)
    assert [each.id for each in best] == [278, 238, 240]
    assert best[0].original_title == "The Shawshank Redemption"
    series = await download_export(TitleType.TV, TODAY, target, url=served_tmdb.exports_url)
    assert "進撃の巨人" in {each.original_title for each in series}


async def test_the_newest_export_may_be_of_an_earlier_day(
    served_tmdb: ServedTmdb, tmdb: LocalTmdb, target: Path
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    await download_export(TitleType.TV, tomorrow, target, url=served_tmdb.exports_url)
    assert tmdb.faults.requests == [
        "/p/exports/tv_series_ids_12_01_2026.json.gz",
        "/p/exports/tv_series_ids_11_30_2026.json.gz",
    ]
    with pytest.raises(TitleNotFound, match="no export"):
        await download_export(TitleType.TV, TODAY + timedelta(days=30), target, url=served_tmdb.exports_url)
    tmdb.faults.plan(Fault.BAD_GATEWAY)
    with pytest.raises(TmdbUnavailable, match="502"):
        await download_export(TitleType.TV, TODAY, target, url=served_tmdb.exports_url)
    with pytest.raises(TmdbUnavailable, match="ConnectError"):
        await download_export(TitleType.TV, TODAY, target, url="http://127.0.0.1:1")


@pytest.mark.parametrize(("fault", "skipped"), [(Fault.CUT_LINE, 1), (Fault.TRUNCATED, None)])
async def test_a_cut_export_is_read_as_far_as_it_goes(
    served_tmdb: ServedTmdb, tmdb: LocalTmdb, target: Path, fault: Fault, skipped: int | None
) -> None:
    whole = len(list(await download_export(TitleType.MOVIE, TODAY, target, url=served_tmdb.exports_url)))
    tmdb.faults.plan(fault)
    cut = await download_export(TitleType.MOVIE, TODAY, target, url=served_tmdb.exports_url)
    found = list(cut)
    assert not cut.is_complete
    assert 0 < len(found) < whole
    if skipped is not None:
        assert (len(found), cut.skipped) == (whole - 1, skipped)


def test_unreadable_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    lines = [
        b'{"id": 1, "original_title": "A", "popularity": 2.5, "adult": false, "video": false}',
        b"",
        b"not JSON",
        b'{"id": "text"}',
        b'{"id": 2, "original_name": "B", "popularity": 3, "new": [1]}',
        b'{"id": 3, "adult": true}',
        b'{"id": 4, "video": true}',
        b"\xff\xfe",
        b"",
    ]
    plain = tmp_path / "ids.json"
    plain.write_bytes(b"\n".join(lines))
    packed = tmp_path / "ids.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for export in (ExportFile(plain), ExportFile(packed)):
        assert [(each.id, each.original_title) for each in export] == [(1, "A"), (2, "B")]
        assert (export.skipped, export.is_complete) == (3, True)
        assert [each.id for each in export.most_popular(1)] == [2]
