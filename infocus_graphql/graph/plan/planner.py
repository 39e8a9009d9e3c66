"""The planner: answers whole query operations from plans, or says that it can't."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import strawberry
import structlog
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.raw import Query, RawPool
from infocus_graphql.graph.declarations import (
    ACCESS,
    Page,
    RootNode,
    RootRow,
    declared_by,
    strawberry_field,
)
from infocus_graphql.graph.node import model_of, type_name_of
from infocus_graphql.graph.plan.compiler import Asked
from infocus_graphql.graph.plan.plans import ROW_KEY, Arguments, Plan, Template, row_by_key
from infocus_graphql.graph.plan.selection import (
    Document,
    Unplannable,
    condition_variables,
    fragments_of,
)
from infocus_graphql.graph.root import Access, check_access

log = structlog.get_logger("infocus.plans")

_PLANS: Final = 500
_COMBINATIONS: Final = 32  # of @skip and @include, for one operation


@dataclass(slots=True)
class Known:
    """A validated document, and what was prepared for its operations."""

    document: DocumentNode
    conditions: tuple[str, ...] = field(init=False)
    prepared: OrderedDict[Hashable, "tuple[Part, ...] | None"] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.conditions = condition_variables(self.document)


@dataclass(slots=True)
class Part:
    """A root field of an operation: its response key as JSON, and how it is answered."""

    key: bytes
    access: Access = Access.ANYONE
    constant: bytes = b"null"
    template: Template | None = None
    # For `node(id)`: what is asked for, and a template for each type that an id was of.
    by_id: "tuple[Document, Asked] | None" = None
    by_model: dict[type, Template] = field(default_factory=dict)


class Planner:
    """Plans for one schema, of which the most recently used are kept."""

    def __init__(self, schema: strawberry.Schema, pool: RawPool, cursor_key: str) -> None:
        self._schema = schema._schema  # the graphql-core schema has no public name
        self._config, self._scalars = schema.config, schema.schema_converter.scalar_registry
        self._pool = pool
        self._cursor_key = cursor_key
        self._plans: OrderedDict[Hashable, tuple[Template, Plan]] = OrderedDict()
        self.fallbacks = 0

    async def answer(
        self, known: Known, operation: OperationDefinitionNode, variables: Mapping[str, Any], viewer: Viewer
    ) -> bytes | None:
        """The body of the answer to a query; None when it has to be answered in the ordinary way."""
        if operation.operation is not OperationType.QUERY:
            return None
        coerced = get_variable_values(self._schema, operation.variable_definitions or (), dict(variables))
        if not isinstance(coerced, VariableValues):
            return None
        parts = self._parts(known, operation, coerced)
        if parts is None:
            return None
        try:
            queries = [self._query(part, coerced, viewer) for part in parts]
        except GraphQLError:
            return None  # a wrong argument or a refused access: the ordinary way tells it properly
        except Unplannable as error:
            self._fall_back(error)
            return None
        asked = [query for query in queries if query is not None]
        found = iter(await self._pool.fetch_values(asked) if asked else ())
        bodies = [
            part.key + (part.constant if query is None else next(found) or b"null")
            for part, query in zip(parts, queries, strict=True)
        ]
        return b'{"data":{' + b",".join(bodies) + b"}}"

    def _parts(
        self, known: Known, operation: OperationDefinitionNode, variables: VariableValues
    ) -> tuple[Part, ...] | None:
        held = tuple(variables.coerced.get(name) for name in known.conditions)
        key = (id(operation), held)
        if key in known.prepared:
            return known.prepared[key]
        document = Document(fragments_of(known.document), dict(zip(known.conditions, held, strict=True)))
        try:
            roots = document.roots(self._schema.query_type, operation)  # type: ignore[arg-type]  # there is one
            parts: tuple[Part, ...] | None = tuple(
                self._part(document, key, nodes) for key, nodes in roots.items()
            )
        except Unplannable as error:
            self._fall_back(error)
            parts = None
        known.prepared[key] = parts
        if len(known.prepared) > _COMBINATIONS:
            known.prepared.popitem(last=False)
        return parts

    def _part(self, document: Document, key: str, nodes: list[FieldNode]) -> Part:
        query: Any = self._schema.query_type
        label, name = orjson.dumps(key) + b":", nodes[0].name.value
        if name == "__typename":
            return Part(label, constant=orjson.dumps(query.name))
        definition = query.fields.get(name)
        declared = None if definition is None else declared_by(definition)
        if definition is None or not isinstance(declared, RootRow | RootNode | Page):
            raise Unplannable(f"Query.{name}")
        field = strawberry_field(definition)
        part = Part(label, field.metadata[ACCESS] if field else Access.STAFF)
        asked = Asked(query, definition, declared, nodes, get_named_type(definition.type))
        if isinstance(declared, RootNode):
            if declared.several:
                raise Unplannable(f"Query.{name}")
            part.by_id = document, asked
        else:
            part.template = Template(
                document, asked, declared.link if isinstance(declared, RootRow) else None
            )
        return part

    def _query(self, part: Part, variables: VariableValues, viewer: Viewer) -> Query | None:
        """The statement for a root field with its parameters; None where the answer is known without one."""
        check_access(part.access, viewer)
        values = {"viewer_id": viewer.id, "session_id": viewer.session_id, "cursor_key": self._cursor_key}
        template = part.template
        if part.by_id is not None:
            values[ROW_KEY] = _id_of(part.by_id[1], variables)
            template = self._of_type(part, *part.by_id, values[ROW_KEY])
        if template is None:
            return None
        givens = template.given(Arguments(variables, self._config, self._scalars, self._cursor_key))
        if template.names_nothing(givens):
            return None
        for given in givens.values():
            values |= given.parameters()
        return self._plan(template, givens).query(values)

    def _of_type(self, part: Part, document: Document, asked: Asked, node_id: Any) -> Template | None:
        model = model_of(node_id)
        if model is None:
            return None
        found = part.by_model.get(model)
        if found is None:
            target = self._schema.type_map[type_name_of(model)]
            of_type = Asked(asked.gtype, asked.definition, asked.declared, asked.nodes, target)
            found = part.by_model[model] = row_by_key(document, of_type, model)
        return found

    def _plan(self, template: Template, givens: Mapping[Hashable, Any]) -> Plan:
        key = (id(template), tuple(given.shape for given in givens.values()))
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
            return found[1]
        plan = template.compiled(givens)
        # The template is kept beside its plan, so that its id can't become another one's.
        self._plans[key] = template, plan
        if len(self._plans) > _PLANS:
            self._plans.popitem(last=False)
        return plan

    def _fall_back(self, error: Unplannable) -> None:
        self.fallbacks += 1
        log.debug("not planned", field=str(error))


def _id_of(asked: Asked, variables: VariableValues) -> Any:
    return get_argument_values(asked.definition, asked.nodes[0], variables)["id"]
