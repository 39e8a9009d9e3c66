"""Measures depth, width and cost of a document in one walk. Each fragment is visited once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
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
)

from infocus_graphql.graph.declarations import Page, ResolvedPage
from infocus_graphql.graph.limits.cost import CEILING, Cost, DirectiveCondition
from infocus_graphql.graph.limits.field_costs import COUNT, KEY_CHARACTERS, Weight, weight_of
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits
from infocus_graphql.graph.limits.list_sizes import reads_of

_CONDITIONS: Final = {"skip": False, "include": True}
_INTROSPECTION: Final = {"__schema", "__type"}
_UNKNOWN: Final = Weight()
_UNIT_READ: Final = Cost(read=1)
Fields = GraphQLObjectType | GraphQLInterfaceType | None


@dataclass(slots=True)
class SelectionMetrics:
    """Counts and cost of a selection, fragments included."""

    fields: int = 0  # at its own level
    aliases: int = 0
    directives: int = 0
    repetitions: int = 0  # of the same response key in the same braces
    objects: int = 0  # fields with a selection, at all levels
    depth: int = 0
    introspects: bool = False
    cost: Cost = field(default_factory=Cost)
    rows: Cost = field(default_factory=Cost)  # of a page: for each of its rows
    counts: Cost = field(default_factory=Cost)  # of a page: how often its whole list is counted

    def add(self, other: "SelectionMetrics") -> None:
        """Adds the counts of another selection, without its cost."""
        self.aliases = min(self.aliases + other.aliases, CEILING)
        self.directives = min(self.directives + other.directives, CEILING)
        self.repetitions = min(self.repetitions + other.repetitions, CEILING)
        self.objects = min(self.objects + other.objects, CEILING)
        self.introspects |= other.introspects


class ComplexityVisitor:
    """Measures the operations of a document, valid or not.

    Raises LimitExceeded as soon as one selection set has more than a whole operation may have.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
        self._schema, self._limits = schema, limits
        self._definitions = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._fragments: dict[str, SelectionMetrics] = {}

    def operation(self, node: OperationDefinitionNode) -> SelectionMetrics:
        """Measures an operation."""
        shape = self._selection(self._schema.get_root_type(node.operation), node.selection_set)
        shape.directives += len(node.directives or ())
        shape.directives += sum(len(each.directives or ()) for each in node.variable_definitions or ())
        return shape

    def _selection(self, gtype: Fields, selections: SelectionSetNode | None) -> SelectionMetrics:
        shape, keys = SelectionMetrics(), set[str]()
        for node in selections.selections if selections else ():
            shape.directives += len(node.directives or ())
            conditions = _conditions(node)
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                shape.repetitions += key in keys
                keys.add(key)
                self._field(shape, gtype, node, conditions)
                self._refuse_floods(shape)
            else:
                self._part(shape, self._fragment(gtype, node), conditions)
        return shape

    def _refuse_floods(self, shape: SelectionMetrics) -> None:
        if shape.aliases > self._limits.aliases:
            raise LimitExceeded("aliases", self._limits.aliases)
        if shape.repetitions > self._limits.repetitions:
            raise LimitExceeded("repetitions", self._limits.repetitions)

    def _part(
        self,
        shape: SelectionMetrics,
        part: SelectionMetrics,
        conditions: tuple[DirectiveCondition, ...] | None,
    ) -> None:
        shape.add(part)
        shape.fields = min(shape.fields + part.fields, CEILING)
        shape.depth = max(shape.depth, part.depth)
        if conditions is not None:
            shape.cost.add(part.cost, 1, conditions)
            shape.rows.add(part.rows, 1, conditions)
            shape.counts.add(part.counts, 1, conditions)

    def _field(
        self,
        shape: SelectionMetrics,
        gtype: Fields,
        node: FieldNode,
        conditions: tuple[DirectiveCondition, ...] | None,
    ) -> None:
        name = node.name.value
        weight = _UNKNOWN if gtype is None else weight_of(gtype, name)
        inner = self._selection(_type_of(gtype, name), node.selection_set)
        shape.fields += 1
        shape.aliases += node.alias is not None
        if name in _INTROSPECTION:  # its result is the same for all viewers, and bounded by the schema
            shape.introspects = True
            inner.objects = 0
        elif node.selection_set is not None:
            shape.objects += 1
        shape.add(inner)
        if name in _INTROSPECTION:
            inner = SelectionMetrics()
        shape.depth = max(shape.depth, weight.levels + inner.depth)
        if conditions is None:
            return
        each = Cost(weight.each)
        each.add(inner.rows if weight.page else inner.cost)
        own = Cost(weight.own + _key_weight(node), weight.read)
        if weight.reading is not None:
            own.add(_UNIT_READ, reads_of(node, weight.reading, count=True))
        if weight.page is not None:
            self._page(own, inner, weight.page, node)
        if weight.counts:
            shape.counts.add(_UNIT_READ, 1, conditions)
        if weight.listed:
            shape.rows.add(each, weight.rows, conditions)
        else:
            own.add(each, weight.size(node))
        shape.cost.add(own, 1, conditions)

    def _page(self, own: Cost, inner: SelectionMetrics, page: Page | ResolvedPage, node: FieldNode) -> None:
        """Adds the rows read to find a page, and those read by each count of its list."""
        own.add(inner.cost)
        reads = reads_of(node, page.reading)
        if not reads.is_free:
            own.add(_UNIT_READ, reads)
        own.add(inner.counts, COUNT)
        own.add(inner.counts, reads_of(node, page.reading, count=True))

    def _fragment(self, gtype: Fields, node: SelectionNode) -> SelectionMetrics:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self._named(condition.name.value) if condition else gtype
            return self._selection(inner, node.selection_set)
        if not isinstance(node, FragmentSpreadNode):
            return SelectionMetrics()
        name = node.name.value
        found = self._fragments.get(name)
        if found is None:
            # A cycle of fragments, which validation rejects, counts as nothing.
            found = self._fragments[name] = SelectionMetrics()
            definition = self._definitions.get(name)
            if definition is not None:
                found = self._selection(
                    self._named(definition.type_condition.name.value), definition.selection_set
                )
                found.directives += len(definition.directives or ())
                self._fragments[name] = found
        return found

    def _named(self, name: str) -> Fields:
        found = self._schema.type_map.get(name)
        return found if isinstance(found, GraphQLObjectType | GraphQLInterfaceType) else None


def _type_of(gtype: Fields, name: str) -> Fields:
    definition = gtype.fields.get(name) if gtype is not None else None
    found = get_named_type(definition.type) if definition is not None else None
    return found if isinstance(found, GraphQLObjectType | GraphQLInterfaceType) else None


def _conditions(node: SelectionNode) -> tuple[DirectiveCondition, ...] | None:
    """The variables that decide whether the node is selected; None if a literal skips it."""
    found: list[DirectiveCondition] = []
    for directive in _deciding(node.directives or ()):
        wanted = _CONDITIONS[directive.name.value]
        value: Any = next((each.value for each in directive.arguments or ()), None)
        if isinstance(value, VariableNode):
            found.append(DirectiveCondition(value.name.value, wanted))
        elif isinstance(value, BooleanValueNode) and value.value is not wanted:
            return None
    return tuple(found)


def _deciding(directives: Iterable[DirectiveNode]) -> Iterable[DirectiveNode]:
    return (each for each in directives if each.name.value in _CONDITIONS)


def _key_weight(node: FieldNode) -> int:
    """The cost of a long response key, which is part of every row."""
    return 0 if node.alias is None else len(node.alias.value) // KEY_CHARACTERS
