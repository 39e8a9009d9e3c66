"""Downloads of data exports, each only for the user it belongs to."""

from collections.abc import AsyncIterator
from typing import Final

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from infocus_graphql.core.client_info import ClientInfo, client_info_scope
from infocus_graphql.core.viewer import ApiScope, Viewer
from infocus_graphql.domains.privacy.reads.requests import PATH
from infocus_graphql.domains.privacy.writes import exports
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.root import check_access, signed_in
from infocus_graphql.http.auth import client_of, viewer_of
from infocus_graphql.http.cors import Cors
from infocus_graphql.http.errors import HttpError, error_body
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.media_types import JSON

_POINTS: Final = 10  # of the rate limit budget
_STATUS: Final = {"UNAUTHENTICATED": 401, "TOKEN_EXPIRED": 401, "FORBIDDEN": 403}


class Exports:
    """Streams exports in parts, without holding a database connection for a slow client."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> list[BaseRoute]:
        """The route of the downloads."""
        return [Route(f"{PATH}{{export_id}}", Cors(self, self._services.settings))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        response: Response
        try:
            response = await self._download(Request(scope))
        except HttpError as problem:
            headers = {**problem.headers, "Content-Type": f"{JSON}; charset=utf-8"}
            response = Response(error_body(problem), problem.status, headers)
        await response(scope, receive, send)

    async def _download(self, request: Request) -> Response:
        if request.method != "GET":
            raise HttpError(405, "METHOD_NOT_ALLOWED", "Download exports with GET.", {"Allow": "GET"})
        headers = RequestHeaders(request.scope["headers"])
        viewer = await viewer_of(headers, self._services)
        _check(viewer)
        self._take_points(viewer)
        client = client_of(request.scope, headers, self._services.settings)
        export_id: str = request.path_params["export_id"]
        with client_info_scope(lambda: ClientInfo(client.ip_prefix, client.user_agent)):
            found = (
                await self._services.database.transaction(exports.open_download, viewer, export_id=export_id)
                if "\0" not in export_id  # PostgreSQL rejects text with a NUL
                else None
            )
        if found is None:
            raise HttpError(404, "NOT_FOUND", "This export does not exist or has expired.")
        name = f"infocus-data-{found.created_at:%Y-%m-%d}.zip"
        return StreamingResponse(
            self._parts(found),
            media_type="application/zip",
            headers={
                "Content-Length": str(found.size),
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            },
        )

    async def _parts(self, found: exports.Download) -> AsyncIterator[bytes]:
        for number in range(found.parts):
            yield await self._services.database.read(
                exports.read_part, export_id=found.export_id, number=number
            )

    def _take_points(self, viewer: Viewer) -> None:
        if self._services.rates.on:
            _, spent = self._services.rates.budget(viewer.id, None, _POINTS, viewer.api_token_id)
            if not spent.allowed:
                wait = {"Retry-After": str(max(1, round(spent.wait)))}
                raise HttpError(429, "RATE_LIMITED", "Rate limit exceeded. Try again later.", wait)


def _check(viewer: Viewer) -> None:
    """Raises HttpError for an anonymous viewer and for an API token without the scopes."""
    try:
        for scope in (ApiScope.ACCOUNT, ApiScope.READ):  # an export contains all of the user's data
            check_access(signed_in, viewer, scope)
    except GraphQLError as error:
        code = str((error.extensions or {})["code"])
        status = _STATUS[code]
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        raise HttpError(status, code, error.message, headers) from error
