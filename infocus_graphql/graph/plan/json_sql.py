"""JSON made by PostgreSQL, byte for byte as the loader route writes it: compact, with keys in order.

`row_to_json` over a sub-select is the cheapest form and keeps the order of the columns:

    SELECT row_to_json("row$") FROM (SELECT u.id AS id, u.name AS label FROM users u WHERE …) AS "row$"
    -- {"id":"us…","label":"Ann"}

An array of json (`ARRAY(SELECT row_to_json(…))`) prints without the blanks that `json_agg` puts between its
items, and is `[]` instead of NULL when it is empty.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    ARRAY,
    JSON,
    Label,
    Text,
    cast,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.selectable import NamedFromClause

from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect

# The name of a row that becomes an object. PostgreSQL takes a bare name for a column first, and columns are
# named by clients: no response key has a dollar sign.
_ROW: Final = "row$"
_MAX_NAME: Final = 63  # characters of a column's name; PostgreSQL cuts longer ones
_EMPTY: Final = cast(
    literal_column("'{}'"), JSON()
)  # the object of a selection in which everything is skipped


def objects_of(rows: SqlSelect) -> SqlSelect:
    """The JSON object of each row."""
    columns = list(rows.selected_columns)
    keys = _keys(columns)
    if not columns:
        return rows.add_columns(_EMPTY)
    if not _has_long(keys):
        body = rows.subquery(_ROW)
        return select(_row_of(body)).correlate_except(body)
    renamed = [column.label(f"c{index}") for index, column in enumerate(_unlabelled(columns))]
    body = rows.with_only_columns(*renamed, maintain_column_froms=True).subquery(_ROW)
    return select(_concatenated(keys, body)).correlate_except(body)


def first_of(rows: SqlSelect) -> SqlExpression:
    """The JSON object of the one row, or NULL."""
    return objects_of(rows).scalar_subquery()


def object_of(columns: Sequence[SqlExpression]) -> SqlExpression:
    """The JSON object of labelled columns of the surrounding row."""
    return first_of(select(*columns).correlate_except())


def array_of(rows: SqlSelect) -> SqlExpression:
    """The JSON array of all rows, in their order."""
    return func.array(first_of(rows), type_=ARRAY(JSON()))


def array_of_each(columns: Sequence[SqlExpression], rows: SqlSelect, row: MappedRow) -> SqlExpression:
    """The JSON array of labelled columns of `row`, for all rows of `rows`, a select without columns:

        ARRAY(SELECT row_to_json("row$") FROM offers o, LATERAL (SELECT o.provider AS provider) "row$"
              WHERE o.media_item_id = m.id ORDER BY …)

    The LATERAL join avoids a nested sub-select, which PostgreSQL would execute as another step of the plan.
    It is not used for pages: with ORDER BY and LIMIT, PostgreSQL could build the JSON of all rows before
    it sorts them, and then discard all but the page.
    """
    keys = _keys(columns)
    if not columns:
        each = rows.add_columns(_EMPTY).select_from(row).correlate_except(row)
        return func.array(each.scalar_subquery(), type_=ARRAY(JSON()))
    is_long = _has_long(keys)
    if is_long:
        columns = [column.label(f"c{index}") for index, column in enumerate(_unlabelled(columns))]
    body = select(*columns).correlate_except().lateral(_ROW)
    value = _concatenated(keys, body) if is_long else _row_of(body)
    each = rows.add_columns(value).select_from(row).join(body, true())
    return func.array(each.correlate_except(row, body).scalar_subquery(), type_=ARRAY(JSON()))


def _row_of(body: NamedFromClause) -> SqlExpression:
    return type_coerce(func.row_to_json(body.table_valued()), JSON())


def _keys(columns: Sequence[SqlExpression]) -> list[str]:
    return [column.key or "" for column in columns]


def _has_long(keys: Sequence[str]) -> bool:
    return any(len(key) > _MAX_NAME for key in keys)


def _unlabelled(columns: Sequence[SqlExpression]) -> list[SqlExpression]:
    return [column.element if isinstance(column, Label) else column for column in columns]


def _concatenated(keys: Sequence[str], body: NamedFromClause) -> SqlExpression:
    """The object of `body`, whose keys are too long to be names of columns.

        ('{' || '"a…64 characters":' || coalesce(to_json("row$".c0)::text, 'null') || '}')::json

    Keys are GraphQL names (letters, digits and `_`), which need no escaping in SQL or JSON.
    """
    text: SqlExpression = literal_column("'{'", Text())
    for index, (key, column) in enumerate(zip(keys, body.c, strict=True)):
        comma = "," if index else ""
        text = text.concat(literal_column(f"'{comma}\"{key}\":'", Text()))
        text = text.concat(func.coalesce(cast(func.to_json(column), Text()), literal_column("'null'")))
    return cast(text.concat(literal_column("'}'")), JSON())
