"""The planner: answers whole query operations from plans, or says that it can't."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
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
from infocus_graphql.graph.connection import MAX_PAGE
from infocus_graphql.graph.declarations import (
    ACCESS,
    Page,
    RootNode,
    RootRow,
    declared_by,
    strawberry_field,
)
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.node import model_of, type_name_of
from infocus_graphql.graph.plan.compiler import Asked
from infocus_graphql.graph.plan.plans import ROW_KEY, Arguments, Plan, Rows, Template, row_by_key
from infocus_graphql.graph.plan.selection import (
    Document,
    Unplannable,
    condition_variables,
    fragments_of,
)
from infocus_graphql.graph.root import Access, check_access

log = structlog.get_logger("infocus.plans")

_PLANS: Final = 500
_CHARACTERS: Final = 5_000_000  # of the statements' texts
_COMBINATIONS: Final = 32  # of @skip and @include for one operation, and of types among the ids for a field


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
    # For `node` and `nodes`: what is asked for, and a template for each type, or types, that ids were of.
    by_id: "tuple[Document, Asked] | None" = None
    by_types: OrderedDict[Hashable, Template | Rows] = field(default_factory=OrderedDict)


class Planner:
    """Plans for one schema, of which the most recently used are kept."""

    def __init__(self, schema: strawberry.Schema, pool: RawPool, cursor_key: str) -> None:
        self._schema = schema._schema  # the graphql-core schema has no public name
        self._config, self._scalars = schema.config, schema.schema_converter.scalar_registry
        self._pool = pool
        self._cursor_key = cursor_key
        self._plans: OrderedDict[Hashable, tuple[Template | Rows, Plan]] = OrderedDict()
        self._size = 0
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
        queries = self._queries(parts, coerced, viewer)
        if queries is None:
            return None
        asked = [query for query in queries if not isinstance(query, bytes)]
        found = iter(await self._pool.fetch_values(asked) if asked else ())
        bodies = [
            part.key + (query if isinstance(query, bytes) else next(found) or b"null")
            for part, query in zip(parts, queries, strict=True)
        ]
        return b'{"data":{' + b",".join(bodies) + b"}}"

    def _queries(
        self, parts: tuple[Part, ...], variables: VariableValues, viewer: Viewer
    ) -> list[Query | bytes] | None:
        """What to ask for each root field; None when the ordinary way has to answer."""
        try:
            return [self._query(part, variables, viewer) for part in parts]
        except GraphQLError:
            return None  # a wrong argument or a refused access: the ordinary way tells it properly
        except Unplannable as error:
            self._fall_back(error)
            return None
        except Exception:
            # A fault in making a plan is ours to mend, and no reason to leave the client without an answer.
            self.fallbacks += 1
            log.exception("a plan could not be made")
            return None

    def _parts(
        self, known: Known, operation: OperationDefinitionNode, variables: VariableValues
    ) -> tuple[Part, ...] | None:
        # Another operation of the document may mean another thing by the same name.
        values = (variables.coerced.get(name) for name in known.conditions)
        held = tuple(value if isinstance(value, bool) else None for value in values)
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
            part.by_id = document, asked
        else:
            part.template = Template(
                document, asked, declared.link if isinstance(declared, RootRow) else None
            )
        return part

    def _query(self, part: Part, variables: VariableValues, viewer: Viewer) -> Query | bytes:
        """The statement for a root field with its parameters, or the answer where it is known without one."""
        check_access(part.access, viewer)
        values = {"viewer_id": viewer.id, "session_id": viewer.session_id, "cursor_key": self._cursor_key}
        template: Template | Rows | None = part.template
        if part.by_id is not None:
            ids = values[ROW_KEY] = _ids_of(part.by_id[1], variables)
            template = self._of_types(part, *part.by_id, ids)
            if template is None:
                return orjson.dumps([None] * len(ids) if isinstance(ids, list) else None)
        if template is None:
            return part.constant
        givens = template.given(Arguments(variables, self._config, self._scalars, self._cursor_key))
        if template.names_nothing(givens):
            return part.constant
        for given in givens.values():
            values |= given.parameters()
        return self._plan(template, givens).query(values)

    def _of_types(self, part: Part, document: Document, asked: Asked, ids: Any) -> Template | Rows | None:
        """The template for the types that the ids are of; None when none is of ours."""
        several = isinstance(ids, list)
        known = {each[:2]: model for each in (ids if several else [ids]) if (model := model_of(each))}
        tags = tuple(sorted(known))
        found = part.by_types.get(tags)
        if found is None and tags:
            templates = {
                tag: row_by_key(document, self._with_target(asked, known[tag]), known[tag], prefix=tag)
                for tag in tags
            }
            found = part.by_types[tags] = Rows(templates) if several else templates[tags[0]]
            if len(part.by_types) > _COMBINATIONS:
                part.by_types.popitem(last=False)
        return found

    def _with_target(self, asked: Asked, model: type) -> Asked:
        return replace(asked, target=self._schema.type_map[type_name_of(model)])

    def _plan(self, template: Template | Rows, givens: Mapping[Hashable, Any]) -> Plan:
        key = (id(template), tuple(given.shape for given in givens.values()))
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
            return found[1]
        plan = template.compiled(givens)
        # The template is kept beside its plan, so that its id can't become another one's.
        self._plans[key] = template, plan
        self._size += len(plan.text)
        while len(self._plans) > _PLANS or self._size > _CHARACTERS:
            _, (_, oldest) = self._plans.popitem(last=False)
            self._size -= len(oldest.text)
        return plan

    def _fall_back(self, error: Unplannable) -> None:
        self.fallbacks += 1
        log.debug("not planned", field=str(error))


def _ids_of(asked: Asked, variables: VariableValues) -> Any:
    """The id that `node` is given, or the list of them that `nodes` is given."""
    (found,) = get_argument_values(asked.definition, asked.nodes[0], variables).values()
    if isinstance(found, list) and len(found) > MAX_PAGE:
        raise bad_input("Too many.", "ids")
    return found
