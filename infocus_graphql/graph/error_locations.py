"""Locations of invalid input values: the place in the document, the argument, and the variable.

graphql-core reports some errors without a location: those of custom scalars in literals, and those of
`@oneOf` inputs in variables. This module adds the location, and in the extensions the path of the value,
which starts with the name of the argument (`argument`) or of the variable (`variable`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValidationRule,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariableNode,
    VisitorAction,
    get_nullable_type,
    is_input_object_type,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.language import SKIP

from infocus_graphql.graph.input_errors import input_errors, is_one_of

BAD_INPUT = "BAD_USER_INPUT"
_MOST_ERRORS = 50  # per request, as in graphql-core


def with_location(error: GraphQLError) -> GraphQLError:
    """Returns the error about a field's argument, with the location of the argument's value.

    If the value came from a variable, the extension `variable` contains its name and the path inside it.
    """
    extensions, field = error.extensions or {}, error.nodes[0] if error.nodes else None
    argument = extensions.get("argument")
    if not argument or not isinstance(field, FieldNode):
        return error
    node_of_argument = next((each for each in field.arguments or () if each.name.value == argument[0]), None)
    if node_of_argument is None:
        return error
    node, rest = follow_path(node_of_argument.value, argument[1:])
    if isinstance(node, VariableNode):
        extensions = {**extensions, "variable": [node.name.value, *rest]}
    return GraphQLError(
        error.message, node, path=error.path, original_error=error.original_error, extensions=extensions
    )


def null_variable(error: GraphQLError) -> GraphQLError:
    """Rewrites graphql-core's error about a null variable for a non-null argument.

    Variables with defaults are valid there, so the error occurs only during execution.
    """
    node = error.nodes[0] if error.nodes else None
    if not isinstance(node, VariableNode):
        return error
    name = node.name.value
    return GraphQLError(
        f"`${name}` can't be null here.", node, path=error.path, extensions={"variable": [name]}
    )


def follow_path(node: ValueNode, path: Sequence[str]) -> tuple[ValueNode, list[str]]:
    """Follows a path into a literal. Returns the innermost node in the document and the rest of the path."""
    rest = list(path)
    while rest:
        inner: ValueNode | None = None
        if isinstance(node, ObjectValueNode):
            inner = next((each.value for each in node.fields if each.name.value == rest[0]), None)
        elif isinstance(node, ListValueNode) and rest[0].isdecimal() and int(rest[0]) < len(node.values):
            inner = node.values[int(rest[0])]
        if inner is None:
            break
        node = inner
        rest.pop(0)
    return node, rest


def variable_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    *,
    suggestions: bool,
) -> list[GraphQLError]:
    """Returns the errors in the variables of a request with their locations; at most 50."""
    return list(islice(_variable_errors(schema, operation, variables, suggestions=suggestions), _MOST_ERRORS))


def _variable_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    *,
    suggestions: bool,
) -> Iterator[GraphQLError]:
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError):
            yield signature
            continue
        value = variables.get(signature.name, Undefined)
        if value is Undefined and signature.default is not None:
            continue
        for each in input_errors(value, signature.type, suggestions=suggestions):
            path = [signature.name, *map(str, each.path)]
            yield variable_error(operation, each.message(f"${signature.name}"), path)


def variable_error(operation: OperationDefinitionNode, message: str, path: Sequence[str]) -> GraphQLError:
    """Returns an error about the value of a variable. `path` starts with the variable's name."""
    defined = [each for each in operation.variable_definitions or () if each.variable.name.value == path[0]]
    return GraphQLError(message, defined, extensions={"code": BAD_INPUT, "variable": list(path)})


class PlacedValuesRule(ValuesOfCorrectTypeRule):
    """graphql-core's rule about literal values, with our messages and a location for every error."""

    _name = ""
    _kind = "argument"

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        """Remembers the argument whose value follows."""
        self._kind, self._name = "argument", node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        """Remembers the variable whose default follows."""
        self._kind, self._name = "variable", node.variable.name.value

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Reports the parts of the value that don't match the type."""
        if input_type:
            shown = f"${self._name}" if self._kind == "variable" else self._name
            for each in input_errors(node, input_type, suggestions=not self.context.hide_suggestions):
                path = [str(part) for part in each.path]
                at, _ = follow_path(node, path)
                extensions = {self._kind: [self._name, *path]}
                self.report_error(GraphQLError(each.message(shown), at, extensions=extensions))
        return SKIP


class OneOfVariablesRule(ValidationRule):
    """Variables for fields of `@oneOf` inputs can't be null, so their types must be non-null."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: object) -> None:
        """Checks the variables of an operation, wherever its fragments use them."""
        defined = {each.variable.name.value: each for each in operation.variable_definitions or ()}
        for usage in self.context.get_recursive_variable_usages(operation):
            name, parent = usage.node.name.value, get_nullable_type(usage.parent_type)
            if not is_input_object_type(parent) or not is_one_of(parent) or name not in defined:
                continue
            if not isinstance(defined[name].type, NonNullTypeNode):
                message = f"`${name}` can't be null in `{parent.name}`: its type must end with `!`."
                nodes = [defined[name], usage.node]
                self.report_error(GraphQLError(message, nodes, extensions={"variable": [name]}))
