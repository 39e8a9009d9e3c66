"""Coerces the arguments of a field: literals once per document, variables at each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_input_object_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities import coerce_input_literal

# Returns a value from the coerced variables; Undefined if it is missing or invalid.
Read: TypeAlias = Callable[[Mapping[str, object]], object]


class FieldArguments:
    """Coerces the arguments of one field. Default values and `@oneOf` inputs are left to graphql-core."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition, self._node = definition, node
        given = {each.name.value: each.value for each in node.arguments or ()}
        self._members = _members(definition.args, given)
        # Whether the values don't depend on variables.
        self.constant = not any(map(_has_variable, given.values()))

    def values(self, variables: VariableValues) -> dict[str, object]:
        """The values for these variables; raises GraphQLError for an invalid one."""
        members = self._members
        found = None if members is None else members.values(variables.coerced)
        if found is None:
            return get_argument_values(self._definition, self._node, variables)
        return found


@dataclass(slots=True)
class _Members:
    """The arguments of a field, or the fields of an input object, by their names in Python."""

    known: dict[str, object]
    # The members that contain a variable, and whether each may be missing.
    read: list[tuple[str, Read, bool]]

    def values(self, coerced: Mapping[str, object]) -> dict[str, object] | None:
        """The values by Python name; None if one of them is invalid."""
        found = self.known.copy()
        for name, read, optional in self.read:
            value = read(coerced)
            if value is not Undefined:
                found[name] = value
            elif not optional:
                return None
        return found


def _members(
    definitions: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    given: Mapping[str, ValueNode],
) -> _Members | None:
    """Returns the members of these definitions; None if graphql-core has to coerce them."""
    known: dict[str, object] = {}
    read: list[tuple[str, Read, bool]] = []
    for name, definition in definitions.items():
        node, out = given.get(name), definition.out_name or name
        if definition.default is not None or definition.default_value is not Undefined:
            return None
        if node is None:
            if is_non_null_type(definition.type):
                return None
        elif _has_variable(node):
            reader = _reader(node, definition.type)
            if reader is None:
                return None
            missing = isinstance(node, VariableNode) and not is_non_null_type(definition.type)
            read.append((out, reader, missing))
        else:
            value = coerce_input_literal(node, definition.type)
            if value is Undefined:
                return None
            known[out] = value
    return _Members(known, read) if given.keys() <= definitions.keys() else None


def _reader(node: ValueNode, gtype: GraphQLInputType) -> Read | None:
    """Returns a reader of a literal that contains variables; None if graphql-core has to coerce it."""
    if isinstance(node, VariableNode):
        name = node.name.value
        if not is_non_null_type(gtype):
            return lambda coerced: coerced.get(name, Undefined)
        return lambda coerced: Undefined if coerced.get(name) is None else coerced[name]
    inner = get_nullable_type(gtype)
    if not isinstance(node, ObjectValueNode) or not is_input_object_type(inner) or inner.is_one_of:
        return None
    members = _members(inner.fields, {each.name.value: each.value for each in node.fields})
    if members is None:
        return None

    def read(coerced: Mapping[str, object]) -> object:
        found = members.values(coerced)
        return Undefined if found is None else inner.out_type(found)

    return read


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_has_variable(each) for each in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)
