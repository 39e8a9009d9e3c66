"""Sub-selects that take from the surrounding statement whatever they name but don't select from.

SQLAlchemy by itself looks one level out only, while a predicate may stand several levels below the
row that it is about: in an EXISTS, in a page's sub-select, in a LATERAL.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select


def exists(statement: Select[Any], *own: Any) -> ColumnElement[bool]:
    """EXISTS over a statement that selects from the aliases `own`."""
    return statement.correlate_except(*own).exists()


def scalar(statement: Select[Any], *own: Any) -> ColumnElement[Any]:
    """The one value of a statement that selects from the aliases `own`."""
    return statement.correlate_except(*own).scalar_subquery()
