"""The application: TMDB's paths, below `/3`, and the files of its exports."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infocus_graphql.local_tmdb.catalogue import Catalogue
from infocus_graphql.local_tmdb.changes import Changes, is_noticed
from infocus_graphql.local_tmdb.faults import Faults, failure
from infocus_graphql.local_tmdb.handlers import Handlers

Handler = Callable[[Request], Awaitable[Response]]


class LocalTmdb:
    """A TMDB of one's own: its titles, its changes feed, and the failures to come.

    `catalogue.change` changes a title unnoticed. `edit`, `vanish`, `merge` and the changes of episodes have
    an entry in the feed, on the day that `changes.today_is` says.
    """

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or Catalogue()
        self.faults = Faults()
        self.changes = Changes()
        self.app = Starlette(routes=self._routes())

    def reset(self) -> None:
        """Restores the titles, and removes the faults, the recorded requests and the changes."""
        self.catalogue.reset()
        self.faults.clear()
        self.changes.clear()

    def edit(self, kind: str, tmdb_id: int, **values: Any) -> None:
        """Changes facts of a title. The feed doesn't notice votes, popularity and offers."""
        self.catalogue.change(kind, tmdb_id, **values)
        if is_noticed(values):
            self.changes.record(kind, tmdb_id)

    def vanish(self, kind: str, tmdb_id: int) -> None:
        """Removes a title: its id is not found any more, and the feed has it with an unknown `adult`."""
        self.catalogue.remove(kind, tmdb_id)
        self.changes.record(kind, tmdb_id, adult=None)

    def merge(self, kind: str, tmdb_id: int, into: int) -> None:
        """Merges a title into another, with a change of both. The old id doesn't lead to the new one."""
        self.vanish(kind, tmdb_id)
        self.changes.record(kind, into)

    def move_episode(self, series: int, episode: int, *, season: int, number: int) -> None:
        """Moves an episode to another place, with its id. An episode that is there is removed."""
        self.catalogue.change_episodes(
            series,
            lambda episodes: (
                replace(each, season=season, number=number) if each.id == episode else each
                for each in episodes
                if each.id == episode or (each.season, each.number) != (season, number)
            ),
        )
        self.changes.record("tv", series)

    def replace_episode(self, series: int, episode: int, new_id: int) -> None:
        """Gives the episode at a place a new id."""
        self.catalogue.change_episodes(
            series,
            lambda episodes: (replace(each, id=new_id) if each.id == episode else each for each in episodes),
        )
        self.changes.record("tv", series)

    def remove_episode(self, series: int, episode: int) -> None:
        """Removes an episode."""
        self.catalogue.change_episodes(
            series, lambda episodes: (each for each in episodes if each.id != episode)
        )
        self.changes.record("tv", series)

    def _routes(self) -> list[Route]:
        to = Handlers(self.catalogue, self.changes)
        keyed = {
            "/configuration": to.configuration,
            "/search/{kind}": to.search,
            "/find/{id}": to.find,
            "/discover/{kind}": to.discover,
            "/trending/{kind}/{window}": to.trending,
            "/genre/{kind}/list": to.genres,
            "/certification/{kind}/list": to.certifications,
            "/watch/providers/regions": to.regions,
            "/watch/providers/{kind}": to.providers,
            "/{kind}/changes": to.changes,
            "/{kind}/popular": to.popular,
            "/{kind}/{id:int}": to.details,
            "/tv/{id:int}/season/{number:int}": to.season,
        }
        routes = [Route(f"/3{path}", self._handled(handler)) for path, handler in keyed.items()]
        return [*routes, Route("/p/exports/{name}", self._handled(to.export, needs_key=False))]

    def _handled(self, handler: Handler, *, needs_key: bool = True) -> Handler:
        async def respond(request: Request) -> Response:
            async def right() -> Response:
                if needs_key and not (
                    request.headers.get("Authorization") or request.query_params.get("api_key")
                ):
                    return failure(401, 7, "Invalid API key: You must be granted a valid key.")
                return await handler(request)

            path, language = request.url.path.removeprefix("/3"), request.query_params.get("language")
            return await self.faults.apply(path, language, right)

        return respond
