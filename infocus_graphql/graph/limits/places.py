"""Finds where an operation exceeds a limit, for the location in the error."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from infocus_graphql.graph.limits.field_costs import weight_of

_MOST_NODES: Final = 3_000  # fragments in fragments can open to any number of fields
_INTROSPECTION: Final = {"__schema", "__type"}


@dataclass(frozen=True, slots=True)
class Place:
    """The first field or directive beyond a limit, with its path of response keys."""

    node: Node
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class _Braces:
    """A selection that is being visited."""

    left: Iterator[SelectionNode]
    gtype: Any
    path: tuple[str, ...] = ()
    level: int = 0
    introspects: bool = False
    open: frozenset[str] = frozenset()  # fragments around it
    keys: set[str] = field(default_factory=set)


def first_beyond(schema: GraphQLSchema, document: DocumentNode, name: str, limit: int) -> Place | None:
    """The place where an operation first exceeds the limit `name`.

    None if it is not found within some thousand fields.
    """
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name == "operations":
        return Place(operations[limit])
    search = _Search(schema, document, name, limit)
    return next((found for each in operations if (found := search.operation(each)) is not None), None)


class _Search:
    """An iterative walk over each operation in document order, fragments included."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, name: str, limit: int) -> None:
        self._schema, self._name, self._limit = schema, name, limit
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._left = _MOST_NODES
        self._found = 0

    def operation(self, operation: OperationDefinitionNode) -> Place | None:
        """The place in one operation."""
        self._found = 0
        if (place := self._directives(operation, ())) is not None:
            return place
        for each in operation.variable_definitions or ():
            if (place := self._directives(each, ())) is not None:
                return place
        root = self._schema.get_root_type(operation.operation)
        stack = [_Braces(iter(operation.selection_set.selections), root)]
        while stack and self._left > 0:
            node = next(stack[-1].left, None)
            if node is None:
                stack.pop()
                continue
            self._left -= 1
            place, inner = self._visit(node, stack[-1])
            if place is not None:
                return place
            if inner is not None:
                stack.append(inner)
        return None

    def _visit(self, node: SelectionNode, around: _Braces) -> tuple[Place | None, _Braces | None]:
        """Whether the node is beyond the limit, and its selection."""
        if not isinstance(node, FieldNode):
            place = self._directives(node, around.path)
            if place is None and isinstance(node, FragmentSpreadNode):
                place = self._directives(self._fragments.get(node.name.value), around.path)
            return place, self._fragment(node, around)
        key, name = (node.alias or node.name).value, node.name.value
        path = (*around.path, key)
        known = isinstance(around.gtype, GraphQLObjectType | GraphQLInterfaceType)
        definition = around.gtype.fields.get(name) if known else None
        level = around.level + (weight_of(around.gtype, name).levels if known else 1)
        introspects = around.introspects or name in _INTROSPECTION
        counts = {
            "aliases": node.alias is not None,
            "root_fields": len(path) == 1,
            "repetitions": key in around.keys,
            "objects": node.selection_set is not None and not introspects,
        }
        around.keys.add(key)
        self._found += counts.get(self._name, False)
        too_deep = self._name == "depth" and level > self._limit and not around.introspects
        if too_deep or (self._name in counts and self._found > self._limit):
            return Place(node, path), None
        place = self._directives(node, path)
        target = get_named_type(definition.type) if definition is not None else None
        inner = self._inside(node.selection_set, target, around, path)
        if inner is not None:
            inner.level, inner.introspects = level, introspects
        return place, inner

    def _fragment(self, node: SelectionNode, around: _Braces) -> _Braces | None:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            gtype = self._schema.get_type(condition.name.value) if condition else around.gtype
            inner = self._inside(node.selection_set, gtype, around, around.path)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in around.open:
            name = node.name.value
            definition = self._fragments.get(name)
            if definition is None:
                return None
            gtype = self._schema.get_type(definition.type_condition.name.value)
            inner = self._inside(definition.selection_set, gtype, around, around.path)
            if inner is not None:
                inner.open = around.open | {name}
        else:
            return None
        return inner

    def _inside(
        self, selections: SelectionSetNode | None, gtype: Any, around: _Braces, path: tuple[str, ...]
    ) -> _Braces | None:
        if selections is None:
            return None
        nodes = iter(selections.selections)
        return _Braces(nodes, gtype, path, around.level, around.introspects, around.open)

    def _directives(self, node: Any, path: tuple[str, ...]) -> Place | None:
        if self._name != "directives" or node is None:
            return None
        for directive in node.directives or ():
            self._found += 1
            if self._found > self._limit:
                return Place(directive, path)
        return None
