"""Locations of invalid input values: the place in the document, the argument, and the variable.

graphql-core reports some errors without a location: those of custom scalars in literals, and those of
`@oneOf` inputs in variables. This module adds the location, and in the extensions the path of the value,
which starts with the name of the argument (`argument`) or of the variable (`variable`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableNode,
    VisitorAction,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.language import SKIP
from graphql.pyutils import print_path_list
from graphql.utilities.validate_input_value import validate_input_literal, validate_input_value

BAD_INPUT = "BAD_USER_INPUT"
_MOST_ERRORS = 50  # per request, as in graphql-core


class _EnoughErrors(Exception):
    """The maximum number of errors was reached; formatting more would waste time."""


def placed(error: GraphQLError) -> GraphQLError:
    """Returns the error about a field's argument, with the location of the argument's value.

    If the value came from a variable, the extension `variable` contains its name and the path inside it.
    """
    extensions, field = error.extensions or {}, error.nodes[0] if error.nodes else None
    argument = extensions.get("argument")
    if not argument or not isinstance(field, FieldNode):
        return error
    given = next((each for each in field.arguments or () if each.name.value == argument[0]), None)
    if given is None:
        return error
    node, rest = inside(given.value, argument[1:])
    if isinstance(node, VariableNode):
        extensions = {**extensions, "variable": [node.name.value, *rest]}
    return GraphQLError(
        error.message, node, path=error.path, original_error=error.original_error, extensions=extensions
    )


def inside(node: ValueNode, path: Sequence[str]) -> tuple[ValueNode, list[str]]:
    """Follows a path into a literal. Returns the innermost node in the document and the rest of the path."""
    left = list(path)
    while left:
        inner: ValueNode | None = None
        if isinstance(node, ObjectValueNode):
            inner = next((each.value for each in node.fields if each.name.value == left[0]), None)
        elif isinstance(node, ListValueNode) and left[0].isdecimal() and int(left[0]) < len(node.values):
            inner = node.values[int(left[0])]
        if inner is None:
            break
        node = inner
        left.pop(0)
    return node, left


def variable_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
    *,
    suggestions: bool,
) -> list[GraphQLError]:
    """Returns the errors in the variables of a request with their locations; at most 50."""
    found: list[GraphQLError] = []
    with suppress(_EnoughErrors):
        _find_errors(schema, operation, given, found, suggestions=suggestions)
    return found


def _find_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
    found: list[GraphQLError],
    *,
    suggestions: bool,
) -> None:
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError):
            found.append(signature)
            continue
        value = given.get(signature.name, Undefined)
        if value is Undefined and signature.default is not None:
            continue

        def report(error: GraphQLError, path: Sequence[str | int], name: str = signature.name) -> None:
            where = print_path_list(list(path))
            message = f"Variable '${name}' has invalid value{where}: {error.message}"
            found.append(variable_error(operation, message, [name, *map(str, path)]))
            if len(found) >= _MOST_ERRORS:
                raise _EnoughErrors

        validate_input_value(value, signature.type, report, not suggestions)
        for path, message in _one_of_faults(value, signature.type, ()):
            report(GraphQLError(message), path)


def variable_error(operation: OperationDefinitionNode, message: str, path: Sequence[str]) -> GraphQLError:
    """Returns an error about the value of a variable. `path` starts with the variable's name."""
    defined = [each for each in operation.variable_definitions or () if each.variable.name.value == path[0]]
    return GraphQLError(message, defined, extensions={"code": BAD_INPUT, "variable": list(path)})


def _one_of_faults(
    value: Any, kind: GraphQLInputType, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yields the errors of `@oneOf` inputs in a value; Strawberry doesn't mark them for graphql-core."""
    inner = get_nullable_type(kind)
    if is_list_type(inner):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _one_of_faults(item, inner.of_type, (*path, index))
    elif is_input_object_type(inner) and isinstance(value, dict):
        definition = inner.extensions.get("strawberry-definition")
        if getattr(definition, "is_one_of", False) and [each for each in value.values() if each is None]:
            yield path, f"The one field of '{inner.name}' that is given must not be null."
        elif getattr(definition, "is_one_of", False) and len(value) != 1:
            yield path, f"Give exactly one of the fields of '{inner.name}'."
        for name, item in value.items():
            if name in inner.fields:
                yield from _one_of_faults(item, inner.fields[name].type, (*path, name))


class PlacedValuesRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule about literal values, with every error located at the wrong value."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Reports the parts of the value that don't match the type."""
        if input_type:

            def report(error: GraphQLError, path: Sequence[str | int]) -> None:
                if not error.nodes:
                    at, _ = inside(node, [str(each) for each in path])
                    error = GraphQLError(error.message, at, extensions=error.extensions)
                self.report_error(error)

            validate_input_literal(node, input_type, report, None, None, self.context.hide_suggestions)
        return SKIP
