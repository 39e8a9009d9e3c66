"""A parsed document with its cached operations, variable coercion and plans."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from infocus_graphql.core.cache import IdentityMap, LruCache
from infocus_graphql.graph.plan.selection import Document, condition_variables, fragments_of

COMBINATIONS: Final = 32  # of @skip and @include for one operation, and of types among the ids for a field


@dataclass(slots=True)
class OperationPlans:
    """The plans of one operation for one combination of its `@skip` and `@include` values."""

    document: Document
    # The plan of the whole operation, or why there is none (Unplannable). None before the first use.
    whole: Any = None
    # The fields that are planned by themselves, or why not, by their first node and the type of their row.
    fields: dict[Hashable, Any] = field(default_factory=dict)


class VariableCoercion(NamedTuple):
    """A variable of an operation, and how to coerce its value."""

    name: str
    signature: GraphQLVariableSignature
    coerce: Callable[[Any], object]
    required: bool


class ParsedDocument:
    """A validated document and the plans of its operations."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.prepared: LruCache[Hashable, OperationPlans] = LruCache(COMBINATIONS)
        self._operations: dict[str | None, OperationDefinitionNode] = {
            each.name.value if each.name else None: each
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        }
        if len(self._operations) == 1:
            (self._operations[None],) = self._operations.values()
        self.fragments = fragments_of(document)
        self._conditions = condition_variables(document)
        self._asked: IdentityMap[OperationDefinitionNode, list[VariableCoercion] | None] = IdentityMap()

    @property
    def has_operations(self) -> bool:
        """Whether the document has an operation."""
        return bool(self._operations)

    def is_large(self, operation: OperationDefinitionNode) -> bool:
        """Whether compiling its plan would block the event loop for too long."""
        return False

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of that name; without a name, the only one."""
        return self._operations.get(name)

    def variables(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object]
    ) -> VariableValues | None:
        """Coerces the variables of a request; None if they are invalid.

        The types of the variables are looked up once. If a default value is needed, graphql-core coerces all.
        """
        if operation not in self._asked:
            self._asked[operation] = _asked(schema, operation)
        asked = self._asked[operation]
        if asked is None:
            return _variables(schema, operation, given)
        sources, coerced = {}, {}
        for name, signature, coerce, required in asked:
            value = given.get(name, Undefined)
            sources[name] = VariableValueSource(signature, value)
            if value is not Undefined:
                try:
                    fitting = coerced[name] = coerce(value)
                except Exception:  # graphql-core reports it with its place
                    return None
                if fitting is Undefined or (fitting is None and required):
                    return None
            elif signature.default is not None:
                return _variables(schema, operation, given)
            elif required:
                return None
        return VariableValues(sources, coerced)

    def prepare(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, variables: VariableValues
    ) -> OperationPlans:
        """The plans of an operation for these variables, empty at the first use."""
        held: tuple[bool | None, ...] = ()
        if self._conditions:
            values = (variables.coerced.get(name) for name in self._conditions)
            held = tuple(value if isinstance(value, bool) else None for value in values)
        # Operations of one document can use the same variable name differently.
        key = (operation.name and operation.name.value, held)
        found = self.prepared.get(key)
        if found is None:
            document = Document(schema, self.fragments, dict(zip(self._conditions, held, strict=True)))
            found = OperationPlans(document)
            self.prepared.put(key, found)
        return found


def _variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object]
) -> VariableValues | None:
    found = get_variable_values(schema, operation.variable_definitions or (), dict(given))
    return found if isinstance(found, VariableValues) else None


def _asked(schema: GraphQLSchema, operation: OperationDefinitionNode) -> list[VariableCoercion] | None:
    found = [get_variable_signature(schema, each) for each in operation.variable_definitions or ()]
    if any(isinstance(each, GraphQLError) for each in found):
        return None
    return [
        VariableCoercion(each.name, each, _coercion(each.type), is_non_null_type(each.type))
        for each in found
        if not isinstance(each, GraphQLError)
    ]


def _coercion(gtype: GraphQLInputType) -> Callable[[Any], object]:
    """Returns graphql-core's coercion of a value of this type; for scalars and enums, their own function."""
    inner = get_nullable_type(gtype)
    if not is_leaf_type(inner):
        return lambda value: coerce_input_value(value, gtype)
    coerce = inner.coerce_input_value
    return lambda value: None if value is None else coerce(value)
