"""Scopes of API tokens: each root field needs one, and reading objects in a mutation's payload needs READ.

Without READ, a mutation returns its own scalar results, errors, and the ids of objects. Everything else that
is reachable from a payload (`viewer`, `family { members … }`, `errors { … existing }`) is data of the
account.
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
    """Returns the error for an API token without `scope`; None if it has the scope or for a session."""
    if viewer.scopes is None or scope in viewer.scopes:
        return None
    needed = "needs a session" if scope is None else f"needs the scope {scope.name}"
    return _forbidden(f"This {needed}: the API token isn't good for it.", *nodes)


def check_scopes(
    viewer: Viewer, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> None:
    """Raises FORBIDDEN, before anything runs, if the viewer's API token lacks a scope for a mutation.

    Fields count as selected even if `@skip` or `@include` leaves them out.
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
    """Raises FORBIDDEN for fields that return more than an object's id. Fields of errors are permitted."""
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
    """Yields the fields of a selection and its fragments, each fragment once."""
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
