"""The arguments of a field as it stands in a document: literals are read once, variables at each request."""

from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities import coerce_input_literal


class FieldArguments:
    """Coerces the arguments of one field; graphql-core does whatever is not plain."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition, self._node = definition, node
        self._literals: dict[str, Any] = {}
        # By the name of the argument: its variable, and whether that may be absent, or null.
        self._variables: list[tuple[str, str, bool, bool]] = []
        self._plain = self._read()

    @property
    def constant(self) -> bool:
        """Whether no variable matters."""
        return self._plain and not self._variables

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """The values for these variables; raises GraphQLError for one that doesn't fit."""
        if not self._plain:
            return get_argument_values(self._definition, self._node, variables)
        found, coerced = self._literals.copy(), variables.coerced
        for name, variable, optional, nullable in self._variables:
            value = coerced.get(variable, Undefined)
            if (value is None and not nullable) or (value is Undefined and not optional):
                return get_argument_values(self._definition, self._node, variables)
            if value is not Undefined:
                found[name] = value
        return found

    def _read(self) -> bool:
        given = {each.name.value: each.value for each in self._node.arguments or ()}
        for name, definition in self._definition.args.items():
            out, value = definition.out_name or name, given.get(name)
            if definition.default is not None or definition.default_value is not Undefined:
                return False
            if isinstance(value, VariableNode):
                optional, nullable = (
                    not is_required_argument(definition),
                    not is_non_null_type(definition.type),
                )
                self._variables.append((out, value.name.value, optional, nullable))
            elif value is not None:
                if _has_variable(value):
                    return False
                literal = coerce_input_literal(value, definition.type)
                if literal is Undefined:
                    return False
                self._literals[out] = literal
        return True


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(_has_variable(each) for each in value.values)
    if isinstance(value, ObjectValueNode):
        return any(_has_variable(each.value) for each in value.fields)
    return isinstance(value, VariableNode)
