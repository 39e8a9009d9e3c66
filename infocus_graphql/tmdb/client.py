"""The calls to TMDB."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from time import monotonic
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from infocus_graphql.tmdb import conversion, list_conversion, records, wire, wire_lists
from infocus_graphql.tmdb.discovery import Discovery
from infocus_graphql.tmdb.errors import InvalidResponse
from infocus_graphql.tmdb.records import TitleType
from infocus_graphql.tmdb.transport import Transport, log

T = TypeVar("T")

# TMDB appends up to twenty blocks to a response.
_MAX_BLOCKS: Final = 20
_BLOCKS: Final = ("external_ids", "watch/providers", "translations", "keywords", "videos", "recommendations")
_MOVIE_BLOCKS: Final = ("credits", "release_dates", *_BLOCKS)
_SERIES_BLOCKS: Final = ("aggregate_credits", "content_ratings", *_BLOCKS)
_SEASON: Final = "season/"
# Seasons in the first call: the specials and as many others as there is room for.
_FIRST_SEASONS: Final = range(_MAX_BLOCKS - len(_SERIES_BLOCKS))
_SECONDS: Final = 20.0
_IMDB_ID: Final = re.compile(r"tt\d{1,20}", re.ASCII)

# Integers and decimals also come as text.
_title = msgspec.json.Decoder(wire.Title, strict=False)
_season = msgspec.json.Decoder(wire.Season, strict=False)
_results = msgspec.json.Decoder(wire.Results, strict=False)
_changes = msgspec.json.Decoder(wire_lists.Changes, strict=False)
_genres = msgspec.json.Decoder(wire_lists.Genres, strict=False)
_providers = msgspec.json.Decoder(wire_lists.Providers, strict=False)
_found = msgspec.json.Decoder(wire_lists.Found, strict=False)
_regions = msgspec.json.Decoder(wire_lists.Regions, strict=False)
_certifications = msgspec.json.Decoder(wire_lists.Certifications, strict=False)
_configuration = msgspec.json.Decoder(wire_lists.Configuration, strict=False)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class TmdbClient:
    """Reads from TMDB. Each call raises a TmdbError when it can't return what it promises.

    `language` is `ll` or `ll-RR`, and `seconds` is the longest that a call may take, with its retries.
    """

    def __init__(self, transport: Transport, *, bulk: bool = False) -> None:
        self._transport, self._bulk = transport, bulk

    def bulk(self) -> "TmdbClient":
        """A client on the same connections whose calls wait behind those of users."""
        return TmdbClient(self._transport, bulk=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    async def title(self, kind: TitleType, tmdb_id: int, *, seconds: float = _SECONDS) -> records.Title:
        """A film or a series with all its details, in its primary texts; translations are among them.

        It is one request, and another one for every twenty seasons beyond the first twelve.
        """
        path, deadline = f"/{kind.value}/{tmdb_id}", monotonic() + seconds
        blocks: tuple[str, ...] = _MOVIE_BLOCKS
        if kind is TitleType.TV:
            blocks = (*_SERIES_BLOCKS, *map(_block, _FIRST_SEASONS))
        sent, seasons = await self._with_seasons(path, blocks, seconds)
        numbers = [each.season_number for each in sent.seasons or () if each.season_number is not None]
        missing = [number for number in numbers if number not in _FIRST_SEASONS]
        for start in range(0, len(missing), _MAX_BLOCKS):
            more = map(_block, missing[start : start + _MAX_BLOCKS])
            seasons |= (await self._with_seasons(path, more, deadline - monotonic()))[1]
        with _reading(path):
            return conversion.title(kind, sent, seasons)

    async def season(self, series_id: int, number: int, *, seconds: float = _SECONDS) -> records.Season:
        """A season with its episodes."""
        sent = await self._get(_season, f"/tv/{series_id}/{_block(number)}", {}, seconds)
        return conversion.season(sent, number)

    async def search(
        self, query: str, *, language: str, page: int = 1, seconds: float = _SECONDS
    ) -> records.TitlePage:
        """Films and series by their titles in all languages, the best matches first."""
        params = {"query": query, "language": language, "page": str(page), "include_adult": "false"}
        return await self._page("/search/multi", params, seconds)

    async def discover(
        self,
        kind: TitleType,
        discovery: Discovery,
        *,
        language: str,
        page: int = 1,
        seconds: float = _SECONDS,
    ) -> records.TitlePage:
        """The films or the series that match all filters, in the order that they ask for."""
        params = {**discovery.params(kind), "language": language, "page": str(page)}
        return await self._page(f"/discover/{kind.value}", params, seconds, kind)

    async def find_by_imdb(self, imdb_id: str, *, seconds: float = _SECONDS) -> records.Found:
        """The titles and episodes with this id at IMDb, such as `tt0137523`; none if TMDB knows none."""
        if _IMDB_ID.fullmatch(imdb_id) is None:
            return records.Found((), ())
        path = f"/find/{imdb_id}"
        return list_conversion.found(await self._get(_found, path, {"external_source": "imdb_id"}, seconds))

    async def trending(
        self, *, language: str, kind: TitleType | None = None, page: int = 1, seconds: float = _SECONDS
    ) -> records.TitlePage:
        """The titles, or those of one type, that are popular this week."""
        path = f"/trending/{'all' if kind is None else kind.value}/week"
        return await self._page(path, {"language": language, "page": str(page)}, seconds, kind)

    async def popular(
        self, kind: TitleType, *, language: str, page: int = 1, seconds: float = _SECONDS
    ) -> records.TitlePage:
        """The films or the series by popularity."""
        params = {"language": language, "page": str(page)}
        return await self._page(f"/{kind.value}/popular", params, seconds, kind)

    async def changes(
        self, kind: TitleType, start: date, end: date, *, page: int = 1, seconds: float = _SECONDS
    ) -> records.ChangePage:
        """The titles that changed between two days (UTC), both included, at most 14 days apart."""
        params = {"start_date": start.isoformat(), "end_date": end.isoformat(), "page": str(page)}
        return list_conversion.change_page(
            await self._get(_changes, f"/{kind.value}/changes", params, seconds)
        )

    async def genres(
        self, kind: TitleType, *, language: str, seconds: float = _SECONDS
    ) -> tuple[records.Genre, ...]:
        """The genres of films or of series."""
        path, params = f"/genre/{kind.value}/list", {"language": language}
        return list_conversion.genres(await self._get(_genres, path, params, seconds))

    async def providers(
        self, kind: TitleType, *, region: str | None = None, seconds: float = _SECONDS
    ) -> tuple[records.Provider, ...]:
        """The streaming services that offer films or series, in one country or anywhere."""
        params = {} if region is None else {"watch_region": region}
        path = f"/watch/providers/{kind.value}"
        return list_conversion.providers(await self._get(_providers, path, params, seconds))

    async def provider_regions(self, *, seconds: float = _SECONDS) -> tuple[str, ...]:
        """The countries (ISO 3166-1) with streaming services."""
        return list_conversion.regions(await self._get(_regions, "/watch/providers/regions", {}, seconds))

    async def certifications(
        self, kind: TitleType, *, seconds: float = _SECONDS
    ) -> tuple[records.CertificationRank, ...]:
        """The certifications of films or of series in all countries."""
        path = f"/certification/{kind.value}/list"
        return list_conversion.certifications(await self._get(_certifications, path, {}, seconds))

    async def image_configuration(self, *, seconds: float = _SECONDS) -> records.ImageConfiguration:
        """The base URL and the sizes of images. They hardly ever change."""
        path = "/configuration"
        sent = await self._get(_configuration, path, {}, seconds)
        with _reading(path):
            return list_conversion.image_configuration(sent)

    async def _page(
        self, path: str, params: dict[str, str], seconds: float, kind: TitleType | None = None
    ) -> records.TitlePage:
        return conversion.page(await self._get(_results, path, params, seconds), kind)

    async def _get(
        self, decoder: msgspec.json.Decoder[T], path: str, params: dict[str, str], seconds: float
    ) -> T:
        return _decoded(decoder, path, await self._sent(path, params, seconds))

    async def _sent(self, path: str, params: dict[str, str], seconds: float) -> bytes:
        return await self._transport.get(path, params, seconds=seconds, bulk=self._bulk)

    async def _with_seasons(
        self, path: str, blocks: Iterable[str], seconds: float
    ) -> tuple[wire.Title, dict[int, wire.Season]]:
        params = {"append_to_response": ",".join(blocks)}
        body = await self._sent(path, params, seconds)
        members = _decoded(_members, path, body)
        seasons = {
            int(name.removeprefix(_SEASON)): _decoded(_season, path, raw)
            for name, raw in members.items()
            if name.startswith(_SEASON)
        }
        return _decoded(_title, path, body), seasons


def _block(number: int) -> str:
    return f"{_SEASON}{number}"


def _decoded(decoder: msgspec.json.Decoder[T], path: str, body: bytes | msgspec.Raw) -> T:
    with _reading(path):
        return decoder.decode(body)


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Raises InvalidResponse, and logs it, if a response with status 200 can't be read."""
    try:
        yield
    except (msgspec.DecodeError, InvalidResponse) as error:  # msgspec.ValidationError too
        reason, kind = f"{path}: the response can't be read: {error}", InvalidResponse.__name__
        log.warning("TMDB call failed", path=path, status=200, error=kind, reason=reason)
        raise InvalidResponse(reason, 200) from error
