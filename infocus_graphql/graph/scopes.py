"""Scopes of API tokens: each mutation needs one, and reading data of the account needs READ.

Without READ, a mutation returns its own scalar results, errors, and the ids of objects. Everything else that
is reachable from a payload (`viewer`, `family { members … }`, `errors { … existing }`) is data of the
account. A query without READ runs for an anonymous client: it can read the catalogue and `serverInfo`.
Selecting data of an account is FORBIDDEN, since null would look like an empty account.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from infocus_graphql.core.viewer import ANONYMOUS, ApiScope, Viewer
from infocus_graphql.db.visibility import visible_to_everyone
from infocus_graphql.graph.declarations import SCOPE, declared_by
from infocus_graphql.graph.node import ROW_TYPES
from infocus_graphql.graph.strawberry_internals import definition_of, strawberry_field

_IDENTITY: Final = {"id", "__typename"}
_ERRORS: Final = "errors"
_SESSION: Final = "This needs a session: API tokens can't be used for it."
Fragments = Mapping[str, FragmentDefinitionNode]


def scope_error(viewer: Viewer, scope: ApiScope | None, *nodes: FieldNode) -> GraphQLError | None:
    """Returns the error for an API token without `scope`; None if it has the scope or for a session."""
    if viewer.scopes is None or scope in viewer.scopes:
        return None
    needed = _SESSION if scope is None else f"This needs an API token with the scope {scope.name}."
    return _forbidden(needed, *nodes)


def check_scopes(
    viewer: Viewer, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> Viewer:
    """Raises FORBIDDEN, before anything runs, if the viewer's API token lacks a scope for the operation.

    Fields count as selected even if `@skip` or `@include` leaves them out. Returns the viewer to run the
    operation for: an anonymous one for a query with an API token without READ.
    """
    if viewer.scopes is None:
        return viewer
    if operation.operation is OperationType.MUTATION:
        _check_mutations(viewer, viewer.scopes, schema, operation, fragments)
        return viewer
    if ApiScope.READ in viewer.scopes or schema.query_type is None:
        return viewer
    if operation.operation is OperationType.SUBSCRIPTION:
        raise _forbidden("Subscriptions need an API token with the scope READ.")
    _PublicSelection(schema, fragments).check(schema.query_type, operation.selection_set)
    return ANONYMOUS


def is_public(kind: GraphQLNamedType, field: GraphQLField | None = None) -> bool:
    """Whether anonymous clients can see all objects of this type, or all rows that `field` refers to."""
    link = None if field is None else getattr(declared_by(field), "link", None)
    model = ROW_TYPES.get(getattr(definition_of(kind), "origin", object)) if link is None else link.target
    return model is None or visible_to_everyone(model)


class _PublicSelection:
    """Checks that a query selects only data that anonymous clients can read."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments) -> None:
        self._types, self._fragments = schema.type_map, fragments
        self._checked: set[str] = set()

    def check(self, kind: Any, selections: SelectionSetNode, *path: str) -> None:
        """Raises FORBIDDEN at the first selection of a type that is not public; `kind` is the parent type."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if node.selection_set is None or node.name.value.startswith("__"):
                    continue
                field = kind.fields[node.name.value]
                source = strawberry_field(field)
                if source is not None and SCOPE in source.metadata and source.metadata[SCOPE] is None:
                    raise _forbidden(_SESSION, node)
                target, inner = get_named_type(field.type), (*path, node.name.value)
                self._require(is_public(target, field), node, inner)
                self.check(target, node.selection_set, *inner)
                continue
            fragment = self._fragment(node)
            if fragment is None:
                continue
            condition = fragment.type_condition
            target = kind if condition is None else self._types[condition.name.value]
            self._require(is_public(target), node, path)
            self.check(target, fragment.selection_set, *path)

    @staticmethod
    def _require(public: bool, node: SelectionNode, path: Sequence[str]) -> None:
        if not public:
            message = f"`{'.'.join(path)}` needs the scope READ: it returns data of the account."
            raise _forbidden(message, node)

    def _fragment(self, node: SelectionNode) -> FragmentDefinitionNode | InlineFragmentNode | None:
        """Returns an inline fragment, or the fragment of a spread on its first occurrence, else None."""
        if isinstance(node, InlineFragmentNode):
            return node
        if not isinstance(node, FragmentSpreadNode) or node.name.value in self._checked:
            return None
        self._checked.add(node.name.value)
        return self._fragments[node.name.value]


def _check_mutations(
    viewer: Viewer,
    scopes: frozenset[ApiScope],
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Fragments,
) -> None:
    fields = schema.mutation_type.fields if schema.mutation_type is not None else {}
    for node in _fields(operation.selection_set, fragments):
        source = strawberry_field(fields[node.name.value]) if node.name.value in fields else None
        if source is None:  # __typename
            continue
        if error := scope_error(viewer, source.metadata[SCOPE], node):
            raise error
        if ApiScope.READ not in scopes and node.selection_set is not None:
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


def _forbidden(message: str, *nodes: SelectionNode) -> GraphQLError:
    return GraphQLError(message, list(nodes) or None, extensions={"code": "FORBIDDEN"})
