"""GraphQL over WebSocket: accepts sockets of the subprotocol graphql-transport-ws."""

from typing import Final

from starlette.types import Receive, Scope, Send

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.http.auth import is_own_origin
from infocus_graphql.http.cors import CorsPolicy
from infocus_graphql.http.errors import HttpError, error_body
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.live.connections import LiveConnections
from infocus_graphql.http.live.messages import LEGACY_PROTOCOL, PROTOCOL, CloseCode, shortened
from infocus_graphql.http.live.operations import SocketOperations
from infocus_graphql.http.live.session import SocketSession

_NOT_ACCEPTABLE: Final = {
    True: f"The subprotocol {LEGACY_PROTOCOL} is not supported; use {PROTOCOL}",
    False: f"Subprotocol not acceptable; use {PROTOCOL}",
}


class SocketEndpoint:
    """The ASGI application for WebSockets at `/graphql`."""

    def __init__(
        self, engine: Engine, services: Services, connections: LiveConnections, *, operation_seconds: float
    ) -> None:
        self._services = services
        self._connections = connections
        self._cors = CorsPolicy(services.settings)
        self._operations = SocketOperations(engine, services, SharedTimeout(operation_seconds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket."""
        await receive()  # websocket.connect
        offered = scope.get("subprotocols", ())
        if PROTOCOL not in offered:
            legacy = LEGACY_PROTOCOL in offered
            # Browsers see the reason only if the handshake succeeds, with a subprotocol that they offered.
            subprotocol = LEGACY_PROTOCOL if legacy else None
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            reason = shortened(_NOT_ACCEPTABLE[legacy])
            code = CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return
        headers = RequestHeaders(scope["headers"])
        session = SocketSession(
            scope, headers, receive, send, self._services, self._operations, self._connections
        )
        try:
            self._check_origin(headers)
            self._connections.admit(session)
        except HttpError as problem:
            await refuse_socket(scope, send, problem)
            return
        await session.run()

    def _check_origin(self, headers: RequestHeaders) -> None:
        """Raises HttpError 403 for pages of other sites; CORS does not apply to sockets."""
        origin = headers.first(b"origin")
        if origin is not None and not self._cors.allows(origin) and not is_own_origin(headers):
            message = "Pages of this origin can't use the API; it is not in INFOCUS_CORS_ORIGINS."
            raise HttpError(403, "CROSS_ORIGIN", message)


async def refuse_socket(scope: Scope, send: Send, problem: HttpError) -> None:
    """Refuses a handshake with an HTTP response if the server supports that, else by closing the socket."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1000, "reason": shortened(problem.message)})
        return
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()),
    ]
    await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": error_body(problem)})
