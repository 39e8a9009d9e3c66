"""Relay connections: the types, the arguments every page takes, and the checks of those arguments."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeAlias, TypeVar

import strawberry

from infocus_graphql.db.batch_queries import ABSENT, Filter, Filters, Window
from infocus_graphql.db.keyset import CursorError, Order, SortKey, decode_cursor
from infocus_graphql.db.links import Link
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.loaders import RowPage

if TYPE_CHECKING:
    from infocus_graphql.graph.declarations import Page

T = TypeVar("T")


class Direction(enum.Enum):
    """Which end of an order comes first."""

    ASC = "asc"
    DESC = "desc"


OrderDirection: TypeAlias = Direction
publish_enum(
    OrderDirection,
    "Which end of an order comes first. Rows without a value come last both ways.",
    {Direction.ASC: "Smallest, earliest or A first.", Direction.DESC: "Largest, latest or Z first."},
    name="OrderDirection",
)


@strawberry.type(description="The position of a page in its list, as in the Relay specification.")
class PageInfo:
    """Exact in the direction of reading; in the other one, true when a cursor was given."""

    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="The first item's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last item's cursor; null on an empty page.")


PAGE: Final = (
    "One page of a list. A field of this type is null when its arguments are wrong, such as a cursor of "
    "another list; the error has the path of that field, and no other field is affected."
)
EDGES: Final = "The items with their cursors."
NODES: Final = "The items without cursors."
CURSOR: Final = "The position of the item: an opaque string for `after` and `before` of the same list."


@strawberry.type(description="An item of a list with its cursor.")
class Edge(Generic[T]):
    """One item with its cursor."""

    node: T = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description=CURSOR)


@strawberry.type(description=PAGE)
class Connection(Generic[T]):
    """A view on a RowPage."""

    @strawberry.field(description=EDGES)
    def edges(root: RowPage) -> list[Edge[T]]:  # noqa: N805 - Strawberry gives the source as `root`
        """Items and cursors, side by side."""
        return [Edge(node=row, cursor=cursor) for row, cursor in zip(root.rows, root.cursors, strict=True)]

    @strawberry.field(description=NODES)
    def nodes(root: RowPage) -> list[T]:  # noqa: N805
        """The rows."""
        return root.rows

    @strawberry.field(description="The position of this page in the list.")
    def page_info(root: RowPage) -> PageInfo:  # noqa: N805
        """The four facts of the Relay specification."""
        return PageInfo(
            has_next_page=root.has_next,
            has_previous_page=root.has_previous,
            start_cursor=root.cursors[0] if root.cursors else None,
            end_cursor=root.cursors[-1] if root.cursors else None,
        )

    @strawberry.field(description="The number of items in the whole list, after filters.")
    async def total_count(root: RowPage) -> int:  # noqa: N805
        """One further statement for all parents together."""
        return await root.count()


class AssociationEdge:
    """The source of an edge whose fields are columns of an association row, with its cursor."""

    def __init__(self, row: Any, cursor: str) -> None:
        self._row = row
        self.cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def association_edges(root: RowPage) -> list[Any]:
    """The sources of the edges of a page of association rows, such as memberships.

    The type of such an edge declares its fields over the association row: `node` as a relation to the item,
    and others, such as `role`, as columns.
    """
    return [AssociationEdge(row, cursor) for row, cursor in zip(root.rows, root.cursors, strict=True)]


async def associated_nodes(root: RowPage, info: Info, to: Link) -> list[Any]:
    """The items that the association rows of a page lead to."""
    if to.key is None:
        raise TypeError("an association row names its item by a key")
    return await info.context.loaders.row(to.target).load_many([getattr(row, to.key) for row in root.rows])


@dataclass(frozen=True, eq=False)
class Orders:
    """The orders that a page offers: the default one, and those that `orderBy` can name."""

    default: Order
    by: Mapping[Any, tuple[SortKey, ...]] = field(default_factory=dict)
    input_type: Any = None

    def chosen(self, order_by: Any) -> Order:
        """The order that the argument `orderBy` asks for."""
        if order_by is None:
            return self.default
        descending = order_by.direction is Direction.DESC
        return Order(order_by.field.name, self.by[order_by.field], descending)


After = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description=f"At most this many items from the end: 1-{MAX_PAGE}.")
]
Before = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]


@cache
def page_arguments(default: int) -> dict[str, Any]:
    """The arguments of a page that has `default` rows when the client gives no size."""
    text = f"At most this many items from the start: 1-{MAX_PAGE}, by default {default}."
    first = Annotated[int | None, strawberry.argument(description=text)]
    return {"first": first, "after": After, "last": Last, "before": Before}


def window(page: "Page", scope: str, arguments: Mapping[str, Any], cursor_key: str) -> Window:
    """The window that a page's arguments ask for; a wrong one is a BAD_USER_INPUT error that names it."""
    orders, row = page.orders, page.link.target
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise bad_input("Give `first` or `last`, not both.", "last")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise bad_input(f"`{name}` must be from 1 to {MAX_PAGE}.", name)
    order = orders.chosen(arguments.get("order_by"))
    return Window(
        order,
        scope,
        last or first or page.default,
        after=_position(order, row, scope, arguments, "after", cursor_key),
        before=_position(order, row, scope, arguments, "before", cursor_key),
        backwards=last is not None,
    )


def conditions(declared: Mapping[str, Filter], given: Any) -> Filters:
    """The declared conditions with the values given for them, by attribute or by key; null is no value."""
    if not declared or given is None:
        return tuple([(each, ABSENT) for each in declared.values() if each.absent is not None])
    value_of = given.get if isinstance(given, dict) else partial(getattr, given)
    found = []
    for name, condition in declared.items():
        value = value_of(name, None)
        if value is not None and value is not strawberry.UNSET:
            found.append((condition, tuple(value) if isinstance(value, list) else value))
        elif condition.absent is not None:
            found.append((condition, ABSENT))
    return tuple(found)


def _position(
    order: Order, row: type, scope: str, arguments: Mapping[str, Any], name: str, key: str
) -> tuple[Any, ...] | None:
    cursor = arguments.get(name)
    if cursor is None:
        return None
    try:
        return tuple(decode_cursor(order, row, scope, cursor, key))
    except CursorError as error:
        raise bad_input(f"`{name}` is not a cursor of this list in this order.", name) from error
