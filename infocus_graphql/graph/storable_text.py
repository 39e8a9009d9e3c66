"""Rejects variables with text that PostgreSQL can't store."""

from collections.abc import Mapping
from typing import Any

from graphql import OperationDefinitionNode

from infocus_graphql.graph.error_locations import variable_error
from infocus_graphql.graph.limits.rules import UNSTORABLE
from infocus_graphql.graph.operation import RequestError


def check_text(operation: OperationDefinitionNode, variables: Mapping[str, object] | None) -> None:
    """Raises a request error with the variable's path for text that PostgreSQL can't store."""
    if _is_storable(variables):
        return
    waiting: list[tuple[tuple[str, ...], object]] = [((), variables or {})]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(((*path, "key"), key) for key in value)
            waiting.extend(((*path, str(key)), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, str(index)), item) for index, item in enumerate(value))
        elif isinstance(value, str) and UNSTORABLE.search(value):
            # The invalid text may be a key, which must not make the response invalid as well.
            shown = [name.encode(errors="replace").decode() for name in path]
            message = f"`{'.'.join(shown)}` contains NUL or half of a surrogate pair."
            raise RequestError([variable_error(operation, message, shown)])


def _is_storable(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return value.isprintable() or not UNSTORABLE.search(value)
    if kind is dict:
        return all(map(_is_storable, value)) and all(map(_is_storable, value.values()))
    return kind is not list or all(map(_is_storable, value))
