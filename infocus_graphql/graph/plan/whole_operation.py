"""The plan of a whole operation: a part for each root field of a query, or a mutation with its payload."""

from graphql import GraphQLSchema, OperationDefinitionNode, OperationType

from infocus_graphql.graph.plan.mutations import MutationPlan, plan_mutation
from infocus_graphql.graph.plan.root_fields import RootFieldPlan, root_part
from infocus_graphql.graph.plan.selection import Document, Unplannable


def plan_operation(
    schema: GraphQLSchema, document: Document, operation: OperationDefinitionNode
) -> tuple[RootFieldPlan, ...] | MutationPlan:
    """Returns the plan; raises Unplannable when any root field has to be resolved."""
    kind = operation.operation
    gtype = schema.get_root_type(kind)
    if gtype is None or kind is OperationType.SUBSCRIPTION:
        raise Unplannable(f"{kind.value}: subscriptions are not supported")
    roots = document.roots(gtype, operation)
    if kind is OperationType.MUTATION:
        return plan_mutation(schema, document, roots)
    return tuple(root_part(schema, gtype, document, key, nodes) for key, nodes in roots.items())
