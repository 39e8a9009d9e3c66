"""Associations between tables as data, from which batch queries and plans are compiled."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, UniqueConstraint, and_, any_, inspect
from sqlalchemy.orm import Mapper, QueryableAttribute, RelationshipProperty

from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer

On = Callable[[MappedRow, MappedRow, SqlViewer], ColumnElement[bool]]


@dataclass(frozen=True, eq=False, slots=True)
class Link:
    """An association from a row of `source` to the rows of `target` that meet `on(source, target, viewer)`.

    `key` is the attribute of the source that holds the target's primary key, `keys` one that holds an array
    of such keys. With either, no join is needed, and rows reached by several paths are loaded once. Without
    `source` the link starts at the root, and `on` gets None as its source. `position(source, target)` is the
    place of a target in the order of its source, such as that of a genre in an array of names.
    """

    target: type
    on: On
    source: MappedRow = None
    key: str | None = None
    keys: str | None = None
    position: Callable[[MappedRow, MappedRow], SqlExpression] | None = None

    def positions(self, parent: MappedRow) -> list[Callable[[MappedRow], SqlExpression]]:
        """The order that the source has for its targets, as terms over a target; empty if it has none."""
        position = self.position
        return [] if position is None else [lambda child: position(parent, child)]


def link(attribute: MappedRow) -> Link:
    """The link of a mapped relationship, such as `Family.members`."""
    relationship: RelationshipProperty[Any] = attribute.property
    source, target = relationship.parent.class_, relationship.mapper.class_
    pairs = [
        (_key_of(source, left), _key_of(target, right))
        for left, right in relationship.local_remote_pairs or ()
    ]

    def on(parent: MappedRow, child: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        return and_(*(getattr(parent, left) == getattr(child, right) for left, right in pairs))

    points_at_key = len(pairs) == 1 and pairs[0][1] == primary_key(target).key
    key = pairs[0][0] if points_at_key and not relationship.uselist else None
    return Link(target, on, source, key=key)


def link_by_keys(attribute: QueryableAttribute[Any], target: type) -> Link:
    """The link from an array of primary keys, such as `FamilyTitle.seen_by_ids`, to their rows."""

    def on(parent: MappedRow, child: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        among: ColumnElement[bool] = primary_key_of(child) == any_(getattr(parent, attribute.key))
        return among

    return Link(target, on, attribute.class_, keys=attribute.key)


def primary_key(model: type) -> QueryableAttribute[Any]:
    """The primary key attribute of a mapped class; all our tables have a single-column key."""
    mapper: Mapper[Any] = inspect(model)
    (column,) = mapper.primary_key
    attribute: QueryableAttribute[Any] = getattr(mapper.class_, mapper.get_property_by_column(column).key)
    return attribute


def primary_key_of(row: MappedRow) -> SqlValue:
    """The primary key of an alias or of a row object."""
    model = inspect(row).mapper.class_
    return getattr(row, primary_key(model).key)


def is_key(row: MappedRow, known: Iterable[str], terms: Sequence[SqlExpression] = ()) -> bool:
    """Whether the `known` attributes and the columns among `terms` contain a unique key of the row.

    Columns among `terms` count only if NOT NULL, because unique constraints allow repeated NULLs. `known`
    attributes are compared with a value, so they are not NULL.
    """
    mapper, table = inspect(row).mapper, inspect(row).selectable
    columns: Iterable[MappedRow] = (
        getattr(term, "__clause_element__", lambda term=term: term)() for term in terms
    )
    held = {
        column.name
        for column in columns
        # A constant of a mapped subquery says nothing about NULL.
        if getattr(column, "table", None) is table and not getattr(column, "nullable", True)
    }
    held |= {mapper.columns[name].name for name in known}
    return any(key <= held for key in _unique_keys(mapper))


def _unique_keys(mapper: Mapper[Any]) -> Iterator[set[str]]:
    yield {column.name for column in mapper.primary_key}
    for constraint in getattr(mapper.local_table, "constraints", ()):  # a mapped subquery has none
        if isinstance(constraint, UniqueConstraint):
            yield {column.name for column in constraint.columns}


def _key_of(model: type, column: SqlValue) -> str:
    return inspect(model).get_property_by_column(column).key
