"""Relay connections: the types, the arguments every page takes, and the checks of those arguments."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry

from infocus_graphql.db.batches import ABSENT, Condition, Conditions, Window
from infocus_graphql.db.keyset import CursorError, Order, Term, position_of
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.lengths import MAX_PAGE
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


@strawberry.type(description="Where a page lies in its list, after the Relay specification.")
class PageInfo:
    """Exact in the direction of reading; in the other one, true when a cursor was given."""

    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="The first item's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last item's cursor; null on an empty page.")


@strawberry.type(description="An item of a page and its place in the list.")
class Edge(Generic[T]):
    """One item with its cursor."""

    node: T = strawberry.field(description="The item.")
    cursor: str = strawberry.field(
        description="The item's place: opaque, for `after` and `before` of the same list."
    )


@strawberry.type(
    description="One page of a list. A field of this type is null when its arguments are wrong, such as a "
    "cursor of another list; the error has the path of that field, and no other field is affected."
)
class Connection(Generic[T]):
    """A view on a RowPage."""

    @strawberry.field(description="The items with their cursors.")
    def edges(root: RowPage) -> list[Edge[T]]:  # noqa: N805 - Strawberry gives the source as `root`
        """Items and cursors, side by side."""
        return [Edge(node=row, cursor=cursor) for row, cursor in zip(root.rows, root.cursors, strict=True)]

    @strawberry.field(description="The items alone.")
    def nodes(root: RowPage) -> list[T]:  # noqa: N805
        """The rows."""
        return root.rows

    @strawberry.field(description="Where this page lies in the list.")
    def page_info(root: RowPage) -> PageInfo:  # noqa: N805
        """The four facts of the Relay specification."""
        return PageInfo(
            has_next_page=root.has_next,
            has_previous_page=root.has_previous,
            start_cursor=root.cursors[0] if root.cursors else None,
            end_cursor=root.cursors[-1] if root.cursors else None,
        )

    @strawberry.field(
        description="The number of items in the whole list, after filters. Counted only when asked for."
    )
    async def total_count(root: RowPage) -> int:  # noqa: N805
        """One further statement for all parents together."""
        return await root.count()


@dataclass(frozen=True, eq=False)
class Orders:
    """The orders that a page offers: the default one, and those that `orderBy` can name."""

    default: Order
    by: Mapping[Any, tuple[Term, ...]] = field(default_factory=dict)
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


def conditions(declared: Mapping[str, Condition], given: Any) -> Conditions:
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
        return tuple(position_of(order, row, scope, cursor, key))
    except CursorError as error:
        raise bad_input(f"`{name}` is not a cursor of this list in this order.", name) from error
