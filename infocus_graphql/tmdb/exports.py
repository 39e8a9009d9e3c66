"""The daily exports of all ids of TMDB: files with a line for each title, which need no key."""

import gzip
import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import httpx
import msgspec

from infocus_graphql.tmdb.errors import TitleNotFound, TmdbUnavailable
from infocus_graphql.tmdb.records import TitleType

_FILES: Final = {TitleType.MOVIE: "movie_ids", TitleType.TV: "tv_series_ids"}
_GZIP: Final = b"\x1f\x8b"
_SECONDS: Final = 60.0  # between two parts of the file
# TMDB's file of a day is there at 8:00 UTC, and may be late.
_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class ExportedId:
    """A title in a daily export of all ids."""

    id: int
    popularity: float
    original_title: str | None


class _Line(msgspec.Struct):
    id: int
    popularity: float = 0.0
    adult: bool = False
    video: bool = False
    original_title: str | None = None
    original_name: str | None = None


_line = msgspec.json.Decoder(_Line)


@dataclass(slots=True)
class ExportFile:
    """An export on this machine, with or without compression. `skipped` counts lines that can't be read.

    Iterating yields the titles in the order of the file; it is read as a stream. `is_complete` is False when
    its end is missing, so that absent titles needn't have been deleted.
    """

    path: Path
    skipped: int = 0
    is_complete: bool = True

    def __iter__(self) -> Iterator[ExportedId]:
        self.skipped, self.is_complete = 0, True
        with self.path.open("rb") as beginning:
            packed = beginning.read(len(_GZIP)) == _GZIP
        with gzip.open(self.path) if packed else self.path.open("rb") as lines:
            try:
                for text in lines:
                    self.is_complete = text.endswith(b"\n")
                    if (found := self._read(text)) is not None:
                        yield found
            except (EOFError, zlib.error, gzip.BadGzipFile):
                self.is_complete = False

    def most_popular(self, number: int) -> list[ExportedId]:
        """The most popular titles, the most popular first. It keeps only these in memory."""
        return heapq.nlargest(number, self, key=lambda each: (each.popularity, -each.id))

    def _read(self, text: bytes) -> ExportedId | None:
        if not text.strip():
            return None
        try:
            line = _line.decode(text)
        except msgspec.DecodeError:
            self.skipped += 1
            return None
        if line.adult or line.video:
            return None
        return ExportedId(line.id, line.popularity, line.original_title or line.original_name)


async def download_export(kind: TitleType, today: date, target: Path, *, url: str) -> ExportFile:
    """Downloads the newest export of films or of series below `url`. Raises a TmdbError."""
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
        for age in range(_DAYS):
            day = today - timedelta(days=age)
            if await _downloaded(http, f"{url}/{_FILES[kind]}_{day:%m_%d_%Y}.json.gz", target):
                return ExportFile(target)
    raise TitleNotFound(f"there is no export of {_FILES[kind]} of the last {_DAYS} days")


async def _downloaded(http: httpx.AsyncClient, url: str, target: Path) -> bool:
    """Downloads a file; False if it isn't there (yet)."""
    try:
        async with http.stream("GET", url) as response:
            if response.status_code in {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}:
                return False
            if response.status_code != httpx.codes.OK:
                raise TmdbUnavailable(f"{url}: status {response.status_code}", response.status_code)
            with target.open("wb") as file:
                async for part in response.aiter_raw():
                    file.write(part)
    except httpx.HTTPError as error:
        raise TmdbUnavailable(f"{url}: {type(error).__name__}") from error
    return True
