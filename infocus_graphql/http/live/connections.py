"""All live connections of a process: their number, their tokens, and their end at shutdown."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from infocus_graphql.core.viewer import TokenFault
from infocus_graphql.graph.context import Services
from infocus_graphql.http.errors import HttpError
from infocus_graphql.http.live.credentials import Credentials
from infocus_graphql.security.revocation_listener import RevocationCheckUnavailable

log = structlog.get_logger("infocus.live")

_CHECK_SECONDS: Final = 1.0
_API_TOKEN_SECONDS: Final = 2.0  # less often, as each takes a query
_ANONYMOUS_FACTOR: Final = 10
_SPREAD: Final = random.Random()  # noqa: S311 - spreads reconnects over time


class LiveConnection(Protocol):
    """A WebSocket or an event stream."""

    credentials: Credentials

    def end_for_token(self, fault: TokenFault) -> None:
        """Ends the connection because its token is not valid any more."""

    def end_for_restart(self) -> None:
        """Ends the connection because the server stops; the client reconnects and resumes."""


class TooManyConnections(Exception):
    """The user, or the network of an anonymous client, has too many live connections."""


class LiveConnections:
    """Admits live connections within the limits, and ends them with their token or with the server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._maximum = services.settings.max_live_connections
        self._per_user = services.settings.max_live_connections_per_user
        self._open: dict[LiveConnection, str | None] = {}  # with the key that it is counted by
        self._counts: Counter[str] = Counter()
        self._draining = False

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: LiveConnection) -> None:
        """Adds a connection. Raises HttpError 503 if there are too many, or if the server is stopping."""
        if self._draining or len(self._open) >= self._maximum:
            why = "The server is restarting." if self._draining else "There are too many live connections."
            raise HttpError(503, "SERVICE_UNAVAILABLE", why, {"Retry-After": "1"})
        self._open[connection] = None

    def identify(self, connection: LiveConnection, network: str) -> None:
        """Counts an admitted connection for its user, or for the network of an anonymous client.

        Raises TooManyConnections.
        """
        user_id = connection.credentials.viewer.id
        key = user_id or network
        if self._counts[key] >= self._per_user * (1 if user_id else _ANONYMOUS_FACTOR):
            raise TooManyConnections
        self._counts[key] += 1
        self._open[connection] = key

    def leave(self, connection: LiveConnection) -> None:
        """Removes a connection that has ended."""
        key = self._open.pop(connection, None)
        if key is not None:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def drain(self, seconds: float) -> None:
        """Admits no more connections, and ends all within `seconds`, spread over this time."""
        self._draining = True
        loop = asyncio.get_running_loop()
        for connection in self._open:
            loop.call_later(_SPREAD.uniform(0, seconds), connection.end_for_restart)

    async def run(self) -> None:
        """Ends connections whose token has expired or was revoked, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(_CHECK_SECONDS, self._check_access_tokens))
            group.create_task(self._repeat(_API_TOKEN_SECONDS, self._check_api_tokens))

    async def _repeat(self, seconds: float, check: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await check()
            except Exception as error:  # a failure must not end all further checks
                log.exception("token check of live connections failed", exc_info=error)

    async def _check_access_tokens(self) -> None:
        for connection in list(self._open):
            fault = connection.credentials.fault(self._services)
            if fault is not None:
                connection.end_for_token(fault)

    async def _check_api_tokens(self) -> None:
        tokens = {each.credentials.api_token for each in self._open} - {None}
        refused: dict[str, TokenFault] = {}
        for token in tokens:
            try:
                viewer = await self._services.api_tokens.verify(token or "")
            except RevocationCheckUnavailable:
                return  # logged there; the next check will succeed or the database stays unreachable
            if viewer.fault is not None:
                refused[token or ""] = viewer.fault
        for connection in list(self._open):
            fault = refused.get(connection.credentials.api_token or "")
            if fault is not None:
                connection.end_for_token(fault)
