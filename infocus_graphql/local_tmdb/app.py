"""The application: TMDB's paths, below `/3`. Parameters that TMDB doesn't know are ignored, as there."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infocus_graphql.local_tmdb import blocks, bodies
from infocus_graphql.local_tmdb.catalogue import GENRES, Catalogue
from infocus_graphql.local_tmdb.faults import Faults, failure

_MAX_BLOCKS: Final = 20
_LAST_PAGE: Final = 500
_PERSON_FOR_EACH: Final = 7  # results of a search are mixed with people
Handler = Callable[[Request], Awaitable[Response]]


class LocalTmdb:
    """A TMDB of one's own: its titles, the ids in its changes feed, and the failures to come."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or Catalogue()
        self.faults = Faults()
        # By type, as the feed sends them: ids may be null, and `adult` too.
        self.changes: dict[str, list[dict[str, int | bool | None]]] = {"movie": [], "tv": []}
        self.app = Starlette(
            routes=[
                Route("/3/search/multi", self._handled(self._search)),
                Route("/3/configuration", self._handled(self._configuration)),
                Route("/3/trending/all/week", self._handled(self._trending)),
                Route("/3/genre/{kind}/list", self._handled(self._genres)),
                Route("/3/watch/providers/{kind}", self._handled(self._providers)),
                Route("/3/{kind}/changes", self._handled(self._changed)),
                Route("/3/{kind}/{id:int}", self._handled(self._details)),
                Route("/3/tv/{id:int}/season/{number:int}", self._handled(self._season)),
            ]
        )

    def reset(self) -> None:
        """Restores the titles, and removes the faults, the recorded requests and the changes."""
        self.catalogue.reset()
        self.faults.clear()
        for changes in self.changes.values():
            changes.clear()

    def _handled(self, handler: Handler) -> Handler:
        async def respond(request: Request) -> Response:
            async def right() -> Response:
                if not (request.headers.get("Authorization") or request.query_params.get("api_key")):
                    return failure(401, 7, "Invalid API key: You must be granted a valid key.")
                return await handler(request)

            return await self.faults.apply(request.url.path.removeprefix("/3"), right)

        return respond

    async def _details(self, request: Request) -> Response:
        fact = self.catalogue.get(request.path_params["kind"], request.path_params["id"])
        if fact is None:
            return _not_found()
        appended = [each for each in request.query_params.get("append_to_response", "").split(",") if each]
        if len(appended) > _MAX_BLOCKS:
            return failure(400, 27, "Too many append to response objects: The maximum number is 20.")
        return JSONResponse(bodies.details(fact, _language(request), appended))

    async def _season(self, request: Request) -> Response:
        fact = self.catalogue.get("tv", request.path_params["id"])
        body = None if fact is None else bodies.season(fact, request.path_params["number"])
        return _not_found() if body is None else JSONResponse(body)

    async def _search(self, request: Request) -> Response:
        number = _page(request)
        if number is None:
            return failure(400, 22, "Invalid page: Pages start at 1 and max at 500.")
        language = _language(request)
        found = self.catalogue.search(request.query_params.get("query", ""))
        results = [bodies.summary(fact, language) for fact in found]
        for place in range(len(results) // _PERSON_FOR_EACH):
            results.insert(place * (_PERSON_FOR_EACH + 1), bodies.person(place))
        return JSONResponse(bodies.page(results, number))

    async def _trending(self, request: Request) -> Response:
        found = self.catalogue.by_popularity()[:100]
        results = [bodies.summary(fact, _language(request)) for fact in found]
        return JSONResponse(bodies.page(results, _page(request) or 1))

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(blocks.CONFIGURATION)

    async def _genres(self, request: Request) -> Response:
        genres = GENRES[request.path_params["kind"]]
        return JSONResponse({"genres": [{"id": number, "name": name} for name, number in genres.items()]})

    async def _providers(self, _: Request) -> Response:
        results = [
            {
                "provider_id": number,
                "provider_name": name,
                "logo_path": f"/l{number}.jpg",
                "display_priority": 1,
            }
            for number, name in blocks.SERVICES
        ]
        return JSONResponse({"results": results})

    async def _changed(self, request: Request) -> Response:
        changes: list[blocks.Json] = list(self.changes[request.path_params["kind"]])
        return JSONResponse(bodies.page(changes, _page(request) or 1, size=100))


def _language(request: Request) -> str:
    return request.query_params.get("language", "en-US")


def _page(request: Request) -> int | None:
    text = request.query_params.get("page", "1")
    return int(text) if text.isdecimal() and 1 <= int(text) <= _LAST_PAGE else None


def _not_found() -> Response:
    return failure(404, 34, "The resource you requested could not be found.")
