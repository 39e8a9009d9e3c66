"""Who sees which rows: one SQL predicate for each table, registered by its domain's policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, inspect, literal

from infocus_graphql.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class SqlViewer:
    """The viewer as SQL sees them: `id` is a text that is NULL for nobody."""

    id: ColumnElement[Any]


# The viewer of a request: a named parameter, so that statements are the same for all viewers.
VIEWER = SqlViewer(bindparam("viewer_id", type_=Text()))

Predicate = Callable[[Any, SqlViewer], ColumnElement[bool]]
_predicates: dict[type, Predicate] = {}


def sql_viewer(viewer: Viewer) -> SqlViewer:
    """This very viewer, for statements that are run once, inside a use case."""
    return SqlViewer(literal(viewer.id, Text()))


def visibility(model: type) -> Callable[[Predicate], Predicate]:
    """Registers the decorated function as the predicate of `model`'s rows."""

    def register(predicate: Predicate) -> Predicate:
        if model in _predicates:
            raise TypeError(f"{model.__name__} has two visibility predicates")
        _predicates[model] = predicate
        return predicate

    return register


def visible(row: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The condition under which `viewer` may see `row` (a mapped class or an alias of one)."""
    return _predicates[inspect(row).mapper.class_](row, viewer)


def without_predicate(models: list[type]) -> list[str]:
    """Names of the models that nobody has decided on; the application refuses to start with any."""
    return [model.__name__ for model in models if model not in _predicates]
