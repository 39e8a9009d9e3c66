"""Names for SQLAlchemy's types where Python's type system can't say more.

SQLAlchemy's column and select types are invariant, so a list of columns of different types is a list of
`ColumnElement[Any]`. The aliases say which kind of value is meant.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import QueryableAttribute

SqlExpression: TypeAlias = ColumnElement[Any]
"""An SQL expression of any type."""

SqlSelect: TypeAlias = Select[Any]
"""A SELECT of any columns."""

MappedRow: TypeAlias = Any
"""A mapped class, an alias of one, or a loaded row: its attributes are the columns of the table."""

MappedAttribute: TypeAlias = QueryableAttribute[Any]
"""An attribute of a mapped class, such as `User.name`."""

SqlValue: TypeAlias = Any
"""A column, an SQL expression, a bound parameter, or a Python value that becomes a parameter."""

Parameters: TypeAlias = Mapping[str, Any]
"""The values of a statement's parameters, by name."""

Arguments: TypeAlias = dict[str, Any]
"""Keyword arguments of a function."""
