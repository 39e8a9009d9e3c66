"""What an API token may do: the scope of each root field, and READ for what a mutation's payload shows.

Without READ, a mutation returns what it made itself, errors, and of objects their ids. Everything else that
hangs on a payload (`viewer`, `family { members … }`, `errors { … existing }`) is data of the account.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from infocus_graphql.core.viewer import ApiScope, Viewer
from infocus_graphql.graph.declarations import SCOPE
from infocus_graphql.graph.strawberry_internals import strawberry_field

_IDENTITY: Final = {"id", "__typename"}
_ERRORS: Final = "errors"
Fragments = Mapping[str, FragmentDefinitionNode]


def scope_error(viewer: Viewer, scope: ApiScope | None, *nodes: FieldNode) -> GraphQLError | None:
    """The refusal of an API token without `scope`; None where it has it, or where a session asks."""
    if viewer.scopes is None or scope in viewer.scopes:
        return None
    needed = "needs a session" if scope is None else f"needs the scope {scope.name}"
    return _forbidden(f"This {needed}: the API token isn't good for it.", *nodes)


def check_scopes(
    viewer: Viewer, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> None:
    """Refuses a mutation for which the viewer's API token lacks a scope, before anything of it is done.

    A field counts as selected even if `@skip` or `@include` would leave it out.
    """
    if viewer.scopes is None or operation.operation is not OperationType.MUTATION:
        return
    fields = schema.mutation_type.fields if schema.mutation_type is not None else {}
    for node in _fields(operation.selection_set, fragments):
        source = strawberry_field(fields[node.name.value]) if node.name.value in fields else None
        if source is None:  # __typename
            continue
        if error := scope_error(viewer, source.metadata[SCOPE], node):
            raise error
        if ApiScope.READ not in viewer.scopes and node.selection_set is not None:
            for shown in _fields(node.selection_set, fragments):
                _check_ids_alone(node, shown, fragments, is_error=shown.name.value == _ERRORS)


def _check_ids_alone(root: FieldNode, node: FieldNode, fragments: Fragments, *, is_error: bool) -> None:
    """Refuses a field that shows more of an object than its id; an error shows its own values, too."""
    if node.selection_set is None:
        return
    for each in _fields(node.selection_set, fragments):
        if each.selection_set is not None and is_error:
            _check_ids_alone(root, each, fragments, is_error=False)
        elif each.selection_set is not None or (each.name.value not in _IDENTITY and not is_error):
            path = f"{root.name.value}.{node.name.value}.{each.name.value}"
            message = f"`{path}` needs the scope READ: without it, a mutation shows only the ids of objects."
            raise _forbidden(message, each)


def _fields(selections: SelectionSetNode, fragments: Fragments) -> Iterator[FieldNode]:
    """The fields of a selection, those of its fragments included, each fragment once."""
    waiting, seen = list(selections.selections), set()
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            if node.name.value not in seen:
                seen.add(node.name.value)
                waiting += fragments[node.name.value].selection_set.selections
        elif isinstance(node, InlineFragmentNode):
            waiting += node.selection_set.selections


def _forbidden(message: str, *nodes: FieldNode) -> GraphQLError:
    return GraphQLError(message, list(nodes) or None, extensions={"code": "FORBIDDEN"})
