"""What is known of the rows at one place of a statement, from the conditions under which they were reached.

Of a row that was looked up by a parameter, the column equals the parameter; of one that was joined to a
row further out, it equals that row's column, or what that one equals. A predicate over such values
depends on less, or on nothing, and PostgreSQL asks it once for all the rows instead of once for each.
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
        """What is known of `row`, reached from a row that this is known of, where all `conditions` hold."""
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
        """What is known to equal the attribute, or the attribute."""
        return self.values[attribute] if attribute in self.values else getattr(row, attribute)

    def holds(self, rule: Callable[..., object], value: SqlValue) -> bool:
        """Whether the rule is known to hold of the value."""
        return (rule, _place(value)) in self._holding

    def holding(self, rule: Callable[..., object], value: SqlValue) -> "RowFacts":
        """The same, and that the rule holds of the value."""
        return replace(self, _holding=self._holding | {(rule, _place(value))})

    def substituted(self, row: MappedRow) -> SqlValue:
        """The row, with what is known to equal its attributes in their place."""
        return _Substituted(row, self)


class _Substituted:
    def __init__(self, row: MappedRow, known: RowFacts) -> None:
        self._row = row
        self._known = known

    def __getattr__(self, name: str) -> SqlValue:
        return self._known.value(self._row, name)


NOTHING = RowFacts()


def _equations(conditions: Iterable[ColumnElement[bool]]) -> Iterator[tuple[SqlValue, SqlValue]]:
    """(column, other side) of all equations among conditions that hold together."""
    for condition in conditions:
        if isinstance(condition, BooleanClauseList) and condition.operator is and_:
            yield from _equations(condition.clauses)
        elif isinstance(condition, BinaryExpression) and condition.operator is eq:
            sides: tuple[SqlValue, SqlValue] = condition.left, condition.right
            for own, other in (sides, sides[::-1]):
                if isinstance(own, ColumnClause) and isinstance(other, ColumnClause | BindParameter):
                    yield own, other


def _place(value: SqlValue) -> _RowKey:
    """Where a value comes from: two values from one place are the same."""
    if isinstance(value, BindParameter):
        return None, value.key
    clause = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    return clause.table, clause.key
