"""Keyset pagination: orders, cursors, and the condition for the rows after a cursor.

The order `rating DESC, id` with the cursor (7.5, 'we1') becomes, as ratings can be NULL and NULLs are last:

    WHERE rating < 7.5 OR rating IS NULL OR (rating = 7.5 AND id < 'we1')

and with a NULL in the cursor `rating IS NULL AND id < 'we1'`. If no sort key can be NULL, it is a comparison
of rows, which PostgreSQL reads from one index range: `(date_added, id) < ($1, $2)`.
"""

import hmac
import math
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    tuple_,
)
from sqlalchemy.sql.sqltypes import Date, DateTime, Enum, Float, Integer, String

from infocus_graphql.db.links import primary_key_of
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue

_SIGNATURE: Final = 16  # characters of the cursor's signature: 64 bits
_MAX_CURSOR: Final = 4096
CURSOR_KEY = bindparam("cursor_key", type_=Text())

SortExpression = Callable[[MappedRow], SqlExpression]


class CursorError(ValueError):
    """A cursor that this server did not make, or made for another list or order."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort key: an expression over a row. NULLs come last in both directions."""

    expression: SortExpression
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: the terms, all in one direction, and at the end the primary key."""

    name: str
    terms: tuple[SortKey, ...]
    descending: bool = False

    def columns(self, row: MappedRow) -> list[tuple[SqlExpression, bool]]:
        """The sort expressions for an alias, each with whether it may be NULL."""
        return [(term.expression(row), term.nullable) for term in self.terms] + [(primary_key_of(row), False)]


def order_by(order: Order, row: MappedRow, *, backwards: bool = False) -> list[SqlExpression]:
    """The ORDER BY list of `order`, or of its reverse for `last` and `before`."""
    descending = order.descending != backwards
    clauses: list[SqlExpression] = []
    for column, nullable in order.columns(row):
        clause = column.desc() if descending else column.asc()
        if nullable:
            clause = clause.nulls_first() if backwards else clause.nulls_last()
        clauses.append(clause)
    return clauses


def after_cursor(
    order: Order, row: MappedRow, values: Sequence[SqlValue], *, backwards: bool = False
) -> ColumnElement[bool]:
    """True for the rows after the position `values`, or before it when read backwards."""
    columns = order.columns(row)
    greater = order.descending == backwards
    if not any(nullable for _, nullable in columns):
        left, right = tuple_(*(column for column, _ in columns)), tuple_(*_typed(columns, values))
        return left > right if greater else left < right
    ties: list[ColumnElement[bool]] = []
    options = []
    for (column, nullable), value in zip(columns, _typed(columns, values), strict=True):
        known = value.value is not None
        if known:
            after = column > value if greater else column < value
            if nullable and not backwards:
                after = or_(after, column.is_(None))
        else:
            after = column.is_not(None) if backwards else false()
        options.append(and_(*ties, after))
        ties.append(column == value if known else column.is_(None))
    return or_(*options)


def cursor_sql(order: Order, row: MappedRow, scope: str | ColumnElement[str]) -> ColumnElement[str]:
    """SQL that writes the cursor of `row`. Both read engines use it, so their cursors are the same text.

    Its values are JSON, which no session parameter changes: `["2024-05-01T08:00:00.25", 7.5, "mi…"]`.
    """
    values = [_json_value(column) for column, _ in order.columns(row)]
    payload = cast(func.json_build_array(*values), Text)
    named = literal(cursor_scope(order, scope)) if isinstance(scope, str) else scope
    signed = func.concat(CURSOR_KEY, named, payload)
    digest = func.encode(func.sha256(func.convert_to(signed, "UTF8")), "hex")
    plain = func.concat(func.substr(digest, 1, _SIGNATURE), payload)
    encoded = func.encode(func.convert_to(plain, "UTF8"), "base64")
    # base64url without padding, and without the line breaks that PostgreSQL puts in.
    return func.translate(encoded, "+/=\n", "-_")


def decode_cursor(order: Order, row: MappedRow, scope: str, cursor: str, key: str) -> list[SqlValue]:
    """The values in `cursor`, verified; CursorError if it belongs to another list or order."""
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        plain = b64decode(padded, altchars=b"-_", validate=True).decode()
        signature, payload = plain[:_SIGNATURE], plain[_SIGNATURE:]
        expected = sha256(f"{key}{cursor_scope(order, scope)}{payload}".encode()).hexdigest()[:_SIGNATURE]
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise ValueError("not signed by us for this list and order")
        found = orjson.loads(payload)
        columns = order.columns(row)
        return [_parsed(column, value) for (column, _), value in zip(columns, found, strict=True)]
    except (ValueError, UnicodeError) as error:
        raise CursorError(str(error)) from error


def cursor_scope(order: Order, scope: str) -> str:
    """The text that is signed with a cursor, so that it is valid for this list and order only."""
    return f"|{scope}|{order.name}|{'desc' if order.descending else 'asc'}|"


def _typed(columns: list[tuple[SqlExpression, bool]], values: Sequence[SqlValue]) -> list[SqlValue]:
    return [
        value if isinstance(value, BindParameter) else literal(value, column.type)
        for (column, _), value in zip(columns, values, strict=True)
    ]


def _json_value(column: SqlExpression) -> SqlExpression:
    # JSON writes an instant in the session's zone; one without a zone is written as it is.
    return func.timezone("UTC", column) if isinstance(column.type, DateTime) else column


def _parsed(column: SqlExpression, value: SqlValue) -> SqlValue:
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    return next(parse for types, parse in _PARSERS if isinstance(kind, types))(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError("not a whole number")
    return value


def _finite(value: SqlValue) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise ValueError("not a finite number")
    return float(value)


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(_text(value)).replace(tzinfo=UTC)


def _date(value: object) -> date:
    return date.fromisoformat(_text(value))


_PARSERS: tuple[tuple[type, Callable[[object], object]], ...] = (
    (DateTime, _instant),
    (Date, _date),
    (Integer, _whole),
    (Float, _finite),
    (String, _text),
)
