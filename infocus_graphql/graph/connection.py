"""Relay connections: their types, the arguments of a page, and the validation of those arguments."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar

import orjson
import strawberry
from graphql import GraphQLNamedType

from infocus_graphql.db.batch_queries import ABSENT, Filter, Filters, Parameter, Window
from infocus_graphql.db.keyset import CursorError, Order, decode_cursor
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import DECLARED, Cursor, FieldDefinition, TypeAnnotation
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.loaders import RowPage
from infocus_graphql.graph.strawberry_internals import definition_of

if TYPE_CHECKING:
    from infocus_graphql.graph.declarations import Page

T = TypeVar("T")


def _cursor(description: str) -> FieldDefinition:
    return strawberry.field(description=description, metadata={DECLARED: Cursor()})


@strawberry.type(description="The position of a page in its list, as defined by the Relay specification.")
class PageInfo:
    """Exact in the direction of paging; in the other direction, true if a cursor was given."""

    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = _cursor("The cursor of the first item; null on an empty page.")
    end_cursor: str | None = _cursor("The cursor of the last item; null on an empty page.")


PAGE: Final = (
    "A page of a list. A field of this type is null if its arguments are invalid, such as "
    "a cursor of another list or filter. The error has the path of the field; other fields are not "
    "affected."
)
EDGES: Final = "The items of the page with their cursors."
NODES: Final = "The items of the page."
CURSOR: Final = (
    "The opaque position of the item, for `after` and `before` of the same list with the same order "
    "and filter."
)


@strawberry.type(description="An item of a list, with its cursor.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The item.")
    cursor: str = _cursor(CURSOR)


@strawberry.type(description=PAGE)
class Connection(Generic[T]):
    """A GraphQL view of a `RowPage`."""

    @strawberry.field(description=EDGES)
    def edges(root: RowPage) -> list[Edge[T]]:  # noqa: N805 - Strawberry passes the source as `root`
        """Returns the items with their cursors."""
        return [Edge(node=row, cursor=cursor) for row, cursor in zip(root.rows, root.cursors, strict=True)]

    @strawberry.field(description=NODES)
    def nodes(root: RowPage) -> list[T]:  # noqa: N805
        """Returns the items."""
        return root.rows

    @strawberry.field(description="The position of this page in the list.")
    def page_info(root: RowPage) -> PageInfo:  # noqa: N805
        """Returns the page info of the Relay specification."""
        return PageInfo(
            has_next_page=root.has_next,
            has_previous_page=root.has_previous,
            start_cursor=root.cursors[0] if root.cursors else None,
            end_cursor=root.cursors[-1] if root.cursors else None,
        )

    @strawberry.field(description="The number of items in the list, after filters and across all pages.")
    async def total_count(root: RowPage) -> int:  # noqa: N805
        """Counts the list; one statement for all parents of the field."""
        return await root.count()


class AssociationEdge:
    """The source object of an edge with fields of its own: an association row and its cursor."""

    def __init__(self, row: MappedRow, cursor: str) -> None:
        self._row = row
        self.cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def association_edges(root: RowPage) -> list[MappedRow]:
    """Returns the edge sources of a page of association rows, such as memberships.

    The edge type declares its fields over the association row: `node` is a relation to the item, and other
    fields, such as `role`, are columns.
    """
    return [AssociationEdge(row, cursor) for row, cursor in zip(root.rows, root.cursors, strict=True)]


async def associated_nodes(root: RowPage, info: Info, to: Link) -> list[MappedRow]:
    """Returns the items that the association rows of a page refer to."""
    if to.key is None:
        raise TypeError("an association row names its item by a key")
    return await info.context.loaders.row(to.target).load_many([getattr(row, to.key) for row in root.rows])


def is_connection(gtype: GraphQLNamedType) -> bool:
    """Whether a type is a connection: its Python class is a `Connection`, whatever its name is."""
    return _is_made_from(gtype, Connection)


def is_edge(gtype: GraphQLNamedType) -> bool:
    """Whether a type is the edge of a connection."""
    return _is_made_from(gtype, Edge)


def is_page_info(gtype: GraphQLNamedType) -> bool:
    """Whether a type is `PageInfo`."""
    return _is_made_from(gtype, PageInfo)


def is_part_of_page(gtype: GraphQLNamedType) -> bool:
    """Whether a type is a connection, an edge, or `PageInfo`."""
    return is_connection(gtype) or is_edge(gtype) or is_page_info(gtype)


@cache
def _is_made_from(gtype: GraphQLNamedType, base: type) -> bool:
    made_from = getattr(definition_of(gtype), "origin", None)
    return isinstance(made_from, type) and issubclass(made_from, base)


After = Annotated[str | None, strawberry.argument(description="Returns the items after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description=f"The number of items from the end: 1-{MAX_PAGE}.")
]
Before = Annotated[str | None, strawberry.argument(description="Returns the items before this cursor.")]


@cache
def page_arguments(default: int) -> dict[str, TypeAnnotation]:
    """Returns the paging arguments of a connection whose default page size is `default`."""
    text = f"The number of items from the start: 1-{MAX_PAGE}, by default {default}."
    first = Annotated[int | None, strawberry.argument(description=text)]
    return {"first": first, "after": After, "last": Last, "before": Before}


def window(page: "Page", scope: str, arguments: Mapping[str, Any], cursor_key: str) -> Window:
    """Converts the arguments of a page to a window.

    Raises BAD_USER_INPUT with the name of a wrong argument.
    """
    orders, row = page.orders, page.link.target
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise bad_input("Use `first` or `last`, not both.", "last")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise bad_input(f"`{name}` must be from 1 to {MAX_PAGE}.", name)
    order = orders.chosen(arguments.get("order_by"))
    scope = _scope(page, scope, arguments)
    return Window(
        order,
        scope,
        last or first or page.default,
        after=_position(order, row, scope, arguments, "after", cursor_key),
        before=_position(order, row, scope, arguments, "before", cursor_key),
        backwards=last is not None,
    )


def conditions(declared: Mapping[str, Parameter], given: object) -> Filters:
    """Pairs the declared parameters with their values in `given`, an object or a dict.

    Null or absent values are left out, except for filters that declare a condition for absence.
    """
    if not declared or given is None:
        return tuple([(each, ABSENT) for each in declared.values() if _has_absent(each)])
    value_of = given.get if isinstance(given, dict) else partial(getattr, given)
    found = []
    for name, condition in declared.items():
        value = value_of(name, None)
        if value is not None and value is not strawberry.UNSET:
            found.append((condition, tuple(value) if isinstance(value, list) else value))
        elif _has_absent(condition):
            found.append((condition, ABSENT))
    return tuple(found)


def _has_absent(parameter: Parameter) -> bool:
    return isinstance(parameter, Filter) and parameter.absent is not None


def _scope(page: "Page", scope: str, arguments: Mapping[str, Any]) -> str:
    """The scope of the list's cursors, which differs for each filter: a position is one in a filtered list.

    Filters that mean the same have the same scope, such as `genres: ["drama"]` and `["Drama"]`.
    """
    if not page.arguments and arguments.get("filter") is None:  # as for most lists
        return scope
    own = {name: argument.parameter for name, argument in page.arguments.items()}
    given = [list(_converted(page.filters, arguments.get("filter"))), list(_converted(own, arguments))]
    return f"{scope}|{sha256(orjson.dumps(given)).hexdigest()[:16]}" if any(given) else scope


def _converted(declared: Mapping[str, Parameter], given: Any) -> Iterator[tuple[str, Any]]:
    """The names of the filters that have a value, each with the value as the statement takes it."""
    value_of = given.get if isinstance(given, dict) else partial(getattr, given)
    for name, condition in declared.items() if given is not None else ():
        value = value_of(name, None)
        if value is not None and value is not strawberry.UNSET:
            value = condition.convert(value)
            yield name, sorted(value, key=str) if isinstance(value, list) else value


def _position(
    order: Order, row: type, scope: str, arguments: Mapping[str, Any], name: str, key: str
) -> tuple[object, ...] | None:
    cursor = arguments.get(name)
    if cursor is None:
        return None
    try:
        return tuple(decode_cursor(order, row, scope, cursor, key))
    except CursorError as error:
        raise bad_input(f"`{name}` is not a cursor of this list with this order and filter.", name) from error
