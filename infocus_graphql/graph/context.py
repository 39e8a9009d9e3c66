"""The context of one operation: its viewer, its reads and its transactions. Contains no business logic."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

import strawberry
from graphql import FieldNode, GraphQLObjectType

from infocus_graphql.core.client_info import ClientInfo, client_info_scope
from infocus_graphql.core.errors import Refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import Database, Reader, ReaderClosedError, ReadUnit, UnitOfWork
from infocus_graphql.db.sql_types import Arguments, MappedRow
from infocus_graphql.graph.event_source import EventSource
from infocus_graphql.graph.idempotency import IdempotentRequest
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.node import model_of
from infocus_graphql.graph.transaction import MutationTransaction
from infocus_graphql.rate_limiting.limiter import RateLimiter
from infocus_graphql.rate_limiting.rules import RateLimitDecision, RateLimitRule
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.security.api_token_cache import ApiTokenCache
from infocus_graphql.security.passwords import Passwords
from infocus_graphql.security.revocation_listener import RevocationListener
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.cached_pages import CachedPages
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType

P = ParamSpec("P")
T = TypeVar("T")


class PartialPlanner(Protocol):
    """Resolves single root fields by plan, in operations that can't be planned as a whole."""

    async def field(self, gtype: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> object:
        """Returns the JSON of a root field as a Fragment, None for null, or UNPLANNED."""

    async def rows(
        self, gtype: GraphQLObjectType, nodes: list[FieldNode], ids: object, path: list[str | int]
    ) -> object:
        """Returns the JSON of a payload's field for the rows with these ids, None for null, or UNPLANNED."""


class UnfetchedTitle(Protocol):
    """A title to fetch. `is_listed` if the catalogue has it without details."""

    @property
    def type(self) -> TitleType: ...
    @property
    def tmdb_id(self) -> int: ...
    @property
    def is_listed(self) -> bool: ...


class TitleFetcher(Protocol):
    """Fetches titles of TMDB into the catalogue."""

    async def unfetched(self, media: Arguments) -> UnfetchedTitle | None:
        """Returns the title that a reference means, if the catalogue lacks it or its details; else None."""

    async def fetch(self, title_type: TitleType, tmdb_id: int) -> bool:
        """Fetches a title. False if TMDB has no such title; raises a TmdbError if it can't be fetched now."""

    async def close(self) -> None:
        """Ends the running fetches."""


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
    tmdb: TmdbClient | None  # None if no key is configured
    tmdb_pages: CachedPages | None
    titles: TitleFetcher
    events: EventSource


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a request, as far as the request identifies it."""

    address: str | None = None
    ip_prefix: str | None = None
    user_agent: str | None = None
    refresh_cookie: str | None = None
    # Detected by headers that browsers add to every POST and scripts can't remove, such as `Origin`.
    is_browser: bool = False
    is_other_host: bool = False  # the page's host name differs from this server's

    def without_cookies(self) -> "Client":
        """The client of a connection that neither sends nor stores cookies."""
        return replace(self, refresh_cookie=None, is_browser=False)


@dataclass(slots=True)
class ResponseMetadata:
    """Data for the response's headers. An empty `refresh_cookie` clears the cookie."""

    # True for queries only: the length of a compressed response can reveal tokens in it (BREACH).
    compressible: bool = False
    # False on sockets, whose messages have no headers.
    sets_cookies: bool = True
    refresh_cookie: str | None = None
    refresh_cookie_seconds: int = 0
    # Seconds until a retry after RATE_LIMITED, and the state of the budget.
    retry_after: int | None = None
    budget: tuple[RateLimitRule, RateLimitDecision] | None = None

    def set_refresh_cookie(self, token: str, seconds: int = 0) -> None:
        """Sets the refresh cookie with this lifetime; an empty token clears it."""
        self.refresh_cookie, self.refresh_cookie_seconds = token, seconds


@dataclass(slots=True)
class Context:
    """The context of one operation, closed after it."""

    services: Services
    viewer: Viewer
    make_client: Callable[[], Client] = Client
    response: ResponseMetadata = field(default_factory=ResponseMetadata)
    plans: PartialPlanner | None = None
    # Set for mutations with an `Idempotency-Key`.
    idempotency: IdempotentRequest | None = None
    # Whether the operation runs in the lane of expensive operations, on a connection of that lane.
    expensive: bool = False
    # The estimated cost of the data that the operation returns.
    estimated_returned: int = 0
    # Whether a plan was compiled for the operation: the document or its arguments were new to this worker.
    compiled: bool = False
    # Whether the whole operation was run by plan, and if not, why. None before it runs.
    planned: bool | None = None
    unplanned_reason: str | None = None
    # The viewer whose budget is charged: the sender of the request, even if it signs another user in or out.
    payer: Viewer = field(init=False)
    # Set while a mutation runs.
    _transaction: MutationTransaction | None = field(default=None, init=False)
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
    def tmdb(self) -> TmdbClient | None:
        """The client of TMDB; None if no key is configured. Each call raises a TmdbError if it fails."""
        return self.services.tmdb

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

    async def read(
        self,
        use_case: Callable[Concatenate[ReadUnit, Viewer, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a use case that only reads, on a connection on which PostgreSQL rejects writes.

        A mutation returns the connection right away: it may hash a password next, which takes long.
        """
        try:
            return await use_case(self._reading(), self.viewer, *args, **kwargs)
        finally:
            if self._transaction is not None:
                await self.reset_reads()

    async def transaction(
        self,
        use_case: Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a use case in the mutation's transaction, which is committed after the mutation has returned.

        Releases the reader's connection first: holding a connection while waiting for another can deadlock.
        """
        if self._transaction is None:
            return await self.mutate(lambda: self.transaction(use_case, *args, **kwargs))
        await self.reset_reads()
        with client_info_scope(self._origin):
            return await self._transaction.run(use_case, self.viewer, *args, **kwargs)

    async def mutate(self, run: Callable[[], Awaitable[T | Refused]]) -> T:
        """Runs a mutation and commits its transaction.

        An exception rolls the transaction back. A `Refused` that the mutation returns is raised after the
        commit, for errors with changes that must be kept, such as the record of a failed sign-in.
        """
        await self.reset_reads()
        transaction = self._transaction = MutationTransaction(self.services.database, self.idempotency)
        try:
            result = await run()
            await transaction.finish(result)
        finally:
            self._transaction = None
            await transaction.close()
        if isinstance(result, Refused):
            raise result
        return result

    def after_commit(self, callback: Callable[[], Awaitable[None] | None]) -> None:
        """Runs `callback` when the mutation's transaction is committed, not if it is rolled back."""
        if self._transaction is None:
            raise RuntimeError("there is no mutation to be committed")
        self._transaction.after_commit(callback)

    async def reset_reads(self, viewer: Viewer | None = None) -> None:
        """Discards everything read so far, and replaces the viewer if one is given."""
        if self._reader is not None:
            await self._reader.close()
        self.viewer = viewer or self.viewer
        self._reader = self._loaders = None

    async def node(self, node_id: str) -> MappedRow:
        """Returns the row with this id if the viewer can see it, else None."""
        model = model_of(node_id)
        return await self.loaders.row(model).load(node_id) if model else None

    async def nodes(self, node_ids: Sequence[str]) -> list[MappedRow]:
        """Returns the rows with these ids, with None for those that the viewer can't see."""
        return list(await asyncio.gather(*(self.node(node_id) for node_id in node_ids)))

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
        if self._transaction is not None and self._transaction.is_open:
            raise RuntimeError("a mutation reads before its transaction, or in it")
        params = {
            "viewer_id": self.viewer.id,
            "session_id": self.viewer.session_id,
            "cursor_key": self.services.cursor_key,
        }
        self._reader = self.services.database.reader(params)
        return self._reader


Info: TypeAlias = strawberry.Info[Context, None]
