"""Declarations of fields as data (what column, expression or link each reads), for loaders and plans."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql import GraphQLField, GraphQLObjectType
from sqlalchemy import ColumnElement

from infocus_graphql.db.batch_queries import Filter, Parameter
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedAttribute, MappedRow, SqlExpression, SqlSelect
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, FEW, MAX_PAGE, Length, Reading
from infocus_graphql.graph.strawberry_internals import strawberry_field

if TYPE_CHECKING:
    from infocus_graphql.graph.event_source import Topic
    from infocus_graphql.graph.ordering import Orders

DECLARED, ACCESS, SCOPE, RATE, SECRET = "declared", "access", "scope", "rate", "secret"
FieldDefinition: TypeAlias = Any
"""A Strawberry field as the value of a class attribute: of any type, so that it fits every annotation."""

TypeAnnotation: TypeAlias = Any
"""A type as Strawberry reads it from an annotation, such as `list[Genre] | None`."""

AnyDeclaration: TypeAlias = Any
"""A declaration of a field; the code that reads it is chosen by its class."""

Resolver: TypeAlias = Callable[..., Any]
"""A function that Strawberry calls with the arguments of a field."""

UNPLANNED: Final[Any] = object()  # what `PartialPlanner` returns for a field that it can't plan
Only = Callable[[MappedRow, SqlViewer], ColumnElement[bool]]
OrderBy = tuple[Callable[[MappedRow], SqlExpression], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """A column, read with its row. `default` replaces NULL."""

    attribute: MappedAttribute
    default: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Private:
    """A column that is null unless the condition `only` holds for the row and the viewer."""

    attribute: MappedAttribute
    only: Only


@dataclass(frozen=True, eq=False, slots=True)
class Computed:
    """An SQL expression over the row, such as a count, a condition, or a value of another table.

    The arguments that are given are passed to the expression by their names, as SQL parameters. A text is
    as long as one in the column `like`, for the estimate of its cost.
    """

    model: type
    expression: Callable[..., SqlExpression]
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    like: MappedAttribute | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Aggregate:
    """Several values computed over the row in one subquery, whose labels are the GraphQL type's fields."""

    model: type
    record: Callable[..., SqlSelect]
    reading: Reading | None = None
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Embedded:
    """An object whose fields are read from the same row, such as `MediaItem.externalIds`."""


@dataclass(frozen=True, eq=False, slots=True)
class Cursor:
    """The cursor of a row in a page, or of an end of the page."""


@dataclass(frozen=True, eq=False, slots=True)
class ToOne:
    """The row that a link refers to, or null. `reading` is the cost of a row that has to be computed."""

    link: Link
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    reading: Reading | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ToMany:
    """All rows that a link refers to. Only for lists with a small known bound, `length`."""

    link: Link
    order: OrderBy
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    length: Length = FEW


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """A connection over the rows that a link refers to; null if `only` doesn't hold for the parent.

    `default` is the page size without `first` and `last`; `reading` is the cost of finding a page.
    """

    link: Link
    orders: "Orders"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    filter_type: TypeAnnotation = None
    arguments: Mapping[str, "Argument"] = field(default_factory=dict)
    only: Only | None = None
    default: int = DEFAULT_PAGE
    reading: Reading = Reading()  # noqa: RUF009 - a constant


@dataclass(frozen=True, eq=False, slots=True)
class Argument:
    """An argument of a declared field: its GraphQL type, its description, and its parameter.

    It is a `Filter` for a field with rows, which it selects.
    """

    type: TypeAnnotation
    description: str
    parameter: Parameter
    default: object = None


@dataclass(frozen=True, eq=False, slots=True)
class RootRow:
    """A root field that returns one row or null. `pick` converts its arguments to values for `by`.

    `ensure(context, arguments)` is called before the row is read: it may fetch the row from another service.
    """

    link: Link
    arguments: Mapping[str, Argument]
    by: Mapping[str, Filter]
    pick: Callable[[Mapping[str, object]], Mapping[str, object]] = field(default=lambda given: given)
    ensure: Callable[[Any, Mapping[str, Any]], Awaitable[None]] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class RootNode:
    """A root field that returns one row, or several, of any type by their ids."""

    several: bool


@dataclass(frozen=True, eq=False, slots=True)
class ResolvedPage:
    """The cost of a field that returns a page found by its resolver, such as a search."""

    default: int
    reading: Reading
    maximum: int = MAX_PAGE


@dataclass(frozen=True, eq=False, slots=True)
class ResolvedList:
    """The cost of a root field that returns a list made by its resolver, of about `length` objects."""

    length: Length


@dataclass(frozen=True, eq=False, slots=True)
class Mutation:
    """A root mutation field. `run(context, input)` returns the payload, which may contain user errors."""

    run: Callable[[Any, Any], Awaitable[Any]]
    weight: int = 1_000


@dataclass(frozen=True, eq=False, slots=True)
class EventStream:
    """A subscription field: its type is that of the row whose id is the attribute `row` of each event.

    `topic(context, arguments)` returns the topic of the events; it raises GraphQLError if the viewer can't
    subscribe to it. `types` are the types of events that count; None for all. `last(event, viewer_id,
    arguments)` is whether the subscription ends after an event.
    """

    model: type
    row: str
    topic: Callable[[Any, Mapping[str, Any]], Awaitable["Topic"]]
    types: frozenset[str] | None = None
    last: Callable[[Any, str | None, Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class MutationOutcome:
    """The payload or the error of a mutation that has run.

    The planner creates it and the executor gets it as root value, so that the mutation's resolver returns it
    instead of running the mutation again.
    """

    payload: Any = None
    error: Exception | None = None

    def result(self) -> Any:
        """Returns the payload, or raises the error."""
        if self.error is not None:
            raise self.error
        return self.payload


@dataclass(frozen=True, eq=False, slots=True)
class PayloadRow:
    """A payload's field that returns a row, or several, as visible to the viewer after the commit.

    `paged` rows are those of a page, whose arguments decide their number; of others, `rows` are assumed.
    """

    model: type
    many: str | None = None
    paged: bool = False
    rows: int = 20

    def ids(self, payload: Any, name: str) -> Any:
        """Returns the id or the list of ids that the mutation set for the field; None for no row."""
        return payload.rows.get(name) if self.many is None else list(getattr(payload, self.many))


@dataclass(frozen=True, eq=False, slots=True)
class RowById:
    """The row of any type whose id is in the parent object's attribute `id_attribute`."""

    id_attribute: str


Declaration = Column | Private | Computed | Aggregate | Embedded | ToOne | ToMany | Page


def returns_secret(payload: GraphQLObjectType) -> bool:
    """Whether a payload type has a field that is declared with `secret_result`."""
    found = map(strawberry_field, payload.fields.values())
    return any(field is not None and SECRET in field.metadata for field in found)


def declared_by(definition: GraphQLField) -> AnyDeclaration:
    """Returns the declaration of a field; None for a field with a resolver of its own."""
    found = strawberry_field(definition)
    return None if found is None else found.metadata.get(DECLARED)
