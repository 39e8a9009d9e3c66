"""What a field weighs, by what it declares: rows are counted, columns come with their row."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

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

from infocus_graphql.graph.declarations import (
    Aggregate,
    Computed,
    Many,
    Mutation,
    Page,
    Result,
    RootNode,
    declared_by,
)
from infocus_graphql.graph.limits.sizes import Size, list_size, page_size

ROW: Final = 1
COMPUTED: Final = 1  # a sub-select of one value
COUNTED: Final = 5  # all rows of a list or of a person
# A list without pages has a small bound by its nature: the services of a title, the members of a family.
LIST: Final = 5
RESULTS: Final = 20  # rows that one mutation may have made
INTROSPECTION: Final = 500


@dataclass(frozen=True, slots=True)
class Weight:
    """A field weighs `own`, and for each of its rows `each` and what is selected of them."""

    own: int = 0
    each: int = 0
    rows: int = 1
    page: bool = False  # the rows are those of the page below, as many as the arguments say
    listed: bool = False  # one of the two fields with the rows of a page
    ids: str | None = None  # the argument that names the rows
    levels: int = 1  # `edges` and its `node` are one level, as `nodes` is

    def size(self, node: FieldNode) -> int | Size:
        """How many rows the node asks for."""
        if self.page:
            return page_size(node)
        return list_size(node, self.ids) if self.ids else self.rows


@cache
def weight_of(gtype: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Weight:
    """The weight of a type's field; unknown fields weigh nothing, as validation refuses them."""
    if name in {"__schema", "__type"}:
        return Weight(INTROSPECTION)
    definition = gtype.fields.get(name)
    if definition is None:
        return Weight()
    if gtype.name.endswith("Connection"):
        return _weight_in_page(name)
    if gtype.name.endswith("Edge"):
        return Weight()  # its row is counted already
    return _declared_weight(definition, declared_by(definition))


def _weight_in_page(name: str) -> Weight:
    if name in {"nodes", "edges"}:
        return Weight(each=ROW, listed=True, levels=int(name == "nodes"))
    return Weight(COUNTED if name == "totalCount" else 0)


def _declared_weight(definition: GraphQLField, declared: Any) -> Weight:
    match declared:
        case Page(weight=weight):
            found = Weight(weight, page=True)
        case Mutation(weight=weight):
            found = Weight(weight)
        case Aggregate():
            found = Weight(COUNTED)
        case Many(at_most=rows):
            found = Weight(each=ROW, rows=rows)
        case RootNode(several=True):
            found = Weight(each=ROW, ids="ids")
        case _ if is_leaf_type(get_named_type(definition.type)):
            found = Weight(COMPUTED if isinstance(declared, Computed) else 0)
        case Result():
            found = Weight(each=ROW, rows=RESULTS if declared.many else 1)
        case _:
            found = Weight(each=ROW, rows=LIST if is_list_type(get_nullable_type(definition.type)) else 1)
    return found
