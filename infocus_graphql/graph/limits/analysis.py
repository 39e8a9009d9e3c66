"""Analyses documents: measured once, with a cost estimate for each request."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
)

from infocus_graphql.core.cache import IdentityMap, LruCache
from infocus_graphql.graph.limits.complexity import ComplexityVisitor, SelectionMetrics
from infocus_graphql.graph.limits.cost import NO_LENGTHS, Cost, Estimate
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits
from infocus_graphql.graph.limits.list_sizes import mark_of
from infocus_graphql.graph.limits.places import first_beyond
from infocus_graphql.graph.plan.parsed_document import ParsedDocument

_REMEMBERED: Final = 64  # combinations of sizes and conditions of one operation
_DIGITS: Final = 9
_LARGE: Final = 12  # objects and lists; planning takes more than a millisecond for each


class CostFunction:
    """The estimated cost of an operation as a function of its variables."""

    def __init__(self, operation: OperationDefinitionNode, cost: Cost) -> None:
        self._cost = cost
        sizes, conditions = cost.variables()
        self._sizes, self._conditions = tuple(sizes), tuple(conditions)
        self._defaults = {
            each.variable.name.value: _value(each.default_value)
            for each in operation.variable_definitions or ()
            if each.variable.name.value in sizes | conditions
        }
        self.nullable_conditions = [
            name
            for each in operation.variable_definitions or ()
            if (name := each.variable.name.value) in conditions and not isinstance(each.type, NonNullTypeNode)
        ]
        self._fixed = cost.of({}) if not self._defaults and not sizes | conditions else None
        self._prices: LruCache[tuple[object, ...], Estimate] = LruCache(_REMEMBERED)

    def values(self, variables: Mapping[str, object]) -> Mapping[str, object]:
        """The variables of a request, with defaults for absent ones."""
        return {**self._defaults, **variables} if variables else self._defaults

    def of(self, variables: Mapping[str, object], lengths: Mapping[str, int] = NO_LENGTHS) -> Estimate:
        """The cost for these variables, with real lengths of lists where known, else their bounds."""
        if lengths:
            return self._cost.of(self.values(variables), lengths)
        if self._fixed is not None:
            return self._fixed
        values = self.values(variables)
        key = (
            *[mark_of(values.get(name)) for name in self._sizes],
            *[values.get(name) is True for name in self._conditions],
            *[values.get(name) is False for name in self._conditions],
        )
        found = self._prices.get(key)
        if found is None:
            found = self._cost.of(values)
            self._prices.put(key, found)
        return found


class AnalyzedDocument(ParsedDocument):
    """A validated document with the cost functions of its operations."""

    def __init__(self, document: DocumentNode, shapes: "Shapes") -> None:
        super().__init__(document)
        self.introspects = any(shape.introspects for _, shape in shapes)
        self._prices = IdentityMap(
            (operation, CostFunction(operation, shape.cost)) for operation, shape in shapes
        )
        self._objects = IdentityMap((operation, shape.objects) for operation, shape in shapes)

    def is_large(self, operation: OperationDefinitionNode) -> bool:
        """Whether compiling the plan of an operation would block the event loop for too long."""
        return self._objects[operation] > _LARGE

    def objects(self, operation: OperationDefinitionNode) -> int:
        """The number of objects and lists that an operation selects."""
        return self._objects[operation]

    def price(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object] | None,
        lengths: Mapping[str, int] = NO_LENGTHS,
    ) -> Estimate:
        """The estimated cost of an operation for these variables."""
        return self._prices[operation].of(variables or {}, lengths)

    def null_condition(
        self, operation: OperationDefinitionNode, variables: Mapping[str, object]
    ) -> str | None:
        """A variable that is null in a request although a `@skip` or `@include` depends on it, or None.

        GraphQL lets such a variable be nullable when it has a default, and then null can be sent.
        """
        for name in self._prices[operation].nullable_conditions:
            if name in variables and variables[name] is None:
                return name
        return None

    def values(
        self, operation: OperationDefinitionNode, variables: Mapping[str, object]
    ) -> Mapping[str, object]:
        """The variables of a request, with the defaults that the cost depends on."""
        return self._prices[operation].values(variables)


Shapes = list[tuple[OperationDefinitionNode, SelectionMetrics]]


def analyze(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> Shapes:
    """Measures the operations of a document; raises LimitExceeded if one exceeds a limit.

    It runs before validation, whose rules are slow for hostile documents. Its own time is linear in the
    length of the document.
    """
    try:
        return _analyzed(schema, document, limits)
    except LimitExceeded as error:
        limit = getattr(limits, error.name)
        place = first_beyond(schema, document, error.name, limit)
        raise LimitExceeded(error.name, limit, place=place) from error


def _analyzed(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> Shapes:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > limits.operations:
        raise LimitExceeded("operations", limits.operations)
    if any(_fields(each) > limits.root_fields for each in operations):
        raise LimitExceeded("root_fields", limits.root_fields)
    walk = ComplexityVisitor(schema, document, limits)
    try:
        shapes = [(operation, walk.operation(operation)) for operation in operations]
    except RecursionError as error:  # fragments in fragments, deeper than documents themselves can be
        raise LimitExceeded("depth", limits.depth) from error
    for _, shape in shapes:
        for name, found, limit in (
            ("root_fields", shape.fields, limits.root_fields),
            ("aliases", shape.aliases, limits.aliases),
            ("directives", shape.directives, limits.directives),
            ("repetitions", shape.repetitions, limits.repetitions),
            ("depth", shape.depth, limits.depth),
            ("objects", shape.objects, limits.objects),
        ):
            if found > limit:
                raise LimitExceeded(name, limit)
    return shapes


def _fields(operation: OperationDefinitionNode) -> int:
    """The number of root fields outside fragments."""
    return sum(isinstance(each, FieldNode) for each in operation.selection_set.selections)


def _value(node: ValueNode | None) -> Any:
    """The default value of a variable, as far as sizes and conditions depend on it."""
    if isinstance(node, IntValueNode):
        return int(node.value) if len(node.value) <= _DIGITS else 10**_DIGITS
    if isinstance(node, BooleanValueNode | StringValueNode):
        return node.value
    if isinstance(node, ObjectValueNode):
        fields = {each.name.value: each.value for each in node.fields}
        given = {name: value for name, value in fields.items() if not isinstance(value, NullValueNode)}
        return {name: getattr(value, "value", True) for name, value in given.items()}
    return [None] * len(node.values) if isinstance(node, ListValueNode) else None
