"""Batch queries: one SELECT loads a declared field for many parents. Statements are built here, not run.

The first two entries of each of three watchlists, with a row beyond the page for `hasNextPage`:

    SELECT u.id, page.*, page.cursor FROM users u
    JOIN LATERAL (SELECT …, row_number() OVER () AS page_position
                  FROM (SELECT e.*, … AS cursor FROM watchlist_entries e
                        WHERE e.user_id = u.id AND …visibility…
                        ORDER BY e.date_added DESC, e.id DESC LIMIT 2 + 1) ordered) page ON true
    WHERE u.id = ANY(ARRAY['us1', 'us2', 'us3']) ORDER BY u.id, page.page_position
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.keyset import Order, after_cursor, cursor_sql, order_by
from infocus_graphql.db.links import Link, primary_key, primary_key_of
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import VIEWER, SqlViewer, visible

# The parents' keys are one array parameter: the statement's text is the same for two and for two hundred.
KEYS = bindparam("keys", type_=ARRAY(Text()))

ViewerExpression = Callable[[MappedRow, SqlViewer], SqlExpression]
Record = Callable[[MappedRow, SqlViewer], SqlSelect]


@dataclass(frozen=True, slots=True)
class Names:
    """The valid values of a filter whose values are names, such as genres or ids of users.

    `missing(values, parent)` selects the values of an array parameter that do not exist or that the viewer
    can't see. `parent` is the row that has the list, such as a family, or None if `of_parent` is false.
    `all` selects all names, to suggest a similar one.
    """

    noun: str  # with its article, such as "a genre of this catalogue"
    missing: Callable[[SqlValue, MappedRow], SqlSelect]
    all: Callable[[], SqlSelect] | None = None
    of_parent: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # a key of caches, by its identity
class Parameter:
    """An SQL parameter of type `kind` for the value of an argument; `convert` turns the value into it."""

    kind: Any
    convert: Callable[[Any], Any] = field(default=lambda value: value, kw_only=True)
    # Raises Refused for an invalid GraphQL value, given the path of the argument.
    check: Callable[..., object] | None = field(default=None, kw_only=True)
    # For values that are names: an unknown one is an error instead of an empty list.
    names: Names | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Parameter):
    """A filter as data: `predicate(row, value)`, where `value` is the SQL parameter.

    `absent` is the condition that holds when no value is given.
    """

    predicate: Callable[[MappedRow, SqlValue], ColumnElement[bool]]
    absent: Callable[[MappedRow], ColumnElement[bool]] | None = field(default=None, kw_only=True)


Sort: TypeAlias = Callable[[MappedRow], SqlExpression]
Filters = tuple[tuple[Parameter, SqlValue], ...]  # with the GraphQL value, or ABSENT


class Absent:
    """The type of ABSENT: no value was given for a condition."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Window:
    """A page of a list: `limit` rows between two positions, from the start or from the end."""

    order: Order
    scope: str
    limit: int
    after: tuple[SqlValue, ...] | None = None
    before: tuple[SqlValue, ...] | None = None
    backwards: bool = False


# Statements without values are built once: building one costs more than running it.
_built_once = lru_cache(maxsize=500)


@_built_once
def rows(model: type) -> SqlSelect:
    """The visible rows of `model` among the keys."""
    return select(model).where(primary_key(model) == any_(KEYS), visible(model, VIEWER))


def values(model: type, expression: ViewerExpression) -> SqlSelect:
    """(key, value) of an expression over the rows of `model`."""
    parent: MappedRow = aliased(model)
    key, value = primary_key_of(parent), expression(parent, VIEWER)
    if isinstance(value.type, JSONB):
        value = cast(value, Text)  # JSON is sent as it is stored
    return select(key, value).where(key == any_(KEYS))


def records(model: type, record: Record) -> SqlSelect:
    """(key, value, value, …) of a one-row aggregate for each row of `model`."""
    parent: MappedRow = aliased(model)
    key = primary_key_of(parent)
    aggregate = record(parent, VIEWER).lateral()
    return select(key, *aggregate.c).select_from(parent).join(aggregate, true()).where(key == any_(KEYS))


def missing_names(names: Names, source: type, values: SqlValue) -> SqlSelect:
    """(key, value) of the unknown values for each parent, where `names.of_parent` is true."""
    parent: MappedRow = aliased(source)
    key = primary_key_of(parent)
    wrong = names.missing(values, parent).correlate(parent).lateral()
    return select(key, *wrong.c).select_from(parent).join(wrong, true()).where(key == any_(KEYS))


def related(link: Link, orders: Sequence[Sort], conditions: Filters) -> SqlSelect:
    """(key, row) of all the visible rows that a link leads to, each parent's in order."""
    build = _related if _has_values(conditions) else _built_once_related
    return build(link, tuple(orders), conditions)


