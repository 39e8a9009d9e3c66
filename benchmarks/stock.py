"""Stock Strawberry as its documentation teaches: types, resolvers, a DataLoader for each relation."""

import os
from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks import stock_reads as reads
from infocus_graphql import tables  # noqa: F401 - knows all the models that relate to each other
from infocus_graphql.domains.families.models import Family as FamilyRow
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.media.models import MediaItem as MediaItemRow
from infocus_graphql.domains.media.models import StreamingProvider as ProviderRow
from infocus_graphql.domains.watchlists.models import WatchlistEntry as EntryRow
from infocus_graphql.domains.watchlists.models import WatchStatus

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:", 1),
    pool_size=int(os.environ["POOL_SIZE"]),
    max_overflow=0,
    connect_args={"server_settings": {"timezone": "UTC"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
strawberry.enum(WatchStatus)
strawberry.enum(FamilyRole)


@strawberry.type
class StreamingProvider:
    provider: str
    url: str | None
    regions: list[str]


@strawberry.type
class MediaItem:
    id: strawberry.ID
    title: str
    description: str | None
    poster_path: str | None
    genres: list[str]
    release_date: date | None
    rating: float | None

    @strawberry.field
    async def streaming_providers(self, info: strawberry.Info) -> list[StreamingProvider]:
        rows: list[ProviderRow] = await info.context["providers"].load(self.id)
        return [StreamingProvider(provider=row.provider, url=row.url, regions=row.regions) for row in rows]

    @classmethod
    def of(cls, row: MediaItemRow) -> "MediaItem":
        return cls(
            id=strawberry.ID(row.id),
            title=row.title,
            description=row.description,
            poster_path=row.poster_path,
            genres=row.genres,
            release_date=row.release_date,
            rating=row.rating,
        )


@strawberry.type
class WatchlistEntry:
    id: strawberry.ID
    status: WatchStatus
    rating: int | None
    date_added: datetime
    date_updated: datetime
    media_item_id: strawberry.Private[str]

    @strawberry.field
    async def media_item(self, info: strawberry.Info) -> MediaItem:
        return MediaItem.of(await info.context["titles"].load(self.media_item_id))

    @classmethod
    def of(cls, row: EntryRow) -> "WatchlistEntry":
        return cls(
            id=strawberry.ID(row.id),
            status=row.status,
            rating=row.rating,
            date_added=row.date_added,
            date_updated=row.date_updated,
            media_item_id=row.media_item_id,
        )


@strawberry.type
class Watchlist:
    nodes: list[WatchlistEntry]


@strawberry.type
class Profile:
    avatar: str | None


@strawberry.type
class User:
    id: strawberry.ID
    name: str

    @strawberry.field
    async def profile(self, info: strawberry.Info) -> Profile:
        return Profile(avatar=(await info.context["profiles"].load(self.id)).avatar)

    @strawberry.field
    async def watchlist(self, info: strawberry.Info, first: int) -> Watchlist:
        rows = await info.context["watchlists"].load((self.id, first))
        return Watchlist(nodes=[WatchlistEntry.of(row) for row in rows])


@strawberry.type
class Membership:
    role: FamilyRole
    user_id: strawberry.Private[str]

    @strawberry.field
    async def user(self, info: strawberry.Info) -> User:
        row = await info.context["users"].load(self.user_id)
        return User(id=strawberry.ID(row.id), name=row.name or "")


@strawberry.type
class Members:
    nodes: list[Membership]


@strawberry.type
class Family:
    id: strawberry.ID
    name: str

    @strawberry.field
    async def members(self, info: strawberry.Info, first: int) -> Members:
        rows = await info.context["members"].load(self.id)
        return Members(nodes=[Membership(role=row.role, user_id=row.user_id) for row in rows[:first]])


@strawberry.input
class WatchlistFilter:
    statuses: list[WatchStatus] | None = None


@strawberry.type
class Viewer:
    @strawberry.field
    async def watchlist(
        self,
        info: strawberry.Info,
        first: int,
        filter: WatchlistFilter | None = None,  # noqa: A002
    ) -> Watchlist:
        viewer = info.context["request"].headers["x-viewer"]
        statement = select(EntryRow).where(EntryRow.user_id == viewer)
        if filter is not None and filter.statuses is not None:
            statement = statement.where(EntryRow.status.in_(filter.statuses))
        statement = statement.order_by(EntryRow.date_added.desc(), EntryRow.id.desc()).limit(first)
        async with sessions() as session:
            return Watchlist(nodes=[WatchlistEntry.of(row) for row in await session.scalars(statement)])


@strawberry.input(one_of=True)
class MediaRef:
    id: strawberry.ID | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    async def family(self, info: strawberry.Info, id: strawberry.ID) -> Family | None:  # noqa: A002
        async with sessions() as session:
            row = await session.get(FamilyRow, id)
        return None if row is None else Family(id=strawberry.ID(row.id), name=row.name)

    @strawberry.field
    async def viewer(self) -> Viewer:
        return Viewer()

    @strawberry.field
    async def media_item(self, ref: MediaRef) -> MediaItem | None:
        async with sessions() as session:
            row = await session.get(MediaItemRow, ref.id)
        return None if row is None else MediaItem.of(row)

    @strawberry.field
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> User | None:  # noqa: A002
        row = await info.context["users"].load(id)
        return None if row is None else User(id=strawberry.ID(row.id), name=row.name or "")


@strawberry.input
class UpdateWatchlistEntryInput:
    id: strawberry.ID
    status: WatchStatus
    rating: int | None = None


@strawberry.type
class UpdateWatchlistEntryPayload:
    entry: WatchlistEntry


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def update_watchlist_entry(
        self,
        info: strawberry.Info,
        input: UpdateWatchlistEntryInput,  # noqa: A002
    ) -> UpdateWatchlistEntryPayload:
        async with sessions() as session:
            row = await session.get_one(EntryRow, input.id)
            row.status, row.rating, row.version = input.status, input.rating, row.version + 1
            await session.commit()
            await session.refresh(row)
            return UpdateWatchlistEntryPayload(entry=WatchlistEntry.of(row))


class App(GraphQL[Any, Any]):
    async def get_context(self, request: Any, response: Any = None) -> Any:
        """Loaders for one request."""
        loads = reads.loads(sessions)
        loaders: dict[str, DataLoader[Any, Any]] = {name: DataLoader(load) for name, load in loads.items()}
        return {"request": request, **loaders}


schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
app = App(schema, graphql_ide=None)
