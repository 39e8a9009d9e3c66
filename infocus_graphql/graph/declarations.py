"""Declarations: what a field of a row type reads, as data. Loaders and plans are made from them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField
from sqlalchemy import ColumnElement
from sqlalchemy.orm import QueryableAttribute

from infocus_graphql.db.batch_queries import Filter, Record, ViewerExpression
from infocus_graphql.db.links import Link
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, FEW, Length, Reading
from infocus_graphql.graph.strawberry_internals import strawberry_field

if TYPE_CHECKING:
    from infocus_graphql.graph.connection import Orders

DECLARED, ACCESS, SCOPE, RATE = "declared", "access", "scope", "rate"
Only = Callable[[Any, SqlViewer], ColumnElement[bool]]
OrderBy = tuple[Callable[[Any], ColumnElement[Any]], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """A column, read with its row; `default` is shown in place of NULL."""

    attribute: QueryableAttribute[Any]
    default: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Private:
    """A column that is null unless `only` holds for the row and the viewer."""

    attribute: QueryableAttribute[Any]
    only: Only


@dataclass(frozen=True, eq=False, slots=True)
class Computed:
    """An SQL expression over the row: a count, a condition, a value of another table."""

    model: type
    expression: ViewerExpression


@dataclass(frozen=True, eq=False, slots=True)
class Aggregate:
    """Several values computed over the row at once; the GraphQL type's fields are the labels."""

    model: type
    record: Record
    reading: Reading | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ToOne:
    """The one row that a link leads to, or null."""

    link: Link
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ToMany:
    """All rows that a link leads to: only for lists with a known small bound, `length`."""

    link: Link
    order: OrderBy
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    length: Length = FEW


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """A connection over the rows that a link leads to; null where `only` doesn't hold for the parent.

    A page has `default` rows when the client gives no size; `reading` says what finding it reads.
    """

    link: Link
    orders: "Orders"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    filter_type: Any = None
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    only: Only | None = None
    default: int = DEFAULT_PAGE
    reading: Reading = Reading()  # noqa: RUF009 - a constant


@dataclass(frozen=True, eq=False, slots=True)
class Argument:
    """An argument of a declared field: its GraphQL type, its meaning, and the condition it stands for."""

    type: Any
    description: str
    condition: Filter
    default: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class RootRow:
    """A root field that gives one row or null. `pick` turns its arguments into values for `by`."""

    link: Link
    arguments: Mapping[str, Argument]
    by: Mapping[str, Filter]
    pick: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda given: given)


@dataclass(frozen=True, eq=False, slots=True)
class RootNode:
    """A root field that gives any row, or several, by ids alone."""

    several: bool


@dataclass(frozen=True, eq=False, slots=True)
class Mutation:
    """A root mutation field. `run` does it for `(context, input)` and gives the payload, refusals too."""

    run: Callable[[Any, Any], Awaitable[Any]]
    weight: int = 1_000


@dataclass(frozen=True, eq=False, slots=True)
class MutationOutcome:
    """What a mutation that has run returned or raised.

    The planner makes it; the executor gets it as its root value, so that the mutation's resolver returns it
    and does not run the mutation again.
    """

    payload: Any = None
    error: Exception | None = None

    def result(self) -> Any:
        """The payload; raises the error if there is one."""
        if self.error is not None:
            raise self.error
        return self.payload


@dataclass(frozen=True, eq=False, slots=True)
class PayloadRow:
    """A payload's field that shows a row, or several, as the viewer sees them after the commit."""

    model: type
    many: str | None = None

    def ids(self, payload: Any, name: str) -> Any:
        """The id, or the list of ids, that the mutation named for the field; None for no row."""
        return payload.rows.get(name) if self.many is None else list(getattr(payload, self.many))


Declaration = Column | Private | Computed | Aggregate | ToOne | ToMany | Page


def declared_by(definition: GraphQLField) -> Any:
    """What a field declares to read; None for one with a resolver of its own."""
    found = strawberry_field(definition)
    return None if found is None else found.metadata.get(DECLARED)
