"""Fields of row types: Strawberry fields with a declaration, and a loader resolver generated from it.

Resolvers contain no reading logic of their own, so that the plan engine can compile the same declarations to
SQL.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry
from sqlalchemy import Column as SchemaColumn
from sqlalchemy import ColumnElement, case

from infocus_graphql.db.batch_queries import Filter, Filters, ViewerExpression, literal_of
from infocus_graphql.db.links import Link, link, primary_key_of
from infocus_graphql.db.sql_types import MappedAttribute, MappedRow, SqlExpression, SqlSelect
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.graph.connection import page_arguments, window
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import (
    DECLARED,
    Aggregate,
    AnyDeclaration,
    Argument,
    Column,
    Computed,
    Declaration,
    Embedded,
    FieldDefinition,
    Only,
    OrderBy,
    Page,
    Private,
    Resolver,
    ToMany,
    ToOne,
    TypeAnnotation,
)
from infocus_graphql.graph.filters import check_names, filtered
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, FEW, Length, Reading
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.strawberry_internals import resolve_info

__all__ = [
    "DECLARED",
    "Aggregate",
    "Argument",
    "Column",
    "Computed",
    "Page",
    "Private",
    "ToMany",
    "ToOne",
    "aggregate",
    "column",
    "computed",
    "embedded",
    "many",
    "page",
    "private",
    "relation",
]

_SHORT = Reading()
T = TypeVar("T")


def column(
    attribute: MappedAttribute, description: str, *, name: str | None = None, default: str | None = None
) -> FieldDefinition:
    """Declares a public column. The class attribute must have the column's name; `name` is the GraphQL name.

    `default` replaces NULL.
    """
    if privacy_flags(attribute):
        raise TypeError(f"{attribute} is not public")
    declared = Column(attribute, default)
    if default is None:
        return strawberry.field(description=description, metadata={DECLARED: declared}, name=name)

    def resolve(root: MappedRow) -> object:
        value = getattr(root, attribute.key)
        return default if value is None else value

    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: declared}, name=name
    )


def private(attribute: MappedAttribute, description: str, *, only: Only) -> FieldDefinition:
    """Declares a column that is null unless `only` holds for the row and the viewer."""
    if "secret" in privacy_flags(attribute):
        raise TypeError(f"{attribute} is secret: no field may expose it")
    declared = Private(attribute, only)

    def expression(row: MappedRow, viewer: SqlViewer) -> SqlExpression:
        return null_unless(getattr(row, attribute.key), only(row, viewer))

    model: type = attribute.property.parent.class_
    return _value_field(declared, model, expression, description)


def computed(
    model: type,
    expression: Callable[..., SqlExpression],
    description: str,
    *,
    arguments: Mapping[str, Argument] | None = None,
    like: MappedAttribute | None = None,
) -> FieldDefinition:
    """Declares a value computed by an SQL expression over the row.

    The expression gets the row, the viewer, and those arguments that have a value, by their names. The cost
    of a text is estimated as that of the column `like`.
    """
    declared = Computed(model, expression, arguments or {}, like)

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        applied = filtered(declared, given)
        bound = _bound(expression, declared.arguments, applied)
        loader = info.context.loaders.value((declared, applied), model, bound, once=not applied)
        return await loader.load(primary_key_of_row(root))

    return _field(declared, resolve, description, _parameters(declared.arguments))


def aggregate(
    model: type,
    record: Callable[..., SqlSelect],
    description: str,
    *,
    reading: Reading | None = None,
    arguments: Mapping[str, Argument] | None = None,
) -> FieldDefinition:
    """Declares several values computed by one subquery over the row, with one row or none.

    `reading` is its cost. It gets arguments as the expression of `computed` does.
    """
    declared = Aggregate(model, record, reading, arguments or {})

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        applied = filtered(declared, given)
        bound = _bound(record, declared.arguments, applied)
        loader = info.context.loaders.record((declared, applied), model, bound, once=not applied)
        return await loader.load(primary_key_of_row(root))

    return _field(declared, resolve, description, _parameters(declared.arguments))


def embedded(description: str) -> FieldDefinition:
    """Declares an object whose fields are read from the same row; its type is a row type of that model."""

    def resolve(root: MappedRow) -> object:
        return root

    return _field(Embedded(), resolve, description)


def relation(
    to: MappedAttribute | Link,
    description: str,
    *,
    arguments: Mapping[str, Argument] | None = None,
    reading: Reading | None = None,
) -> FieldDefinition:
    """Declares the row that a relationship or a Link refers to. `reading` is the cost of computing it."""
    declared = ToOne(_link(to), arguments or {}, reading)
    by_key = declared.link.key

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        loaders = info.context.loaders
        if by_key is not None:
            key = getattr(root, by_key)
            return None if key is None else await loaders.row(declared.link.target).load(key)
        found = await loaders.related(declared.link, (), filtered(declared, given)).load(
            primary_key_of_row(root)
        )
        return found[0] if found else None

    return _field(declared, resolve, description, _parameters(declared.arguments))


def many(
    to: MappedAttribute | Link,
    description: str,
    *,
    order: OrderBy = (),
    arguments: Mapping[str, Argument] | None = None,
    length: Length = FEW,
) -> FieldDefinition:
    """Declares all rows that a relationship or a Link refers to, in a fixed order; about `length` at most."""
    declared = ToMany(_link(to), order, arguments or {}, length)
    keys = declared.link.keys

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        loaders = info.context.loaders
        if keys is not None:
            found = await loaders.row(declared.link.target).load_many(getattr(root, keys))
            return [row for row in found if row is not None]
        applied = filtered(declared, given)
        return await loaders.related(declared.link, order, applied).load(primary_key_of_row(root))

    return _field(declared, resolve, description, _parameters(declared.arguments))


def page(
    to: MappedAttribute | Link,
    description: str,
    *,
    orders: Orders,
    filters: Mapping[str, Filter] | None = None,
    filter_type: TypeAnnotation = None,
    arguments: Mapping[str, Argument] | None = None,
    only: Only | None = None,
    default: int = DEFAULT_PAGE,
    reading: Reading = _SHORT,
) -> FieldDefinition:
    """Declares a connection over the rows that a relationship or a Link refers to.

    `default` is the page size without `first` and `last`; `reading` is the cost of finding a page.
    """
    declared = Page(_link(to), orders, filters or {}, filter_type, arguments or {}, only, default, reading)

    async def resolve(root: MappedRow, info: Info, **given: object) -> object:
        context = info.context
        source = declared.link.source
        if only is not None and source is not None:
            allowed = context.loaders.value((declared, "only"), source, only)
            if not await allowed.load(primary_key_of_row(root)):
                return None
        scope = f"{resolve_info(info).parent_type.name}.{info.field_name}"
        applied = filtered(declared, given)
        part = window(declared, scope, given, context.services.cursor_key)
        key = "" if source is None else primary_key_of_row(root)
        await check_names(context.loaders, declared, given, key)
        if source is None:
            return await context.loaders.root_page(declared.link, part, applied)
        return await context.loaders.page(declared.link, part, applied).load(key)

    return _field(declared, resolve, description, page_parameters(declared))


def page_parameters(declared: Page) -> dict[str, tuple[TypeAnnotation, object]]:
    """Returns the GraphQL types and defaults of a page's arguments, by name."""
    found: dict[str, tuple[TypeAnnotation, object]] = {}
    if declared.filter_type is not None:
        text = strawberry.argument(description="Returns items that meet all conditions.")
        found["filter"] = (Annotated[declared.filter_type | None, text], None)
    if declared.orders.input_type is not None:
        text = strawberry.argument(description="The order of the items.")
        found["order_by"] = (Annotated[declared.orders.input_type | None, text], None)
    found |= _parameters(declared.arguments)
    found |= {name: (kind, None) for name, kind in page_arguments(declared.default).items()}
    return found


