"""The reference engine: one DataLoader per declared field and arguments, created on first use."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import literal, select
from strawberry.dataloader import DataLoader

from infocus_graphql.core.tasks import retrieve
from infocus_graphql.db import batch_queries
from infocus_graphql.db.batch_queries import Filters, Parameter, Record, ViewerExpression, Window
from infocus_graphql.db.database import Reader
from infocus_graphql.db.links import Link, primary_key_of
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect
from infocus_graphql.db.visibility import VIEWER

T = TypeVar("T")
Load = Callable[[list[str]], Awaitable[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows with their cursors, and a function that counts the whole list."""

    rows: list[MappedRow]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]


class Loader(Generic[T]):
    """Collects the keys requested by sibling fields and loads them in one batch."""

    def __init__(self, load: Load) -> None:
        self._inner: DataLoader[str, Any] = DataLoader(load_fn=load)

    def load(self, key: str) -> Awaitable[T]:
        """Returns the value for one key.

        Shielded, because several fields may wait for the same key: if one of them is cancelled (because its
        sibling failed), the others must still get their value.
        """
        found = asyncio.ensure_future(self._inner.load(key))
        # If all waiting fields are cancelled, an exception of the batch must not be reported as unretrieved.
        found.add_done_callback(retrieve)
        return asyncio.shield(found)

    def load_many(self, keys: Iterable[str]) -> Awaitable[list[T]]:
        """Returns the values for several keys, in order."""
        return asyncio.gather(*[self.load(key) for key in keys])


class Loaders:
    """The loaders of one operation. Every loaded row has passed the visibility predicate of its table."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._made: dict[Hashable, Loader[MappedRow]] = {}

    def row(self, model: type) -> Loader[MappedRow]:
        """Returns the loader of rows by primary key. A row reached by several paths is loaded once."""

        async def load(keys: list[str]) -> Sequence[object]:
            found = await self._reader.execute(batch_queries.rows(model), {"keys": keys})
            by_key = {primary_key_of(row): row for row in found.scalars()}
            return [by_key.get(key) for key in keys]

        return self._loader(("row", model), load)

    def value(
        self, owner: Hashable, model: type, expression: ViewerExpression, *, once: bool = True
    ) -> Loader[MappedRow]:
        """Returns the loader of an SQL expression over rows of `model`, by primary key.

        The statement is built once unless the expression has values of the request.
        """
        statement = batch_queries.values_once if once else batch_queries.values

        async def load(keys: list[str]) -> Sequence[object]:
            found = await self._reader.execute(statement(model, expression), {"keys": keys})
            by_key = {row[0]: row[1] for row in found}
            return [by_key.get(key) for key in keys]

        return self._loader(("value", owner), load)

    def record(self, owner: Hashable, model: type, record: Record, *, once: bool = True) -> Loader[MappedRow]:
        """Returns the loader of a single-row aggregate over rows of `model`, by primary key."""
        statement = batch_queries.records_once if once else batch_queries.records

        async def load(keys: list[str]) -> Sequence[object]:
            found = await self._reader.execute(statement(model, record), {"keys": keys})
            by_key = {row[0]: row for row in found}
            return [by_key.get(key) for key in keys]

        return self._loader(("record", owner), load)

    def related(
        self, link: Link, orders: tuple[Callable[[MappedRow], SqlExpression], ...], conditions: Filters
    ) -> Loader[MappedRow]:
        """Returns the loader of all rows that a link refers to, by the parent's key."""

        async def load(keys: list[str]) -> Sequence[object]:
            statement = batch_queries.related(link, orders, conditions)
            return await self._grouped(statement, keys, lambda row: row[1])

        return self._loader(("related", link, orders, conditions), load)

    def page(self, link: Link, window: Window, conditions: Filters) -> Loader[RowPage]:
        """Returns the loader of one page of the list that a link refers to, by the parent's key."""

        async def load(keys: list[str]) -> Sequence[object]:
            statement = batch_queries.page(link, window, conditions)
            lists = await self._grouped(statement, keys, lambda row: (row[1], row[2]))
            return [
                _page(found, window, self._counter(link, conditions, key))
                for key, found in zip(keys, lists, strict=True)
            ]

        return self._loader(("page", link, window, conditions), load)

    async def root_page(self, link: Link, window: Window, conditions: Filters) -> RowPage:
        """Returns one page of a list that has no parent."""
        found = await self._reader.execute(batch_queries.root_page(link, window, conditions))

        async def count() -> int:
            counted = await self._reader.execute(select(batch_queries.count(link, conditions)(None, VIEWER)))
            return int(counted.scalar_one())

        return _page([(row[0], row[1]) for row in found], window, count)

    async def root_row(self, link: Link, conditions: Filters) -> MappedRow:
        """Returns the first visible row of a link without a source, or None."""
        found = await self._reader.execute(batch_queries.root_rows(link, conditions))
        return found.scalars().first()

    async def missing(self, condition: Parameter, value: Any, source: type | None, key: str) -> list[str]:
        """Returns the values of a filter that do not exist or that the viewer can't see.

        `key` is that of the parent, a row of the model `source`. Runs one statement for all parents.
        """
        names = condition.names
        if names is None:
            return []
        given = literal(condition.convert(value), condition.kind)

        async def load(keys: list[str]) -> Sequence[object]:
            if names.of_parent and source is not None:
                statement = batch_queries.missing_names(names, source, given)
                return await self._grouped(statement, keys, lambda row: str(row[1]))
            rows = await self._reader.execute(names.missing(given, None))
            return [[str(row[0]) for row in rows]] * len(keys)

        loader = self._loader(("missing", condition, orjson.dumps(value)), load)
        found: list[str] = await loader.load(key if names.of_parent else "")
        return found

    async def names(self, condition: Parameter) -> list[str]:
        """Returns all valid names of a filter, if it has a list of them."""
        if condition.names is None or condition.names.all is None:
            return []
        return [str(row[0]) for row in await self._reader.execute(condition.names.all())]

    def _counter(self, link: Link, conditions: Filters, key: str) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            expression = batch_queries.count(link, conditions)
            source = link.source or link.target
            return int(await self.value(("count", link, conditions), source, expression).load(key) or 0)

        return count

    async def _grouped(
        self, statement: SqlSelect, keys: list[str], item: Callable[[Any], Any]
    ) -> list[list[Any]]:
        found = await self._reader.execute(statement, {"keys": keys})
        by_key: dict[str, list[Any]] = {key: [] for key in keys}
        for row in found:
            by_key[row[0]].append(item(row))
        return [by_key[key] for key in keys]

    def _loader(self, key: Hashable, load: Load) -> Loader[MappedRow]:
        loader = self._made.get(key)
        if loader is None:
            loader = self._made[key] = Loader(load)
        return loader


def _page(found: list[tuple[Any, str]], window: Window, count: Callable[[], Awaitable[int]]) -> RowPage:
    more, found = len(found) > window.limit, found[: window.limit]
    if window.backwards:
        found = found[::-1]
    # In the direction of paging, one extra row was read. In the other direction, there are rows if and only
    # if a cursor was given.
    has_next = window.before is not None if window.backwards else more
    has_previous = more if window.backwards else window.after is not None
    return RowPage([row for row, _ in found], [cursor for _, cursor in found], has_next, has_previous, count)
