"""JSON made by PostgreSQL, in the very bytes that the ordinary path writes: compact, keys in order.

`row_to_json` over a sub-select is the cheapest form there is, and keeps the order of the columns. An
array of json prints without the blanks that `json_agg` puts between its items, and is never NULL.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, JSON, ColumnElement, Select, func, select, true, type_coerce

# The name of a row that becomes an object. PostgreSQL takes a bare name for a column first, and columns are
# named by clients: no response key has a dollar sign.
_ROW: Final = "row$"


def objects_of(rows: Select[Any]) -> Select[Any]:
    """The JSON object of each row."""
    body = rows.subquery(_ROW)
    return select(_row_of(body)).correlate_except(body)


def first_of(rows: Select[Any]) -> ColumnElement[Any]:
    """The JSON object of the one row, or NULL."""
    return objects_of(rows).scalar_subquery()


def object_of(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The JSON object of labelled columns of the surrounding row."""
    return first_of(select(*columns).correlate_except())


def array_of(rows: Select[Any]) -> ColumnElement[Any]:
    """The JSON array of all rows, in their order."""
    return func.array(first_of(rows), type_=ARRAY(JSON()))


def array_of_each(columns: Sequence[ColumnElement[Any]], rows: Select[Any], row: Any) -> ColumnElement[Any]:
    """The JSON array of labelled columns of `row`, for all that `rows`, a select without columns, finds.

    Beside the row instead of around it, the columns cost PostgreSQL no step of their own. That is no gain
    for a part of a list: where it has to be sorted, objects would be made of more than is shown.
    """
    body = select(*columns).correlate_except().lateral(_ROW)
    each = rows.add_columns(_row_of(body)).select_from(row).join(body, true())
    return func.array(each.correlate_except(row, body).scalar_subquery(), type_=ARRAY(JSON()))


def _row_of(body: Any) -> ColumnElement[Any]:
    return type_coerce(func.row_to_json(body.table_valued()), JSON())
