"""The weights of fields, by their declarations. A unit of cost is about 0.4 µs of CPU, or 64 bytes."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from infocus_graphql.graph.connection import is_connection, is_edge, is_page_info
from infocus_graphql.graph.declarations import (
    Aggregate,
    AnyDeclaration,
    Column,
    Computed,
    Cursor,
    EventStream,
    Mutation,
    Page,
    PayloadRow,
    Private,
    ResolvedList,
    ResolvedPage,
    RootNode,
    RootRow,
    ToMany,
    ToOne,
    declared_by,
)
from infocus_graphql.graph.limits.list_sizes import Size, list_size, page_size
from infocus_graphql.graph.limits.texts import text_weight
from infocus_graphql.graph.list_lengths import FEW, MAX_PAGE, Length, Reading
from infocus_graphql.graph.scalars import JSONObject, is_scalar

ROW: Final = 3  # a row of a list
OBJECT: Final = 4  # a row that another row refers to
VALUE: Final = 2
EDGE: Final = 6  # an edge with its node, in addition to the row
CURSOR: Final = 16
COMPUTED: Final = 5  # a value by a sub-select
PAGE: Final = 12  # finding a page, in addition to its rows
LIST: Final = 8  # finding a list without pages
COUNT: Final = 8  # a count, in addition to the rows that it reads
MUTATION: Final = 1_000
INTROSPECTION: Final = 20_000
KEY_CHARACTERS: Final = 16  # characters of a response key for each unit

# As `serverInfo.limits` shows them.
WEIGHTS: Final[tuple[tuple[str, int, str], ...]] = (
    ("ROW", ROW, "A row of a list or page."),
    ("OBJECT", OBJECT, "An object that a row refers to, such as the title of an entry."),
    ("VALUE", VALUE, "A scalar. Texts cost more, depending on their maximum length."),
    ("EDGE", EDGE, "An edge, in addition to its row. `nodes` is cheaper than `edges`."),
    ("CURSOR", CURSOR, "A cursor."),
    ("COMPUTED", COMPUTED, "A value that is computed for its row."),
    ("PAGE", PAGE, "Finding a page, in addition to its rows."),
    ("LIST", LIST, "Finding a list without pages, in addition to its rows."),
    ("COUNT", COUNT, "A count, in addition to the rows that it reads."),
    ("MUTATION", MUTATION, "A mutation, in addition to the selection of its payload."),
    ("INTROSPECTION", INTROSPECTION, "`__schema` or `__type`, with its whole selection."),
)


@dataclass(frozen=True, slots=True)
class Weight:
    """The weight of a field: `own` once, and `each` plus the selection for each of its rows."""

    own: int = 0  # for the data it returns
    read: int = 0  # for the rows it reads
    each: int = 0
    rows: int = 1
    page: Page | ResolvedPage | None = None  # the page whose arguments decide the number of rows
    listed: bool = False  # `edges` or `nodes`
    counts: bool = False  # `totalCount`
    length: Length | None = None  # the length of a list without pages
    ids: str | None = None  # the argument that names the rows
    levels: int = 1  # `edges` and its `node` are one level, as `nodes` is
    reading: Reading | None = None  # further rows that it reads once

    def size(self, node: FieldNode) -> int | Size:
        """The number of rows that the node selects."""
        if self.page is not None:
            return page_size(
                node, self.page.default, self.page.reading.length, getattr(self.page, "maximum", MAX_PAGE)
            )
        if self.length is not None:
            return Size(length=self.length, by_length=True)
        return list_size(node, self.ids) if self.ids else self.rows


@cache
def weight_of(gtype: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Weight:
    """The weight of a field of a type. Unknown fields weigh nothing: validation rejects them."""
    if name in {"__schema", "__type"}:
        return Weight(read=INTROSPECTION)
    if name == "__typename":
        return Weight(own=VALUE)
    definition = gtype.fields.get(name)
    if definition is None:
        return Weight()
    if is_connection(gtype):
        return _weight_in_page(name)
    if is_edge(gtype) or is_page_info(gtype):
        return _weight_beside_row(declared_by(definition))
    return _declared_weight(definition, declared_by(definition))


def _weight_beside_row(declared: AnyDeclaration) -> Weight:
    """The weight of a field of an edge or of `pageInfo`. The row itself is counted elsewhere."""
    if isinstance(declared, Cursor):
        return Weight(own=VALUE, read=CURSOR)
    return Weight(own=VALUE if isinstance(declared, Column) else 0)


def _weight_in_page(name: str) -> Weight:
    if name in {"nodes", "edges"}:
        edge = 0 if name == "nodes" else EDGE
        return Weight(each=ROW + edge, listed=True, levels=int(name == "nodes"))
    if name == "totalCount":
        return Weight(own=VALUE, counts=True)
    return Weight(own=4 * VALUE)


def _declared_weight(definition: GraphQLField, declared: AnyDeclaration) -> Weight:
    match declared:
        case Page() | ResolvedPage():
            found = Weight(read=PAGE, page=declared)
        case Mutation(weight=weight):
            found = Weight(read=weight)
        case Aggregate(reading=reading):
            found = Weight(own=OBJECT, read=COUNT, reading=reading)
        case ToMany(length=length) | ResolvedList(length=length):
            found = Weight(read=LIST, each=ROW, length=length)
        case RootNode(several=True):
            found = Weight(read=PAGE, each=OBJECT, ids="ids")
        case RootNode() | RootRow():
            found = Weight(read=PAGE, each=OBJECT)
        case _ if is_leaf_type(get_named_type(definition.type)):
            found = _leaf_weight(definition, declared)
        case PayloadRow() | EventStream():
            found = _payload_weight(declared)
        case _ if is_list_type(get_nullable_type(definition.type)):
            found = Weight(each=ROW, length=FEW)
        case _:
            found = Weight(each=OBJECT, reading=declared.reading if isinstance(declared, ToOne) else None)
    return found


def _payload_weight(declared: PayloadRow | EventStream) -> Weight:
    if isinstance(declared, EventStream):
        return Weight(each=OBJECT)
    if declared.paged:
        return Weight(each=OBJECT, listed=True)
    return Weight(each=OBJECT, rows=1 if declared.many is None else declared.rows)


def _leaf_weight(definition: GraphQLField, declared: AnyDeclaration) -> Weight:
    if isinstance(declared, Column | Private):
        return Weight(own=VALUE + text_weight(declared.attribute))
    json = is_scalar(get_named_type(definition.type), JSONObject)
    own = VALUE + (1_000 if json else 0)
    if isinstance(declared, Computed):
        text = 0 if declared.like is None else text_weight(declared.like)
        return Weight(own=own + text, read=COMPUTED)
    return Weight(own=own)
