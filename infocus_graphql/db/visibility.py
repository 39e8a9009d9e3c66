"""Row visibility: one SQL predicate for each table, registered by the policy of its domain.

Most predicates are a *rule* over one column: memberships are visible if the viewer is a member of the family
in `family_id`, watchlist entries if the viewer sees the user in `user_id`. With a rule and a column instead
of an opaque predicate, a plan leaves out a rule that an outer row has satisfied for the same value:

    visible_by(Family, "id", is_member)                     -- EXISTS (… m.family_id = f.id AND …)
    visible_by(FamilyMembership, "family_id", is_member)    -- the same rule, of another column
    implies(FamilyMembership, "user_id", can_see_user)      -- so the members' users need no condition

In `family(id: $1) { members { nodes { user { name } } } }`, only the family has the EXISTS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Text, bindparam, inspect, literal, true

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.predicate_facts import NOTHING, RowFacts
from infocus_graphql.db.sql_types import MappedRow, SqlExpression


@dataclass(frozen=True, slots=True)
class SqlViewer:
    """The viewer in SQL: both ids are NULL for an anonymous viewer."""

    id: SqlExpression
    session_id: SqlExpression

    def is_(self, user_id: MappedRow) -> ColumnElement[bool]:
        """The condition that the viewer is the user with this id."""
        if isinstance(user_id, BindParameter) and isinstance(self.id, BindParameter):
            # The row was selected by the viewer's id.
            if user_id.key == self.id.key:
                return true()
        same: ColumnElement[bool] = user_id == self.id
        return same


# The viewer of a request: a named parameter, so that statements are the same for all viewers.
VIEWER = SqlViewer(bindparam("viewer_id", type_=Text()), bindparam("session_id", type_=Text()))

Predicate = Callable[[MappedRow, SqlViewer], ColumnElement[bool]]
ValuePredicate = Callable[[MappedRow, SqlViewer], ColumnElement[bool]]  # of a value, such as a family's id


@dataclass(frozen=True, slots=True)
class VisibilityRule:
    """A rule over an attribute of a row."""

    attribute: str
    rule: ValuePredicate


_predicates: dict[type, Predicate] = {}
_rules: dict[type, VisibilityRule] = {}
_shown: dict[type, tuple[VisibilityRule, ...]] = {}


def sql_viewer(viewer: Viewer) -> SqlViewer:
    """This viewer as literals, for statements that a use case runs once."""
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
    """Registers that a row of `model` is visible if `rule` holds of its `attribute`."""
    visibility(model)(lambda row, viewer: rule(getattr(row, attribute), viewer))
    _rules[model] = VisibilityRule(attribute, rule)


def implies(model: type, attribute: str, rule: ValuePredicate) -> None:
    """Declares that `rule` holds of the `attribute` of each visible row of `model`.

    Plans leave the rule out below such a row, so it has to follow from the predicate of `model` for all data.
    """
    _shown[model] = (*_shown.get(model, ()), VisibilityRule(attribute, rule))


def implications() -> dict[type, tuple[VisibilityRule, ...]]:
    """All implications, for tests that check them on rows."""
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
    """Like `visible` for a row with known facts. Also returns the facts about the rows that pass."""
    model = inspect(row).mapper.class_
    visibility_rule = _rules.get(model)
    if visibility_rule is None:
        condition = _predicates[model](known.substituted(row), viewer)
        found = known
    else:
        value = known.value(row, visibility_rule.attribute)
        implied = known.holds(visibility_rule.rule, value)
        condition = true() if implied else visibility_rule.rule(value, viewer)
        found = known.holding(visibility_rule.rule, value)
    for promise in _shown.get(model, ()):
        found = found.holding(promise.rule, known.value(row, promise.attribute))
    return condition, found


def models_without_predicate(models: list[type]) -> list[str]:
    """Names of the models without a predicate; the application refuses to start with any."""
    return [model.__name__ for model in models if model not in _predicates]
