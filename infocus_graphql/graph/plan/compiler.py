"""The compiler: from declarations and a selection to the columns of one SQL statement.

    { family(id: $id) { name members { nodes { role } } } }

becomes one SELECT. A selection is the columns of a sub-select, and a field below it is a correlated
sub-select among those columns:

    SELECT row_to_json("row$") FROM (
        SELECT f.name AS name, (…members…) AS members
        FROM families f
        WHERE f.id = $2 AND EXISTS (SELECT FROM family_memberships m
                                    WHERE m.family_id = $2 AND m.user_id = $3)  -- visibility
    ) AS "row$"

The members need no condition of their own: who sees a family sees its members, and the EXISTS was checked
for the same family (`db/predicate_facts.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
)
from sqlalchemy import ARRAY, ColumnElement, Text, case, cast, func, literal, literal_column, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.links import Link, is_key, primary_key_of
from infocus_graphql.db.predicate_facts import NOTHING as NOTHING_KNOWN
from infocus_graphql.db.predicate_facts import RowFacts
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect
from infocus_graphql.db.visibility import VIEWER, visible_given
from infocus_graphql.graph.declarations import (
    Aggregate,
    AnyDeclaration,
    Column,
    Computed,
    Embedded,
    Page,
    Private,
    ToMany,
    ToOne,
    declared_by,
)
from infocus_graphql.graph.fields import null_unless
from infocus_graphql.graph.plan.bindings import NOTHING, BoundArguments
from infocus_graphql.graph.plan.field_errors import mark
from infocus_graphql.graph.plan.json_sql import array_of_each, first_of, object_of
from infocus_graphql.graph.plan.pages import page_of
from infocus_graphql.graph.plan.selection import Document, SiteKey, Unplannable
from infocus_graphql.graph.plan.typenames import type_name
from infocus_graphql.graph.scalars import is_scalar
from infocus_graphql.graph.strawberry_internals import strawberry_field


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field of a type with its selection in an operation."""

    gtype: GraphQLObjectType
    definition: GraphQLField
    declared: AnyDeclaration
    nodes: list[FieldNode]
    target: GraphQLObjectType  # of the rows, or the interface until their type is known


class Compiler:
    """Compiles the selections of one root field, for one shape of its arguments."""

    def __init__(self, document: Document, givens: Mapping[SiteKey, BoundArguments]) -> None:
        self.document = document
        self._givens = givens
        self._known: dict[MappedRow, RowFacts] = {}  # by the aliases of the rows

    def columns(
        self, gtype: GraphQLObjectType, nodes: list[FieldNode], row: MappedRow
    ) -> list[SqlExpression]:
        """The selected fields of one row, labelled with their response keys."""
        fields = self.document.fields_of(gtype, nodes)
        return [self.field(gtype, group, row).label(key) for key, group in fields.items()]

    def rows(
        self, link: Link, asked: SelectedField, parent: MappedRow, *, given: BoundArguments | None = None
    ) -> tuple[MappedRow, SqlSelect]:
        """The target's alias, and the rows that a link leads to with their selected columns."""
        child, columns, conditions = self.selected(link, asked, parent, given or self.given(asked))
        return child, select(*columns).select_from(child).where(*conditions).correlate_except(child)

    def selected(
        self, link: Link, asked: SelectedField, parent: MappedRow, given: BoundArguments
    ) -> tuple[MappedRow, list[SqlExpression], list[ColumnElement[bool]]]:
        """The target's alias, its selected columns, and the conditions for the rows that a link leads to."""
        child: MappedRow = aliased(link.target)
        conditions = self.reached(link, parent, child, given)
        return child, self.columns(asked.target, asked.nodes, child), conditions

    def reached(
        self, link: Link, parent: MappedRow, child: MappedRow, given: BoundArguments
    ) -> list[ColumnElement[bool]]:
        """The conditions for `child`: the link from `parent`, visibility, and the arguments.

        Call it before `columns(child)`: conditions further down are simplified by what these establish.
        """
        conditions = [link.on(parent, child, VIEWER), *given.applied(child)]
        known = self._known.get(parent, NOTHING_KNOWN).joined(child, conditions)
        seen, self._known[child] = visible_given(child, VIEWER, known)
        return [*conditions, seen]

    def ordered(
        self, child: MappedRow, order: Sequence[Callable[[MappedRow], SqlExpression]]
    ) -> list[SqlExpression]:
        """A total order: the terms, and the primary key unless the terms are unique already."""
        terms = [term(child) for term in order]
        alone = is_key(child, self._known[child].values, terms)
        return terms if alone else [*terms, primary_key_of(child)]

    def is_one(self, child: MappedRow) -> bool:
        """Whether the conditions for `child` include a whole unique key, so that at most one row matches."""
        return is_key(child, self._known[child].values)

    def given(self, asked: SelectedField) -> BoundArguments:
        """The arguments of a field."""
        return self._givens.get((id(asked.nodes[0]), asked.gtype.name), NOTHING)

    def field(self, gtype: GraphQLObjectType, nodes: list[FieldNode], row: MappedRow) -> SqlExpression:
        """A declared field of a type, or its `__typename`."""
        name = nodes[0].name.value
        if name == "__typename":
            return type_name(gtype)
        return self.declared(gtype, name, nodes, row)

    def declared(
        self, gtype: GraphQLObjectType, name: str, nodes: list[FieldNode], row: MappedRow
    ) -> SqlExpression:
        """The declared field `name` of a type, with the selection of `nodes`."""
        definition = gtype.fields[name]
        declared = declared_by(definition)
        make = _MAKERS.get(type(declared))
        if make is None:
            raise Unplannable(f"{gtype.name}.{name}: it has a resolver of its own")
        asked = SelectedField(gtype, definition, declared, nodes, get_named_type(definition.type))
        if self.given(asked).error is not None:
            only = declared.only if isinstance(declared, Page) else None
            return mark() if only is None else case((only(row, VIEWER), mark()))
        return make(self, asked, row)


