"""Who sees which rows: one SQL predicate for each table, registered by its domain's policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, inspect, literal

from infocus_graphql.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class SqlViewer:
    """The viewer as SQL sees them: both are texts that are NULL for nobody."""

    id: ColumnElement[Any]
    session_id: ColumnElement[Any]


# The viewer of a request: a named parameter, so that statements are the same for all viewers.
VIEWER = SqlViewer(bindparam("viewer_id", type_=Text()), bindparam("session_id", type_=Text()))

Predicate = Callable[[Any, SqlViewer], ColumnElement[bool]]
_predicates: dict[type, Predicate] = {}


def sql_viewer(viewer: Viewer) -> SqlViewer:
    """This very viewer, for statements that are run once, inside a use case."""
    return SqlViewer(literal(viewer.id, Text()), literal(viewer.session_id, Text()))


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


class Substituted:
    """An alias some of whose attributes are known to equal other expressions, which are used in their place.

    A predicate over a child that a parent's column can stand in for depends on the parent alone, and
    PostgreSQL then asks it once for each parent instead of once for each child.
    """

    def __init__(self, row: Any, known: Mapping[str, Any]) -> None:
        self._row = row
        self._known = known

    def __getattr__(self, name: str) -> Any:
        """What is known to equal the attribute, or the attribute."""
        return self._known[name] if name in self._known else getattr(self._row, name)


def visible_through(row: Any, viewer: SqlViewer, known: Mapping[str, Any]) -> ColumnElement[bool]:
    """Like `visible`, with some attributes of `row` known to equal other expressions."""
    return _predicates[inspect(row).mapper.class_](Substituted(row, known), viewer)


def without_predicate(models: list[type]) -> list[str]:
    """Names of the models that nobody has decided on; the application refuses to start with any."""
    return [model.__name__ for model in models if model not in _predicates]
