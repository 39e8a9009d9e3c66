"""Who sees which rows: one SQL predicate for each table, registered by its domain's policy.

Most tables are seen by a *rule* over one of their columns: whoever is a member of the family with this
id sees these rows, whoever sees the person with that id sees those. Told apart in this way, a plan can
say that a rule has been asked already for the same value further out, and need not be asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Text, bindparam, inspect, literal, true

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.predicate_facts import NOTHING, RowFacts
from infocus_graphql.db.sql_types import MappedRow, SqlExpression


@dataclass(frozen=True, slots=True)
class SqlViewer:
    """The viewer as SQL sees them: both are texts that are NULL for nobody."""

    id: SqlExpression
    session_id: SqlExpression

    def is_(self, person: MappedRow) -> ColumnElement[bool]:
        """The viewer is the person with this id."""
        if isinstance(person, BindParameter) and isinstance(self.id, BindParameter):
            # A row whose column is known to equal the viewer's id has been found by that.
            if person.key == self.id.key:
                return true()
        same: ColumnElement[bool] = person == self.id
        return same


# The viewer of a request: a named parameter, so that statements are the same for all viewers.
VIEWER = SqlViewer(bindparam("viewer_id", type_=Text()), bindparam("session_id", type_=Text()))

Predicate = Callable[[MappedRow, SqlViewer], ColumnElement[bool]]
ValuePredicate = Callable[[MappedRow, SqlViewer], ColumnElement[bool]]  # of a value, such as a family's id


@dataclass(frozen=True, slots=True)
class VisibilityRule:
    """The rows whose `attribute` the rule holds for."""

    attribute: str
    rule: ValuePredicate


_predicates: dict[type, Predicate] = {}
_sights: dict[type, VisibilityRule] = {}
_shown: dict[type, tuple[VisibilityRule, ...]] = {}


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


def visible_by(model: type, attribute: str, rule: ValuePredicate) -> None:
    """Registers that `model`'s rows are seen by those for whom `rule` holds of the row's `attribute`."""
    visibility(model)(lambda row, viewer: rule(getattr(row, attribute), viewer))
    _sights[model] = VisibilityRule(attribute, rule)


def implies(model: type, attribute: str, rule: ValuePredicate) -> None:
    """Says that for whoever sees a row of `model`, `rule` holds of the row's `attribute`.

    Plans rely on it and don't ask again, so it has to follow from the predicate of `model` for all data.
    """
    _shown[model] = (*_shown.get(model, ()), VisibilityRule(attribute, rule))


def implications() -> dict[type, tuple[VisibilityRule, ...]]:
    """All that `also_holds` was told, for tests that try it on rows."""
    return dict(_shown)


def visible_to_everyone(model: type) -> bool:
    """Whether all rows of `model` are visible to all clients, anonymous ones included."""
    return _predicates[model](model, VIEWER) is true()


def visible(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The condition under which `viewer` may see `row` (a mapped class or an alias of one)."""
    return _predicates[inspect(row).mapper.class_](row, viewer)


def visible_given(
    row: MappedRow, viewer: SqlViewer, known: RowFacts = NOTHING
) -> tuple[ColumnElement[bool], RowFacts]:
    """Like `visible` for a row that something is known of; and what is known of the rows that pass."""
    model = inspect(row).mapper.class_
    sight = _sights.get(model)
    if sight is None:
        condition = _predicates[model](known.substituted(row), viewer)
        found = known
    else:
        value = known.value(row, sight.attribute)
        asked = known.holds(sight.rule, value)
        condition = true() if asked else sight.rule(value, viewer)
        found = known.holding(sight.rule, value)
    for promise in _shown.get(model, ()):
        found = found.holding(promise.rule, known.value(row, promise.attribute))
    return condition, found


def models_without_predicate(models: list[type]) -> list[str]:
    """Names of the models that nobody has decided on; the application refuses to start with any."""
    return [model.__name__ for model in models if model not in _predicates]
