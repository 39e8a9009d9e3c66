"""Facts about the rows at one place of a statement, derived from the conditions that select them.

A row looked up by a parameter has a column that equals the parameter. A row joined to an outer row has a
column that equals the outer row's column, and so what that one equals. In

    SELECT … (SELECT … FROM family_memberships m WHERE m.family_id = f.id AND member_of(m.family_id))
    FROM families f WHERE f.id = $1 AND member_of(f.id)

`f.id` equals `$1`, so `m.family_id` does too, and the rule `member_of($1)` is known to hold for it: the inner
condition is left out. Where a rule remains, it is written with the parameter, `member_of($1)`: PostgreSQL
evaluates it once (an InitPlan) instead of once per row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import eq

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnClause,
    ColumnElement,
    inspect,
)
from sqlalchemy.sql.operators import and_

from infocus_graphql.db.sql_types import MappedRow, Parameters, SqlValue

_RowKey = tuple[MappedRow, str]  # a table (or alias) of the statement, or None for a parameter; and a name


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Attributes of a row that equal other values, and rules that hold of values."""

    values: Parameters = field(default_factory=dict)
    _holding: frozenset[tuple[object, _RowKey]] = frozenset()
    _places: Mapping[_RowKey, SqlValue] = field(default_factory=dict)  # what columns further out equal

    def joined(self, row: MappedRow, conditions: Iterable[ColumnElement[bool]]) -> "RowFacts":
        """The facts about `row`, joined to a row with these facts by `conditions`."""
        table = inspect(row).selectable
        names = {column.key: key for key, column in inspect(row).mapper.columns.items()}
        values: dict[str, SqlValue] = {}
        for own, other in _equations(conditions):
            if own.table is not table or getattr(other, "table", None) is table:
                continue
            value = self._places.get(_place(other), other)
            attribute = names[own.key]
            if attribute not in values or isinstance(value, BindParameter):
                values[attribute] = value
        places = {(table, key): values[name] for key, name in names.items() if name in values}
        return replace(self, values=values, _places={**self._places, **places})

    def value(self, row: MappedRow, attribute: str) -> SqlValue:
        """The value that is known to equal the attribute, or else the attribute."""
        return self.values[attribute] if attribute in self.values else getattr(row, attribute)

    def holds(self, rule: Callable[..., object], value: SqlValue) -> bool:
        """Whether the rule is known to hold for the value."""
        return (rule, _place(value)) in self._holding

    def holding(self, rule: Callable[..., object], value: SqlValue) -> "RowFacts":
        """These facts, and that the rule holds of the value."""
        return replace(self, _holding=self._holding | {(rule, _place(value))})

    def substituted(self, row: MappedRow) -> SqlValue:
        """The row, with known values in place of its attributes."""
        return _Substituted(row, self)


class _Substituted:
    def __init__(self, row: MappedRow, known: RowFacts) -> None:
        self._row = row
        self._known = known

    def __getattr__(self, name: str) -> SqlValue:
        return self._known.value(self._row, name)


NOTHING = RowFacts()


def _equations(conditions: Iterable[ColumnElement[bool]]) -> Iterator[tuple[SqlValue, SqlValue]]:
    """(column, other side) of all equalities in a conjunction, in both directions."""
    for condition in conditions:
        if isinstance(condition, BooleanClauseList) and condition.operator is and_:
            yield from _equations(condition.clauses)
        elif isinstance(condition, BinaryExpression) and condition.operator is eq:
            sides: tuple[SqlValue, SqlValue] = condition.left, condition.right
            for own, other in (sides, sides[::-1]):
                if isinstance(own, ColumnClause) and isinstance(other, ColumnClause | BindParameter):
                    yield own, other


def _place(value: SqlValue) -> _RowKey:
    """The identity of a value: its table and column, or the name of its parameter."""
    if isinstance(value, BindParameter):
        return None, value.key
    clause = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    return clause.table, clause.key
