"""The calls to TMDB."""

from collections.abc import Iterable
from datetime import date
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from infocus_graphql.tmdb import conversion, records, wire
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

# Integers and decimals also come as text.
_title = msgspec.json.Decoder(wire.Title, strict=False)
_season = msgspec.json.Decoder(wire.Season, strict=False)
_results = msgspec.json.Decoder(wire.Results, strict=False)
_changes = msgspec.json.Decoder(wire.Changes, strict=False)
_genres = msgspec.json.Decoder(wire.Genres, strict=False)
_providers = msgspec.json.Decoder(wire.Providers, strict=False)
_configuration = msgspec.json.Decoder(wire.Configuration, strict=False)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class TmdbClient:
    """Reads from TMDB. Each call raises a TmdbError when it can't return what it promises.

    `language` is `ll` or `ll-RR`, and `seconds` is the longest that a call may take, with its retries.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
        path = f"/{kind.value}/{tmdb_id}"
        blocks: tuple[str, ...] = _MOVIE_BLOCKS
        if kind is TitleType.TV:
            blocks = (*_SERIES_BLOCKS, *map(_block, _FIRST_SEASONS))
        sent, seasons = await self._with_seasons(path, blocks, seconds)
        numbers = [each.season_number for each in sent.seasons or () if each.season_number is not None]
        missing = [number for number in numbers if number not in _FIRST_SEASONS]
        for start in range(0, len(missing), _MAX_BLOCKS):
            more = map(_block, missing[start : start + _MAX_BLOCKS])
            seasons |= (await self._with_seasons(path, more, seconds))[1]
        try:
            return conversion.title(kind, sent, seasons)
        except InvalidResponse as error:
            raise _invalid(f"{path}: {error}", path) from error

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

    async def trending(self, *, language: str, seconds: float = _SECONDS) -> records.TitlePage:
        """The films and series that are popular this week."""
        return await self._page("/trending/all/week", {"language": language}, seconds)

    async def changes(
        self, kind: TitleType, start: date, end: date, *, page: int = 1, seconds: float = _SECONDS
    ) -> records.ChangePage:
        """The titles that changed between two days (UTC), both included, at most 14 days apart."""
        params = {"start_date": start.isoformat(), "end_date": end.isoformat(), "page": str(page)}
        return conversion.change_page(await self._get(_changes, f"/{kind.value}/changes", params, seconds))

    async def genres(
        self, kind: TitleType, *, language: str, seconds: float = _SECONDS
    ) -> tuple[records.Genre, ...]:
        """The genres of films or of series."""
        path, params = f"/genre/{kind.value}/list", {"language": language}
        return conversion.genres(await self._get(_genres, path, params, seconds))

    async def providers(self, kind: TitleType, *, seconds: float = _SECONDS) -> tuple[records.Provider, ...]:
        """The streaming services that offer films or series anywhere."""
        return conversion.providers(
            await self._get(_providers, f"/watch/providers/{kind.value}", {}, seconds)
        )

    async def image_configuration(self, *, seconds: float = _SECONDS) -> records.ImageConfiguration:
        """The base URL and the sizes of images. They hardly ever change."""
        path = "/configuration"
        try:
            return conversion.image_configuration(await self._get(_configuration, path, {}, seconds))
        except InvalidResponse as error:
            raise _invalid(f"{path}: {error}", path) from error

    async def _page(self, path: str, params: dict[str, str], seconds: float) -> records.TitlePage:
        return conversion.page(await self._get(_results, path, params, seconds))

    async def _get(
        self, decoder: msgspec.json.Decoder[T], path: str, params: dict[str, str], seconds: float
    ) -> T:
        return _decoded(decoder, path, await self._transport.get(path, params, seconds=seconds))

    async def _with_seasons(
        self, path: str, blocks: Iterable[str], seconds: float
    ) -> tuple[wire.Title, dict[int, wire.Season]]:
        params = {"append_to_response": ",".join(blocks)}
        body = await self._transport.get(path, params, seconds=seconds)
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
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:  # msgspec.ValidationError too
        raise _invalid(f"{path}: the response can't be read: {error}", path) from error


def _invalid(reason: str, path: str) -> InvalidResponse:
    """The error of a response that is no failure by itself, logged like those that are."""
    log.warning("TMDB call failed", path=path, status=200, error=InvalidResponse.__name__, reason=reason)
    return InvalidResponse(reason, 200)
