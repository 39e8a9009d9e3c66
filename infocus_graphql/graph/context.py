"""The context of one operation: its viewer, its reads and its transactions. Contains no business logic."""

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


UNPLANNED: Final = object()  # returned for fields that have to be resolved by loaders


class PartialPlanner(Protocol):
    """Resolves single root fields by plan, in operations that can't be planned as a whole."""

    async def field(self, gtype: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Any:
        """Returns the JSON of a root field as a Fragment, None for null, or UNPLANNED."""

    async def rows(self, gtype: GraphQLObjectType, nodes: list[FieldNode], ids: Any) -> Any:
        """Returns the JSON of a payload's field for the rows with these ids, None for null, or UNPLANNED."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a process, shared by all operations."""

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
    """The client of a request, as far as the request identifies it."""

    address: str | None = None
    ip_prefix: str | None = None
    user_agent: str | None = None
    refresh_cookie: str | None = None
    # Known from headers that browsers add to every POST and that scripts can't remove, such as `Origin`.
    is_browser: bool = False
    is_other_host: bool = False  # the page's host name differs from this server's


@dataclass(slots=True)
class ResponseMetadata:
    """Data for the response's headers. An empty `refresh_cookie` clears the cookie."""

    # True for queries only: the length of a compressed response can reveal tokens in it (BREACH).
    compressible: bool = False
    refresh_cookie: str | None = None
    refresh_cookie_seconds: int = 0
    # Seconds until a retry after RATE_LIMITED, and the state of the budget.
    retry_after: int | None = None
    budget: tuple[RateLimitRule, RateLimitDecision] | None = None


@dataclass(slots=True)
class Context:
    """The context of one operation, closed after it."""

    services: Services
    viewer: Viewer
    make_client: Callable[[], Client] = Client
    reply: ResponseMetadata = field(default_factory=ResponseMetadata)
    plans: PartialPlanner | None = None
    # Set for mutations with an `Idempotency-Key`.
    idempotency: IdempotentRequest | None = None
    # Whether the operation runs in the lane of expensive operations, on a connection of that lane.
    expensive: bool = False
    # Whether a plan was compiled for the operation: the document or its arguments were new to this worker.
    planned: bool = False
    # The viewer whose budget is charged: the sender of the request, even if it signs another user in or out.
    payer: Viewer = field(init=False)
    # The transaction of a running mutation with an `Idempotency-Key`.
    _shared: UnitOfWork | None = field(default=None, init=False)
    _reader: Reader | None = field(default=None, init=False)
    _loaders: Loaders | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.payer = self.viewer

    @property
    def client(self) -> Client:
        """The client. Created on access, because most operations don't need it."""
        return self.make_client()

    @property
    def loaders(self) -> Loaders:
        """The loaders of the operation. They share one reader."""
        if self._loaders is None:
            self._loaders = Loaders(self._reading())
        return self._loaders

    @property
    def has_open_reader(self) -> bool:
        """Whether a reader was opened, so that `close` has to release it."""
        return self._reader is not None

    async def transaction(
        self,
        use_case: Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a use case in one transaction. Reads after it don't use results loaded before it.

        Releases the reader's connection first: holding a connection while waiting for another can deadlock.
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
        """Runs a use case in a transaction of its own, even within a mutation with an `Idempotency-Key`.

        For changes that an error must not roll back, such as a consumed challenge or a recorded failure.
        """
        await self.reset_reads()
        with client_info_scope(self._origin):
            return await self.services.database.run_use_case(use_case, self.viewer, *args, **kwargs)

    async def mutate(self, kind: type[T], run: Callable[[], Awaitable[T]]) -> T:
        """Runs a mutation whose payload type is `kind`.

        With an `Idempotency-Key`, guards, change and stored result are one transaction. After a crash, either
        nothing was changed, or a retry finds the stored result.
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
        """Discards everything read so far, and replaces the viewer if one is given."""
        if self._reader is not None:
            await self._reader.close()
        self.viewer = viewer or self.viewer
        self._reader = self._loaders = None

    async def node(self, node_id: str) -> Any:
        """Returns the row with this id if the viewer can see it, else None."""
        model = model_of(node_id)
        return await self.loaders.row(model).load(node_id) if model else None

    async def nodes(self, node_ids: Sequence[str]) -> list[Any]:
        """Returns the rows with these ids, with None for those that the viewer can't see."""
        return list(await asyncio.gather(*(self.node(node_id) for node_id in node_ids)))

    async def read(self, statement: Executable) -> Rows:
        """Runs a SELECT of a domain's `reads` that applies its own visibility conditions."""
        return await self._reading().execute(statement)

    async def close(self) -> None:
        """Releases the connection. Later reads raise ReaderClosedError."""
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
