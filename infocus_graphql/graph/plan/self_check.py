"""Checks without a database that an operation is planned: for `infocus doctor` and for tests."""

from collections.abc import Mapping

import strawberry
from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, OperationType, parse

from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.declarations import ResolvedPage, declared_by
from infocus_graphql.graph.node import id_tag_of
from infocus_graphql.graph.plan.mutations import MutationPlan, PayloadRows
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.plan.whole_operation import plan_operation
from infocus_graphql.graph.strawberry_internals import core_schema

_VIEWER = Viewer(id=new_id("us"), session_id=new_id("se"), is_staff=True)


def unplanned_reason(
    schema: strawberry.Schema, text: str, variables: Mapping[str, object], name: str | None = None
) -> str | None:
    """Compiles the statements of an operation. Returns why it can't be planned as a whole, or None.

    None, too, for searches, whose resolver calls TMDB. Exceptions of the compiler are not caught.
    """
    core, plans, known = core_schema(schema), PlanCache(schema, ""), ParsedDocument(parse(text))
    operation = known.operation(name)
    coerced = None if operation is None else known.variables(core, operation, variables)
    if operation is None or coerced is None:
        return "there is no such operation, or its variables are invalid"
    if _is_search(core, operation):
        return None
    try:
        whole = plan_operation(core, known.prepare(core, operation, coerced).document, operation)
        if isinstance(whole, MutationPlan):
            for each in whole.payload.values():
                if isinstance(each, PayloadRows):
                    row_id = new_id(id_tag_of(each.declared.model))
                    ids = row_id if each.declared.many is None else [row_id]
                    each.rows.query(plans, coerced, _VIEWER, ids)
        else:
            for part in whole:
                part.query(plans, coerced, _VIEWER)
    except Unplannable as reason:
        return str(reason)
    return None


def _is_search(core: GraphQLSchema, operation: OperationDefinitionNode) -> bool:
    if operation.operation is not OperationType.QUERY or core.query_type is None:
        return False
    names = [each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    fields = [core.query_type.fields.get(name) for name in names]
    return all(field is not None and isinstance(declared_by(field), ResolvedPage) for field in fields)
