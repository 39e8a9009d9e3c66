"""The reads of the DataLoaders of stock Strawberry: one statement per relation and batch of keys."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from infocus_graphql.domains.families.models import FamilyMembership
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider
from infocus_graphql.domains.watchlists.models import WatchlistEntry

Sessions = async_sessionmaker[AsyncSession]
Load = Callable[[list[Any]], Awaitable[list[Any]]]


def loads(sessions: Sessions) -> dict[str, Load]:
    """The batch functions of the loaders, by name."""
    members = (FamilyMembership.joined_at, FamilyMembership.id)
    providers = (StreamingProvider.provider, StreamingProvider.offer_type)
    return {
        "users": _one(sessions, User, "id"),
        "profiles": _one(sessions, Profile, "user_id"),
        "titles": _one(sessions, MediaItem, "id"),
        "members": _many(sessions, FamilyMembership, "family_id", members),
        "providers": _many(sessions, StreamingProvider, "media_item_id", providers),
        "watchlists": _watchlists(sessions),
    }


def _one(sessions: Sessions, model: Any, name: str) -> Load:
    async def load(keys: list[Any]) -> list[Any]:
        async with sessions() as session:
            rows = await session.scalars(select(model).where(getattr(model, name).in_(keys)))
            found = {getattr(row, name): row for row in rows}
        return [found.get(key) for key in keys]

    return load


def _many(sessions: Sessions, model: Any, name: str, order: tuple[Any, ...]) -> Load:
    async def load(keys: list[Any]) -> list[Any]:
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        async with sessions() as session:
            statement = select(model).where(getattr(model, name).in_(keys)).order_by(*order)
            for row in await session.scalars(statement):
                found[getattr(row, name)].append(row)
        return [found[key] for key in keys]

    return load


def _watchlists(sessions: Sessions) -> Load:
    async def load(keys: list[Any]) -> list[Any]:
        """Each key is a user id and a page size."""
        newest = (WatchlistEntry.date_added.desc(), WatchlistEntry.id.desc())
        place = func.row_number().over(partition_by=WatchlistEntry.user_id, order_by=newest)
        users = {user for user, _ in keys}
        ranked = (
            select(WatchlistEntry, place.label("place")).where(WatchlistEntry.user_id.in_(users)).subquery()
        )
        entry: Any = aliased(WatchlistEntry, ranked)
        most = max(size for _, size in keys)
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        async with sessions() as session:
            statement = select(entry).where(ranked.c.place <= most).order_by(ranked.c.place)
            for row in await session.scalars(statement):
                found[row.user_id].append(row)
        return [found[user][:size] for user, size in keys]

    return load
