"""The handlers of TMDB's paths. Parameters that TMDB doesn't know are ignored, as there."""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from infocus_graphql.local_tmdb import bodies, lists
from infocus_graphql.local_tmdb.catalogue import Catalogue
from infocus_graphql.local_tmdb.changes import Changes, InvalidPeriod
from infocus_graphql.local_tmdb.discover import discovered
from infocus_graphql.local_tmdb.exports import export_of
from infocus_graphql.local_tmdb.facts import EPISODE_IMDB, EpisodeFact, Fact
from infocus_graphql.local_tmdb.faults import failure
from infocus_graphql.local_tmdb.genres import GENRES, genre_name
from infocus_graphql.local_tmdb.lists import Json

_MAX_BLOCKS: Final = 20
_LAST_PAGE: Final = 500
_TRENDING: Final = 100
_PERSON_FOR_EACH: Final = 7  # results of a search are mixed with people
_SOURCES: Final = ("imdb_id", "tvdb_id", "wikidata_id")


class Handlers:
    """Responds from a catalogue and its changes."""

    def __init__(self, catalogue: Catalogue, changes: Changes) -> None:
        self._catalogue = catalogue
        self._changes = changes

    async def details(self, request: Request) -> Response:
        """`/{kind}/{id}`"""
        fact = self._catalogue.get(request.path_params["kind"], request.path_params["id"])
        if fact is None:
            return not_found()
        appended = [each for each in request.query_params.get("append_to_response", "").split(",") if each]
        if len(appended) > _MAX_BLOCKS:
            return failure(400, 27, "Too many append to response objects: The maximum number is 20.")
        return _json(bodies.details(self._catalogue, fact, _language(request), appended))

    async def season(self, request: Request) -> Response:
        """`/tv/{id}/season/{number}`"""
        fact = self._catalogue.get("tv", request.path_params["id"])
        body = None if fact is None else bodies.season(fact, request.path_params["number"])
        return not_found() if body is None else _json(body)

    async def search(self, request: Request) -> Response:
        """`/search/{kind}`, of which `multi` has people, too"""
        kind = request.path_params["kind"]
        found = self._catalogue.search(
            request.query_params.get("query", ""), ("movie", "tv") if kind == "multi" else (kind,)
        )
        if request.query_params.get("include_adult") != "true":
            found = [fact for fact in found if not fact.adult]
        if (year := request.query_params.get("year")) and kind != "multi":
            found = [fact for fact in found if fact.date.startswith(year)]
        results = [bodies.summary(fact, _language(request)) for fact in found]
        if kind == "multi":
            for place in range(len(results) // _PERSON_FOR_EACH):
                results.insert(place * (_PERSON_FOR_EACH + 1), bodies.person(place))
        return _page(request, results)

    async def trending(self, request: Request) -> Response:
        """`/trending/{kind}/{window}`"""
        kind = request.path_params["kind"]
        return self._popular(request, ("movie", "tv") if kind == "all" else (kind,), _TRENDING)

    async def popular(self, request: Request) -> Response:
        """`/{kind}/popular`"""
        return self._popular(request, (request.path_params["kind"],), None)

    def _popular(self, request: Request, kinds: tuple[str, ...], most: int | None) -> Response:
        found = self._catalogue.by_popularity(kinds)[:most]
        return _titles(request, found)

    async def discover(self, request: Request) -> Response:
        """`/discover/{kind}`"""
        kind, params = request.path_params["kind"], request.query_params
        return _titles(request, discovered(self._catalogue.all(), kind, params))

    async def find(self, request: Request) -> Response:
        """`/find/{id}`: nothing found is no error"""
        source, wanted = request.query_params.get("external_source"), request.path_params["id"]
        if source not in _SOURCES:
            return failure(422, 5, "Invalid parameters: Your request parameters are incorrect.")
        titles: list[Fact] = []
        episodes: list[tuple[Fact, EpisodeFact]] = []
        for fact in self._catalogue.all():
            ids = {"imdb_id": fact.imdb_id, "tvdb_id": str(fact.tvdb), "wikidata_id": fact.wikidata}
            if ids[source] == wanted:
                titles.append(fact)
            elif source == "imdb_id" and wanted.startswith(EPISODE_IMDB):
                found = (each for each in fact.all_episodes() if wanted == f"{EPISODE_IMDB}{each.id}")
                episodes += [(fact, each) for each in found]
        return _json(bodies.found_by_id(titles, episodes))

    async def genres(self, request: Request) -> Response:
        """`/genre/{kind}/list`"""
        language, genres = _language(request), GENRES[request.path_params["kind"]]
        named = [
            {"id": number, "name": genre_name(number, name, language)} for name, number in genres.items()
        ]
        return _json({"genres": named})

    async def providers(self, request: Request) -> Response:
        """`/watch/providers/{kind}`, of all countries or of one"""
        return _json(lists.providers(request.query_params.get("watch_region")))

    async def regions(self, _: Request) -> Response:
        """`/watch/providers/regions`"""
        return _json(lists.regions())

    async def certifications(self, request: Request) -> Response:
        """`/certification/{kind}/list`"""
        return _json(lists.certifications(request.path_params["kind"]))

    async def configuration(self, _: Request) -> Response:
        """`/configuration`"""
        return _json(lists.CONFIGURATION)

    async def changes(self, request: Request) -> Response:
        """`/{kind}/changes`"""
        params = request.query_params
        try:
            found = self._changes.of(
                request.path_params["kind"], params.get("start_date"), params.get("end_date")
            )
        except InvalidPeriod:
            return failure(422, 20, "Invalid date range: Should be a range no longer than 14 days.")
        return _page(request, found, size=100)

    async def export(self, request: Request) -> Response:
        """`/p/exports/{name}`, which needs no key"""
        today = self._changes.today
        body = export_of(self._catalogue.all(), request.path_params["name"], today)
        if body is None:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return Response(body, media_type="application/gzip")


def not_found() -> Response:
    """The response for an id that TMDB doesn't know."""
    return failure(404, 34, "The resource you requested could not be found.")


def _titles(request: Request, found: list[Fact]) -> Response:
    return _page(request, [bodies.summary(fact, _language(request)) for fact in found])


def _page(request: Request, results: list[Json], size: int = 20) -> Response:
    number = _page_number(request)
    if number is None:
        return failure(400, 22, "Invalid page: Pages start at 1 and max at 500.")
    return _json(bodies.page(results, number, size))


def _page_number(request: Request) -> int | None:
    text = request.query_params.get("page", "1")
    return int(text) if text.isdecimal() and 1 <= int(text) <= _LAST_PAGE else None


def _language(request: Request) -> str:
    return request.query_params.get("language", "en-US")


def _json(body: Json) -> Response:
    return Response(orjson.dumps(body), media_type="application/json;charset=utf-8")