def privacy_flags(attribute: MappedAttribute) -> set[str]:
    """Returns the marks of a mapped column, from {"private", "secret"}."""
    source = attribute.property.columns[0]
    return set(source.info) & {"private", "secret"} if isinstance(source, SchemaColumn) else set()


def null_unless(value: SqlExpression, condition: ColumnElement[bool]) -> SqlExpression:
    """Returns `CASE WHEN condition THEN value END`."""
    return case((condition, value))


def primary_key_of_row(row: MappedRow) -> str:
    """Returns the primary key of a loaded row."""
    key: str = primary_key_of(row)
    return key


def _link(to: MappedAttribute | Link) -> Link:
    return to if isinstance(to, Link) else link(to)


def _parameters(arguments: Mapping[str, Argument]) -> dict[str, tuple[TypeAnnotation, object]]:
    return {
        name: (
            Annotated[argument.type, strawberry.argument(description=argument.description)],
            argument.default,
        )
        for name, argument in arguments.items()
    }


def _bound(
    expression: Callable[..., T], arguments: Mapping[str, Argument], applied: Filters
) -> Callable[..., T]:
    """The expression with literals for its arguments."""
    if not applied:
        return expression
    names = {argument.parameter: name for name, argument in arguments.items()}
    return partial(expression, **{names[each]: literal_of(each, value) for each, value in applied})


def _value_field(
    declared: AnyDeclaration, model: type, expression: ViewerExpression, description: str
) -> FieldDefinition:
    async def resolve(root: MappedRow, info: Info) -> object:
        return await info.context.loaders.value(declared, model, expression).load(primary_key_of_row(root))

    return _field(declared, resolve, description)


def _field(
    declared: Declaration,
    resolve: Resolver,
    description: str,
    parameters: Mapping[str, tuple[TypeAnnotation, object]] | None = None,
) -> FieldDefinition:
    if parameters is not None:
        resolve = with_signature(resolve, parameters)
    return strawberry.field(resolver=resolve, description=description, metadata={DECLARED: declared})


def with_signature(resolve: Resolver, parameters: Mapping[str, tuple[TypeAnnotation, object]]) -> Resolver:
    """Sets the signature of `resolve(root, info, **given)` from which Strawberry reads the arguments."""
    kind = inspect.Parameter.KEYWORD_ONLY
    reserved = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
    ]
    own = [
        inspect.Parameter(name, kind, annotation=annotation, default=default)
        for name, (annotation, default) in parameters.items()
    ]
    resolve.__signature__ = inspect.Signature([*reserved, *own])  # type: ignore[attr-defined]  # read by inspect
    return resolve
