"""Plans of root fields: the key in the response, and the statement that returns the value."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    assert_object_type,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.json_types import JsonValue
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import (
    ACCESS,
    Page,
    RootNode,
    RootRow,
    declared_by,
)
from infocus_graphql.graph.errors import too_many_ids
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.node import model_of, type_name_of
from infocus_graphql.graph.plan.argument_coercion import FieldArguments
from infocus_graphql.graph.plan.compiler import SelectedField
from infocus_graphql.graph.plan.field_errors import MarkSearch, Path, errors_at
from infocus_graphql.graph.plan.hooks import refuse_hooks
from infocus_graphql.graph.plan.parsed_document import COMBINATIONS
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.selection import Document, Unplannable
from infocus_graphql.graph.plan.templates import NodesTemplate, Template, row_by_key
from infocus_graphql.graph.root import Access, check_access
from infocus_graphql.graph.strawberry_internals import strawberry_field

Ids: TypeAlias = Any
"""An id or a list of ids, as an argument was coerced or a mutation named them."""


@dataclass(slots=True)
class RootFieldPlan:
    """A root field. This base class returns a constant."""

    key: str
    gtype: GraphQLObjectType
    nodes: list[FieldNode]
    nullable: bool = True
    constant: bytes = b"null"
    # Whether `ensure` may fetch the row from another service.
    can_fetch: bool = False

    def query(self, plans: PlanCache, variables: VariableValues, viewer: Viewer) -> Query | bytes:
        """The statement for the field with its parameters, or its value if that is known without one."""
        return self.constant

    async def prepare(self, plans: PlanCache, variables: VariableValues) -> bool:
        """Makes the plan for `query` beforehand; False if there is nothing to make."""
        return False

    async def ensure(self, plans: PlanCache, variables: VariableValues, context: Context) -> None:
        """Fetches the row from another service if it is declared so, and the row is missing here."""

    async def errors(
        self, plans: PlanCache, variables: VariableValues, loaders: Loaders, value: JsonValue
    ) -> list[GraphQLError]:
        """Returns the errors of invalid arguments with their places in the value of the field."""
        return []


@dataclass(slots=True, kw_only=True)
class RowField(RootFieldPlan):
    """A root field over rows."""

    access: Access
    template: Template
    declared: RootRow | Page

    async def ensure(self, plans: PlanCache, variables: VariableValues, context: Context) -> None:
        """Fetches the row from another service if it is declared so, and the row is missing here."""
        if isinstance(self.declared, RootRow) and self.declared.ensure is not None:
            arguments = self.template.own_arguments(plans.arguments(variables))
            await self.declared.ensure(context, arguments)

    def query(self, plans: PlanCache, variables: VariableValues, viewer: Viewer) -> Query | bytes:
        """The statement. Raises GraphQLError if the viewer may not use the field."""
        check_access(self.access, viewer)
        return plans.query(self.template, variables, viewer)

    async def errors(
        self, plans: PlanCache, variables: VariableValues, loaders: Loaders, value: JsonValue
    ) -> list[GraphQLError]:
        """Returns the errors of invalid arguments with their places in the value of the field."""
        search = MarkSearch(self.template.document)
        search.field(self.gtype, self.nodes, value, [self.key])
        return await errors_at(search.places, self.template.sites, plans.arguments(variables), loaders)

    async def prepare(self, plans: PlanCache, variables: VariableValues) -> bool:
        """Makes the plan for `query` beforehand."""
        return await plans.prepare(self.template, variables)


class RowsById:
    """Rows by their ids, of any type. Keeps a template for each combination of types that occurred."""

    def __init__(
        self, schema: GraphQLSchema, document: Document, asked: SelectedField, model: type | None = None
    ) -> None:
        self._schema, self._document, self._asked = schema, document, asked
        self._model = model  # of ids without a type tag; None if the tag identifies the model
        self._templates: LruCache[Hashable, Template | NodesTemplate] = LruCache(COMBINATIONS)

    def query(self, plans: PlanCache, variables: VariableValues, viewer: Viewer, ids: Ids) -> Query | bytes:
        """The statement for one id, or for a list of ids."""
        template = self._of_types(ids)
        if template is None:
            return orjson.dumps([None] * len(ids) if isinstance(ids, list) else None)
        return plans.query(template, variables, viewer, row_key=ids)

    async def errors(
        self,
        plans: PlanCache,
        variables: VariableValues,
        loaders: Loaders,
        ids: Ids,
        value: JsonValue,
        path: Path,
    ) -> list[GraphQLError]:
        """Returns the errors of invalid arguments with their places in the rows of these ids."""
        template = self._of_types(ids)
        if template is None:
            return []
        search = MarkSearch(template.document)
        places = [(ids, value, path)]
        if isinstance(ids, list) and isinstance(value, list):
            places = [(ids[index], item, [*path, index]) for index, item in enumerate(value)]
        for each, item, place in places:
            model = model_of(each)
            if model is not None:
                search.value(self._target(model), self._asked.nodes, item, place)
        return await errors_at(search.places, template.sites, plans.arguments(variables), loaders)

    async def prepare(self, plans: PlanCache, variables: VariableValues, ids: Ids) -> bool:
        """Makes the plan for `query` beforehand."""
        template = self._of_types(ids)
        return template is not None and await plans.prepare(template, variables)

    def _of_types(self, ids: Ids) -> Template | NodesTemplate | None:
        """The template for the types of these ids; None if no id has a known type."""
        if not isinstance(ids, list):
            model = self._model or model_of(ids)
            return None if model is None else self._kept(ids[:2], lambda: self._template(model, ids[:2]))
        known = {each[:2]: model for each in ids if (model := model_of(each))}
        tags = tuple(sorted(known))
        return (
            self._kept(tags, lambda: NodesTemplate({tag: self._template(known[tag], tag) for tag in tags}))
            if tags
            else None
        )

    def _kept(self, tags: Hashable, make: Callable[[], Template | NodesTemplate]) -> Template | NodesTemplate:
        found = self._templates.get(tags)
        if found is None:
            found = make()
            self._templates.put(tags, found)
        return found

    def _template(self, model: type, tag: str) -> Template:
        asked = replace(self._asked, target=self._target(model))
        return row_by_key(self._document, asked, model, prefix=tag)

    def _target(self, model: type) -> GraphQLObjectType:
        target = self._asked.target
        return (
            assert_object_type(self._schema.type_map[type_name_of(model)])
            if is_abstract_type(target)
            else target
        )


@dataclass(slots=True, kw_only=True)
class NodeField(RootFieldPlan):
    """`node` and `nodes`."""

    access: Access
    arguments: FieldArguments
    rows: RowsById

    def query(self, plans: PlanCache, variables: VariableValues, viewer: Viewer) -> Query | bytes:
        """The statement for the ids in the arguments."""
        check_access(self.access, viewer)
        return self.rows.query(plans, variables, viewer, self._ids(variables))

    async def errors(
        self, plans: PlanCache, variables: VariableValues, loaders: Loaders, value: JsonValue
    ) -> list[GraphQLError]:
        """Returns the errors of invalid arguments with their places in the value of the field."""
        return await self.rows.errors(plans, variables, loaders, self._ids(variables), value, [self.key])

    async def prepare(self, plans: PlanCache, variables: VariableValues) -> bool:
        """Makes the plan for `query` beforehand."""
        return await self.rows.prepare(plans, variables, self._ids(variables))

    def _ids(self, variables: VariableValues) -> Ids:
        (ids,) = self.arguments.values(variables).values()
        if isinstance(ids, list) and len(ids) > MAX_PAGE:
            raise too_many_ids()
        return ids


def root_part(
    schema: GraphQLSchema, gtype: GraphQLObjectType, document: Document, key: str, nodes: list[FieldNode]
) -> RootFieldPlan:
    """The part for a root field of a query; raises Unplannable when it has to be resolved in Python."""
    name = nodes[0].name.value
    if name == "__typename":
        return RootFieldPlan(key, gtype, nodes, nullable=False, constant=orjson.dumps(gtype.name))
    definition = gtype.fields.get(name)
    declared = None if definition is None else declared_by(definition)
    own = None if definition is None else strawberry_field(definition)
    if definition is None or own is None or not isinstance(declared, RootRow | RootNode | Page):
        raise Unplannable(f"{gtype.name}.{name}: it has a resolver of its own")
    refuse_hooks(gtype, name, own)
    nullable, access = not is_non_null_type(definition.type), own.metadata[ACCESS]
    asked = SelectedField(gtype, definition, declared, nodes, get_named_type(definition.type))
    if isinstance(declared, RootNode):
        rows = RowsById(schema, document, asked)
        arguments = FieldArguments(definition, nodes[0])
        return NodeField(key, gtype, nodes, nullable, access=access, arguments=arguments, rows=rows)
    template = Template(document, asked, declared.link if isinstance(declared, RootRow) else None)
    field = RowField(key, gtype, nodes, nullable, access=access, template=template, declared=declared)
    field.can_fetch = isinstance(declared, RootRow) and declared.ensure is not None
    return field
