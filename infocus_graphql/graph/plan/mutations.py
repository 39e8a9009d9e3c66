"""Plans of mutations: the function is called with its input, and the rows of its payload are read by plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues

from infocus_graphql.core.viewer import ApiScope, Viewer
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.declarations import (
    ACCESS,
    SCOPE,
    EventStream,
    Mutation,
    PayloadRow,
    declared_by,
)
from infocus_graphql.graph.executor import Executor
from infocus_graphql.graph.plan.argument_coercion import FieldArguments
from infocus_graphql.graph.plan.compiler import SelectedField
from infocus_graphql.graph.plan.hooks import refuse_hooks
from infocus_graphql.graph.plan.input_conversion import Converters
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.root_fields import RowsById
from infocus_graphql.graph.plan.selection import Document, Unplannable
from infocus_graphql.graph.root import Access, Payload
from infocus_graphql.graph.strawberry_internals import StrawberryField, strawberry_field


@dataclass(frozen=True, slots=True)
class PayloadScalar:
    """A scalar field of a payload, whose value the mutation returned."""

    name: str
    kind: GraphQLLeafType

    def json(self, payload: Payload) -> bytes:
        """The value as JSON."""
        value = getattr(payload, self.name)
        return b"null" if value is None else orjson.dumps(Executor.complete_leaf_value(self.kind, value))


@dataclass(frozen=True, slots=True)
class PayloadRows:
    """A field of a payload for rows whose ids the mutation returned."""

    name: str
    declared: PayloadRow
    rows: RowsById

    def query(
        self, plans: PlanCache, variables: VariableValues, viewer: Viewer, payload: Payload
    ) -> Query | bytes:
        """The statement for the rows."""
        ids = self.declared.ids(payload, self.name)
        return b"null" if ids is None else self.rows.query(plans, variables, viewer, ids)


@dataclass(frozen=True, slots=True)
class MutationPlan:
    """An operation with one mutation."""

    key: str
    arguments: FieldArguments
    field: StrawberryField
    declared: Mutation
    access: Access
    scope: ApiScope | None
    payload: Mapping[str, bytes | PayloadScalar | PayloadRows]

    def input(self, variables: VariableValues, converters: Converters) -> object:
        """The mutation's one argument, as its function takes it."""
        return converters.arguments(self.field, self.arguments.values(variables)).get("input")


def plan_mutation(
    schema: GraphQLSchema, document: Document, roots: Mapping[str, list[FieldNode]]
) -> MutationPlan:
    """Returns the plan; raises Unplannable for several mutations, and for payload fields with resolvers."""
    gtype: Any = schema.mutation_type
    if len(roots) != 1:
        raise Unplannable(f"{gtype.name}: {len(roots)} mutations in one operation")
    ((key, nodes),) = roots.items()
    name = nodes[0].name.value
    definition = gtype.fields.get(name)
    field = None if definition is None else strawberry_field(definition)
    declared = None if definition is None else declared_by(definition)
    if field is None or not isinstance(declared, Mutation):
        raise Unplannable(f"{gtype.name}.{name}: it is no declared mutation")
    target: Any = get_named_type(definition.type)
    refuse_hooks(gtype, name, field)
    payload = {
        label: _payload_field(schema, document, target, group)
        for label, group in document.fields_of(target, nodes).items()
    }
    arguments = FieldArguments(definition, nodes[0])
    return MutationPlan(
        key, arguments, field, declared, field.metadata[ACCESS], field.metadata[SCOPE], payload
    )


def rows_of(
    schema: GraphQLSchema, document: Document, gtype: GraphQLObjectType, nodes: list[FieldNode]
) -> RowsById:
    """The rows for a field of a payload, or for the field of a subscription."""
    definition = gtype.fields[nodes[0].name.value]
    asked = SelectedField(gtype, definition, declared_by(definition), nodes, get_named_type(definition.type))
    model = asked.declared.model if isinstance(asked.declared, EventStream) else None
    return RowsById(schema, document, asked, model)


def _payload_field(
    schema: GraphQLSchema, document: Document, gtype: GraphQLObjectType, nodes: list[FieldNode]
) -> bytes | PayloadScalar | PayloadRows:
    name = nodes[0].name.value
    if name == "__typename":
        return orjson.dumps(gtype.name)
    if name == "errors":
        return b"[]"  # a payload with errors is not planned
    definition = gtype.fields[name]
    field, declared = strawberry_field(definition), declared_by(definition)
    refuse_hooks(gtype, name, field)
    if field is not None and isinstance(declared, PayloadRow):
        return PayloadRows(field.python_name, declared, rows_of(schema, document, gtype, nodes))
    kind = get_nullable_type(definition.type)
    if field is None or field.base_resolver is not None or not is_leaf_type(kind):
        raise Unplannable(f"{gtype.name}.{name}: it has a resolver of its own, or is a list or an object")
    return PayloadScalar(field.python_name, kind)
