"""Subqueries that correlate with any enclosing statement.

SQLAlchemy's automatic correlation covers only the directly enclosing statement. A predicate may be several
levels below the row that it refers to: in an EXISTS, in the subquery of a page, in a LATERAL.
"""

from sqlalchemy import ColumnElement

from infocus_graphql.db.sql_types import SqlExpression, SqlSelect, SqlValue


def exists(statement: SqlSelect, *own: SqlValue) -> ColumnElement[bool]:
    """EXISTS over a statement that selects from the aliases `own` and correlates all others."""
    return statement.correlate_except(*own).exists()


def scalar(statement: SqlSelect, *own: SqlValue) -> SqlExpression:
    """A scalar subquery that selects from the aliases `own` and correlates all others."""
    return statement.correlate_except(*own).scalar_subquery()