def _related(link: Link, orders: tuple[Sort, ...], conditions: Filters) -> SqlSelect:
    parent: MappedRow = aliased(_source(link))
    child: MappedRow = aliased(link.target)
    key = primary_key_of(parent)
    return (
        select(key, child)
        .select_from(parent)
        .join(child, link.on(parent, child, VIEWER))
        .where(key == any_(KEYS), visible(child, VIEWER), *_applied(child, conditions))
        .order_by(*(order(child) for order in [*link.positions(parent), *orders]), primary_key_of(child))
    )


def page(link: Link, window: Window, conditions: Filters) -> SqlSelect:
    """(key, row, cursor) of one page of each parent's list, and one row beyond it.

    LATERAL applies the limit to each parent, and reading stops there.
    """
    build = _page if _has_values(conditions, window) else _built_once_page
    return build(link, window, conditions)


def _page(link: Link, window: Window, conditions: Filters) -> SqlSelect:
    parent: MappedRow = aliased(_source(link))
    key = primary_key_of(parent)
    lateral, child = _window(link, parent, window, conditions)
    return (
        select(key, child, lateral.c.cursor)
        .select_from(parent)
        .join(lateral, true())
        .where(key == any_(KEYS))
        .order_by(key, lateral.c.page_position)
    )


def root_page(link: Link, window: Window, conditions: Filters) -> SqlSelect:
    """(row, cursor) of one window of a list that has no parent."""
    build = _root_page if _has_values(conditions, window) else _built_once_root_page
    return build(link, window, conditions)


def _root_page(link: Link, window: Window, conditions: Filters) -> SqlSelect:
    lateral, child = _window(link, None, window, conditions)
    return select(child, lateral.c.cursor).order_by(lateral.c.page_position)


def count(link: Link, conditions: Filters) -> ViewerExpression:
    """The number of visible rows that a link leads to, as an expression over the parent."""
    return (_count if _has_values(conditions) else _built_once_count)(link, conditions)


def _count(link: Link, conditions: Filters) -> ViewerExpression:
    def expression(parent: MappedRow, viewer: SqlViewer) -> SqlExpression:
        child: MappedRow = aliased(link.target)
        counted = (
            select(func.count())
            .select_from(child)
            .where(link.on(parent, child, viewer), visible(child, viewer), *_applied(child, conditions))
        )
        return scalar(counted, child)

    return expression


def root_rows(link: Link, conditions: Filters) -> SqlSelect:
    """The visible rows that a link without a source leads to."""
    child: MappedRow = aliased(link.target)
    return select(child).where(
        link.on(None, child, VIEWER), visible(child, VIEWER), *_applied(child, conditions)
    )


values_once, records_once = _built_once(values), _built_once(records)
_built_once_related, _built_once_count = _built_once(_related), _built_once(_count)
_built_once_page, _built_once_root_page = _built_once(_page), _built_once(_root_page)


def _has_values(conditions: Filters, window: Window | None = None) -> bool:
    """Whether a statement contains values of a request: of filters, or of cursors."""
    if window is not None and (window.after is not None or window.before is not None):
        return True
    return any(value is not ABSENT for _, value in conditions)


def _window(link: Link, parent: MappedRow, window: Window, conditions: Filters) -> tuple[SqlValue, MappedRow]:
    row: MappedRow = aliased(link.target)
    limits = [
        after_cursor(window.order, row, position, backwards=backwards)
        for position, backwards in ((window.after, False), (window.before, True))
        if position is not None
    ]
    inner = (
        select(row, cursor_sql(window.order, row, window.scope).label("cursor"))
        .where(link.on(parent, row, VIEWER), visible(row, VIEWER), *_applied(row, conditions), *limits)
        .order_by(*order_by(window.order, row, backwards=window.backwards))
        .limit(window.limit + 1)
        .correlate_except(row)  # SQLAlchemy does not correlate a sub-select in FROM by itself
    )
    # Numbered outside the limit: a window function inside would have to read the whole list.
    ordered = inner.subquery()
    numbered = select(ordered, func.row_number().over().label("page_position"))
    lateral = numbered.lateral() if parent is not None else numbered.subquery()
    return lateral, aliased(link.target, lateral)


def _applied(row: MappedRow, conditions: Filters) -> list[ColumnElement[bool]]:
    given = [(each, value if value is ABSENT else literal_of(each, value)) for each, value in conditions]
    return conditions_on(row, given)


def literal_of(parameter: Parameter, value: SqlValue) -> SqlExpression:
    """The GraphQL value of an argument as an SQL literal."""
    return literal(parameter.convert(value), parameter.kind)


def conditions_on(row: MappedRow, given: Sequence[tuple[Parameter, SqlValue]]) -> list[ColumnElement[bool]]:
    """The conditions of filters for `row`, each given with its SQL value or ABSENT."""
    clauses = []
    for condition, value in given:
        if not isinstance(condition, Filter):
            raise TypeError("a parameter that is not a filter selects no rows")
        if value is not ABSENT:
            clauses.append(condition.predicate(row, value))
        elif condition.absent is not None:
            clauses.append(condition.absent(row))
    return clauses


def _source(link: Link) -> type:
    if link.source is None:
        raise TypeError("a link from the root has no parents to batch for")
    source: type = link.source
    return source
