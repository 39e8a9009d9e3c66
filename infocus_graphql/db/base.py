"""The base of all tables: constraint names, column types, and relationships without lazy loading."""

import enum
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    Enum,
    FetchedValue,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column, relationship
from sqlalchemy.util import immutabledict

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.sql_types import SqlValue

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


AnyColumn: TypeAlias = MappedColumn[Any]


class Base(DeclarativeBase):
    """The base of all mapped classes."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    # An UPDATE returns the values that the database has set (`updated_at`).
    __mapper_args__ = immutabledict({"eager_defaults": True})


def key_text() -> Text:
    """The type of ids and other generated text: compared by bytes, independent of the locale."""
    return Text(collation="C")


def id_column(tag: str) -> MappedColumn[str]:
    """A primary key that the application generates; `tag` is the two-letter type tag."""

    def generate() -> str:
        return new_id(tag)

    return mapped_column(key_text(), primary_key=True, default=generate, info={"tag": tag})


def foreign_key(target: str, *, ondelete: str, nullable: bool = False, index: bool = True) -> AnyColumn:
    """A foreign key to `target`; indexed unless another index starts with it."""
    return mapped_column(key_text(), ForeignKey(target, ondelete=ondelete), nullable=nullable, index=index)


def created_at_column() -> MappedColumn[datetime]:
    """The creation time, set by the database."""
    return mapped_column(DateTime(timezone=True), server_default=func.now())


def updated_at_column() -> MappedColumn[datetime]:
    """The time of the last change, set by a trigger."""
    return mapped_column(
        DateTime(timezone=True),
        server_default=func.now(),
        server_onupdate=FetchedValue(),
        info={"touched": True},
    )


def timestamptz(*, nullable: bool = False) -> AnyColumn:
    """A `timestamp with time zone`."""
    return mapped_column(DateTime(timezone=True), nullable=nullable)


def enum_column(members: type[enum.Enum], name: str, **options: SqlValue) -> AnyColumn:
    """A native PostgreSQL enum whose labels are the values of `members`."""
    kind = Enum(members, name=name, values_callable=lambda cls: [member.value for member in cls])
    return mapped_column(kind, **options)


def private(column: AnyColumn) -> AnyColumn:
    """Marks a column that only some viewers may read: not loaded with its row, only by a declared field."""
    return _marked(column, "private")


def secret(column: AnyColumn) -> AnyColumn:
    """Marks a column that no field may expose, such as hashes of passwords and tokens."""
    return _marked(column, "secret")


def computed_text(expression: str) -> MappedColumn[str]:
    """A generated column for search or sorting; not loaded with the row."""
    kind = Computed(expression, persisted=True)
    return mapped_column(key_text(), kind, nullable=False, deferred=True, deferred_raiseload=True)


def _marked(column: AnyColumn, mark: str) -> AnyColumn:
    column.column.info[mark] = True
    column.deferred = True
    column.deferred_raiseload = True
    return column


def to_one(back_populates: str | None = None, **options: SqlValue) -> Any:
    """A many-to-one relationship by a foreign key of this table, without lazy loading."""
    return relationship(back_populates=back_populates, lazy="raise", **options)


def to_many(back_populates: str | None = None, **options: SqlValue) -> Any:
    """A one-to-many relationship without lazy loading; the database cascades deletes, not the session."""
    return relationship(back_populates=back_populates, lazy="raise", passive_deletes=True, **options)


def unique(
    *columns: str, refusal: ErrorCode, path: tuple[str, ...] = (), message: str | None = None
) -> UniqueConstraint:
    """A unique constraint with the refusal that its violation becomes."""
    return UniqueConstraint(*columns, info={"refusal": refusal, "path": path, "message": message})


def partial_unique(
    name: str,
    *columns: SqlValue,
    where: SqlValue = None,
    refusal: ErrorCode,
    path: tuple[str, ...] = (),
    message: str | None = None,
) -> Index:
    """A partial or expression unique index with the refusal that its violation becomes."""
    info = {"refusal": refusal, "path": path, "message": message}
    return Index(name, *columns, unique=True, postgresql_where=where, info=info)


def check(name: str, condition: str, *, refusal: ErrorCode, path: tuple[str, ...] = ()) -> CheckConstraint:
    """A check constraint with the refusal that its violation becomes."""
    return CheckConstraint(condition, name=name, info={"refusal": refusal, "path": path})


def length_check(column: str, maximum: int, *, minimum: int = 0) -> CheckConstraint:
    """A check constraint for the length of a text, in characters."""
    condition = f"char_length({column}) BETWEEN {minimum} AND {maximum}"
    return check(f"{column}_length", condition, refusal=ErrorCode.TOO_LONG, path=(column,))
