"""The context of one operation: who asks, how to read, how to write. It has no business methods."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeAlias, TypeVar

import strawberry
from graphql import FieldNode, GraphQLObjectType
from sqlalchemy import Executable

from infocus_graphql.core.client_info import ClientInfo, client_info_scope
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import Database, Reader, ReaderClosedError, Rows, UnitOfWork
from infocus_graphql.graph.idempotency import IdempotentRequest, restored
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.node import model_of
from infocus_graphql.rate_limiting.limiter import RateLimiter
from infocus_graphql.rate_limiting.rules import RateLimitDecision, RateLimitRule
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.security.api_token_cache import ApiTokenCache
from infocus_graphql.security.passwords import Passwords
from infocus_graphql.security.revocation_listener import RevocationListener
from infocus_graphql.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


UNPLANNED: Final = object()  # what has to be answered by loaders


class PartialPlanner(Protocol):
    """What plans can answer inside an operation that they can't answer whole."""

    async def field(self, gtype: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Any:
        """The JSON of a root field as a Fragment, None for null, or UNPLANNED."""

    async def rows(self, gtype: GraphQLObjectType, nodes: list[FieldNode], ids: Any) -> Any:
        """The same for a field of a payload whose rows have these ids."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a process makes once and every operation uses."""

    settings: Settings
    database: Database
    passwords: Passwords
    tokens: AccessTokens
    sessions: RevocationListener
    api_tokens: ApiTokenCache
    rates: RateLimiter
    cursor_key: str


@dataclass(frozen=True, slots=True)
class Client:
    """What the request tells about the client."""

    address: str | None = None
    ip_prefix: str | None = None
    user_agent: str | None = None
    refresh_cookie: str | None = None
    # A browser adds headers to every POST that no script can leave out; one of them says whether the page is
    # on another site than this server.
    is_browser: bool = False
    is_cross_site: bool = False


@dataclass(slots=True)
class ResponseMetadata:
    """What the answer carries besides its body. An empty text clears the refresh cookie."""

    # Only of queries: the length of a compressed answer can tell of the tokens in it.
    compressible: bool = False
    refresh_cookie: str | None = None
    refresh_cookie_seconds: int = 0
    # The seconds to wait, for who came too often; and how the budget stands.
    retry_after: int | None = None
    budget: tuple[RateLimitRule, RateLimitDecision] | None = None


@dataclass(slots=True)
class Context:
    """Made for one operation and closed after it."""

    services: Services
    viewer: Viewer
    make_client: Callable[[], Client] = Client
    reply: ResponseMetadata = field(default_factory=ResponseMetadata)
    plans: PartialPlanner | None = None
    # For a mutation that is done only once, however often it is sent.
    idempotency: IdempotentRequest | None = None
    # Whether it runs in the lane of expensive operations, on a connection of that lane.
    expensive: bool = False
    # Whether a plan was made for it, because its document is new to this worker or its arguments are.
    planned: bool = False
    # Whose budget it takes from: who sent it, also when it signs somebody in or out.
    payer: Viewer = field(init=False)
    # The transaction of a mutation with a key, while it runs.
    _shared: UnitOfWork | None = field(default=None, init=False)
    _reader: Reader | None = field(default=None, init=False)
    _loaders: Loaders | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.payer = self.viewer

    @property
    def client(self) -> Client:
        """The client, found out when asked for, as most operations never ask."""
        return self.make_client()

    @property
    def loaders(self) -> Loaders:
        """The loaders of rows, which share the reader."""
        if self._loaders is None:
            self._loaders = Loaders(self._reading())
        return self._loaders

    @property
    def has_open_reader(self) -> bool:
        """Whether anything was read, so that closing has something to give back."""
        return self._reader is not None

    async def transaction(
        self,
        use_case: Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a use case in one transaction; what is read afterwards is read anew.

        The reader's connection goes back first: nobody holds one while waiting for another.
        """
        await self.reset_reads()
        if self._shared is not None:
            return await use_case(self._shared, self.viewer, *args, **kwargs)
        with client_info_scope(self._origin):
            return await self.services.database.run_use_case(use_case, self.viewer, *args, **kwargs)

    async def write_apart(
        self,
        use_case: Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same in a transaction of its own in any case: for what a refusal must not undo, such as a spent
        challenge or the record of a failed attempt."""
        await self.reset_reads()
        with client_info_scope(self._origin):
            return await self.services.database.run_use_case(use_case, self.viewer, *args, **kwargs)

    async def mutate(self, kind: type[T], run: Callable[[], Awaitable[T]]) -> T:
        """Runs a mutation with the payload `kind`.

        One with a client's key is a single transaction, from its guards to the record of its result: whatever
        breaks off, either nothing was done, or a retry finds the result.
        """
        once = self.idempotency
        if once is None:
            return await run()
        if once.recorded is not None:
            return restored(kind, once.recorded)

        async def together(work: UnitOfWork) -> T:
            await once.claim(work)
            self._shared = work
            try:
                payload = await run()
            finally:
                self._shared = None
            await once.record(work, payload)
            return payload

        with client_info_scope(self._origin):
            done = await self.services.database.transaction(together)
        once.committed()
        return done

    async def reset_reads(self, viewer: Viewer | None = None) -> None:
        """Forgets everything read so far, and goes on as `viewer` if one is given."""
        if self._reader is not None:
            await self._reader.close()
        self.viewer = viewer or self.viewer
        self._reader = self._loaders = None

    async def node(self, node_id: str) -> Any:
        """The row with this id, if the viewer may see it."""
        model = model_of(node_id)
        return await self.loaders.row(model).load(node_id) if model else None

    async def nodes(self, node_ids: Sequence[str]) -> list[Any]:
        """The rows with these ids, None in place of those that the viewer may not see."""
        return list(await asyncio.gather(*(self.node(node_id) for node_id in node_ids)))

    async def read(self, statement: Executable) -> Rows:
        """Runs a SELECT of a domain's `reads` whose visibility it decides on itself."""
        return await self._reading().execute(statement)

    async def close(self) -> None:
        """Gives connections back. Nothing can be read any more."""
        self._closed = True
        if self._reader is not None:
            await self._reader.close()

    def _origin(self) -> ClientInfo:
        client = self.client
        return ClientInfo(client.ip_prefix, client.user_agent)

    def _reading(self) -> Reader:
        if self._reader is not None:
            return self._reader
        if self._closed:
            raise ReaderClosedError
        params = {
            "viewer_id": self.viewer.id,
            "session_id": self.viewer.session_id,
            "cursor_key": self.services.cursor_key,
        }
        self._reader = self.services.database.reader(params)
        return self._reader


Info: TypeAlias = strawberry.Info[Context, None]
