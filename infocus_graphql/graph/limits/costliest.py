"""Finds the costliest field of an operation, for the error of the cost limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from infocus_graphql.graph.limits.analysis import AnalyzedDocument
from infocus_graphql.graph.limits.field_costs import COUNT, Weight, weight_of
from infocus_graphql.graph.limits.list_sizes import Size, reads_of, source_of
from infocus_graphql.graph.list_lengths import Reading

_MOST_FIELDS: Final = 5_000  # fragments in fragments can open to any number of fields
_WANTED: Final = {"skip": False, "include": True}
Composite = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class Assumed:
    """The assumed number of rows of a list, and its source."""

    field: str
    size: int
    source: str

    @property
    def words(self) -> str:
        """The text for an error message."""
        return f"{self.size:,} from `{self.field}` ({self.source})"


@dataclass(frozen=True, slots=True)
class Costliest:
    """A field with its own cost, without the lists and objects below it."""

    node: FieldNode
    path: tuple[str, ...]
    cost: int
    rows: tuple[Assumed, ...]
    reads: Assumed | None = None  # the rows read for its filter, order or count

    def extensions(self) -> dict[str, object]:
        """The value for an error's extensions."""
        shown: dict[str, object] = {
            "path": list(self.path),
            "cost": self.cost,
            "rows": [{"field": each.field, "size": each.size, "source": each.source} for each in self.rows],
        }
        if self.reads is not None:
            shown["reads"] = {"size": self.reads.size, "source": self.reads.source}
        return shown

    def words(self) -> str:
        """The sentences of an error's message."""
        found = f"The costliest field is `{'.'.join(self.path)}`, with {self.cost:,}"
        if self.reads is not None:
            return (
                f"{found}: finding its page or count reads {self.reads.size:,} rows ({self.reads.source}). "
                "Omit its filter, order or `totalCount`, or select fewer of them in one operation."
            )
        if not self.rows:
            return f"{found}. Select fewer fields, or split the operation."
        sizes = " times ".join(each.words for each in self.rows)
        return f"{found}: {sizes}. Use a smaller `first`, select fewer fields, or split the operation."


def costliest(
    schema: GraphQLSchema,
    known: AnalyzedDocument,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    lengths: Mapping[str, int],
) -> Costliest | None:
    """The field with the highest own cost, with the sizes assumed on the path to it."""
    search = _Search(schema, known, known.values(operation, variables), lengths)
    root = schema.get_root_type(operation.operation)
    search.selection(root, operation.selection_set, _Place())
    return search.best


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the response, and how often it occurs."""

    times: int = 1
    path: tuple[str, ...] = ()
    rows: tuple[Assumed, ...] = ()
    page: "_Page | None" = None


@dataclass(frozen=True, slots=True)
class _Page:
    """The page whose selection is visited."""

    node: FieldNode
    weight: Weight
    path: tuple[str, ...]


class _Search:
    """One walk over an operation, fragments included."""

    def __init__(
        self,
        schema: GraphQLSchema,
        known: AnalyzedDocument,
        values: Mapping[str, object],
        lengths: Mapping[str, int],
    ) -> None:
        self._schema, self._values, self._lengths = schema, values, lengths
        self._fragments = {
            each.name.value: each
            for each in known.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._left = _MOST_FIELDS
        self.best: Costliest | None = None

    def selection(self, gtype: Any, selections: SelectionSetNode | None, place: _Place) -> int:
        """Visits a selection. Returns the cost of its scalars for one row."""
        values = 0
        for node in selections.selections if selections else ():
            self._left -= 1
            if self._left < 0 or not self._selected(node):
                continue
            if isinstance(node, FieldNode):
                values += self._field(gtype, node, place)
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition
                inner = self._schema.get_type(named.name.value) if named else gtype
                values += self.selection(inner, node.selection_set, place)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                inner = self._schema.get_type(fragment.type_condition.name.value)
                values += self.selection(inner, fragment.selection_set, place)
        return values

    def _field(self, gtype: Any, node: FieldNode, place: _Place) -> int:
        definition = gtype.fields.get(node.name.value) if isinstance(gtype, Composite) else None
        if definition is None:
            return 0
        weight = weight_of(gtype, node.name.value)
        target = get_named_type(definition.type)
        path = (*place.path, (node.alias or node.name).value)
        if is_leaf_type(target):
            if weight.counts and place.page is not None:
                self._count(place.page, place)
            return weight.own + weight.read
        self._composite(target, node, weight, _Place(place.times, path, place.rows, place.page))
        return 0

    def _composite(self, target: Any, node: FieldNode, weight: Weight, place: _Place) -> None:
        below, size = place, 1
        if weight.reading is not None:
            self._reads(node, weight.reading, place, count=True)
        if weight.page is not None:
            self._reads(node, weight.page.reading, place)
            below = _Place(place.times, place.path, place.rows, _Page(node, weight, place.path))
        elif weight.listed and place.page is not None:
            size = self._rows(place.page.node, place.page.weight)
            below = self._below(place, place.page.node, place.page.weight, size)
        elif weight.length is not None or weight.ids is not None:
            size = self._rows(node, weight)
            below = self._below(place, node, weight, size)
        values = self.selection(target, node.selection_set, below)
        cost = place.times * (weight.own + weight.read + size * (weight.each + values))
        shown = place.page.path if weight.listed and place.page is not None else place.path
        self._offer(Costliest(node, shown, cost, below.rows))

    def _below(self, place: _Place, node: FieldNode, weight: Weight, size: int) -> _Place:
        found = weight.size(node)
        source = source_of(node, found) if isinstance(found, Size) else "declared bound"
        if isinstance(found, Size) and found.length is not None:
            known = self._lengths.get(found.length.name)
            if known is not None and known == size and size < found.requested(self._values):
                source = "the viewer's data"
        rows = (*place.rows, Assumed((node.alias or node.name).value, size, source))
        return _Place(place.times * size, place.path, rows)

    def _rows(self, node: FieldNode, weight: Weight) -> int:
        size = weight.size(node)
        return size if isinstance(size, int) else size.of(self._values, self._lengths)

    def _count(self, page: _Page, place: _Place) -> None:
        if page.weight.page is not None:
            at = _Place(place.times, page.path, place.rows)
            self._reads(page.node, page.weight.page.reading, at, count=True)

    def _reads(self, node: FieldNode, reading: Reading, place: _Place, *, count: bool = False) -> None:
        reads, length = reads_of(node, reading, count=count), reading.length
        cost = place.times * (reads.of(self._values, self._lengths) + (COUNT if count else 0))
        source = "the viewer's data" if length.name in self._lengths else f"declared bound of {length.words}"
        found = Assumed(place.path[-1], place.times * length.of(self._lengths), source)
        self._offer(Costliest(node, place.path, cost, place.rows, found))

    def _offer(self, found: Costliest) -> None:
        if self.best is None or found.cost > self.best.cost:
            self.best = found

    def _selected(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            wanted = _WANTED.get(directive.name.value)
            value: Any = next((each.value for each in directive.arguments or ()), None)
            if wanted is None:
                continue
            if isinstance(value, VariableNode):
                if self._values.get(value.name.value) is (not wanted):
                    return False
            elif isinstance(value, BooleanValueNode) and value.value is not wanted:
                return False
        return True