def _column(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    declared: Column = asked.declared
    value = getattr(row, declared.attribute.key)
    if declared.default is not None:
        value = func.coalesce(value, literal(declared.default, declared.attribute.type))
    return _leaf(asked.definition, value)


def _private(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    value = _leaf(asked.definition, getattr(row, asked.declared.attribute.key))
    return null_unless(value, asked.declared.only(row, VIEWER))


def _computed(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    declared: Computed = asked.declared
    given = compiler.given(asked).values(declared.arguments)
    return _leaf(asked.definition, declared.expression(row, VIEWER, **given))


def _aggregate(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    declared: Aggregate = asked.declared
    given = compiler.given(asked).values(declared.arguments)
    values = declared.record(row, VIEWER, **given).correlate(row).subquery()
    columns: list[SqlExpression] = []
    for key, group in compiler.document.fields_of(asked.target, asked.nodes).items():
        name = group[0].name.value
        if name == "__typename":
            columns.append(type_name(asked.target).label(key))
            continue
        definition = asked.target.fields[name]
        field = strawberry_field(definition)
        if field is None or field.base_resolver is not None:
            raise Unplannable(f"{asked.target.name}.{name}: it has a resolver of its own")
        columns.append(_leaf(definition, values.c[field.python_name]).label(key))
    return first_of(select(*columns).select_from(values).correlate_except(values))


def _embedded(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    return object_of(compiler.columns(asked.target, asked.nodes, row))


def _one(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    link: Link = asked.declared.link
    child, rows = compiler.rows(link, asked, row)
    return first_of(rows if compiler.is_one(child) else rows.order_by(primary_key_of(child)).limit(1))


def _many(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    declared: ToMany = asked.declared
    child, columns, conditions = compiler.selected(declared.link, asked, row, compiler.given(asked))
    order = [*declared.link.positions(row), *declared.order]
    rows: SqlSelect = select().where(*conditions).order_by(*compiler.ordered(child, order))
    return array_of_each(columns, rows, child)


def _page(compiler: Compiler, asked: SelectedField, row: MappedRow) -> SqlExpression:
    page = page_of(compiler, asked, row)
    only = asked.declared.only
    return page if only is None else case((only(row, VIEWER), page))


_MAKERS: dict[type, Callable[[Compiler, SelectedField, MappedRow], SqlExpression]] = {
    Column: _column,
    Private: _private,
    Computed: _computed,
    Aggregate: _aggregate,
    Embedded: _embedded,
    ToOne: _one,
    ToMany: _many,
    Page: _page,
}


# The form of `core.clock.rfc3339`.
_UTC: Final[ColumnElement[str]] = literal_column("'UTC'")
_RFC_3339: Final[ColumnElement[str]] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")


def _leaf(definition: GraphQLField, value: SqlExpression) -> SqlExpression:
    """The value as in JSON: date-times as in RFC 3339, enum values in upper case, as in GraphQL."""
    kind = get_named_type(definition.type)
    if is_scalar(kind, datetime):
        return func.to_char(func.timezone(_UTC, value), _RFC_3339)
    if not isinstance(kind, GraphQLEnumType):
        return value
    # In the locale "C": Turkish has another capital I.
    shown = func.upper(cast(value, Text).collate("C"))
    is_list = isinstance(get_nullable_type(definition.type), GraphQLList)
    return cast(shown, ARRAY(Text)) if is_list else shown
