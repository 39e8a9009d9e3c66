"""`serverInfo.limits`: the limits of operations, and the weights of their cost."""

import strawberry

from infocus_graphql.graph.expensive_lane import EXPENSIVE_FROM
from infocus_graphql.graph.limits.field_costs import WEIGHTS
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, INNER_PAGE, MAX_PAGE
from infocus_graphql.rate_limiting.limiter import COST_OF_POINT
from infocus_graphql.settings import Settings


@strawberry.type(description="The cost of one kind of field, value or read in an operation.")
class CostWeight:
    name: str = strawberry.field(description="The name of the weight.")
    weight: int = strawberry.field(description="The cost of each occurrence.")
    description: str = strawberry.field(description="What is counted with this weight.")


@strawberry.type(
    description="The limits for a single operation. The cost of an operation is the sum of the weights of "
    'everything that it may return or read. Send `"extensions": {"cost": true}` with a request to get the '
    "estimated and the actual cost in the response. Weights can change without notice, error codes can not."
)
class OperationLimits:
    max_cost: int = strawberry.field(
        description="The highest estimated cost. A more expensive operation fails with COST_LIMIT_EXCEEDED; "
        "the error names its costliest field."
    )
    cost_per_point: int = strawberry.field(
        description="The cost that one point of the rate limit pays for; see `rateLimit`. The points for the "
        "estimated cost are reserved while an operation runs. Unused points are returned."
    )
    expensive_cost: int = strawberry.field(
        description="The estimated cost from which an operation is queued: each account can run one such "
        "operation at a time."
    )
    cost_weights: list[CostWeight] = strawberry.field(
        description="The weights from which the cost is computed."
    )
    default_page_size: int = strawberry.field(
        description="The default page size of a connection. The description of its `first` argument has the "
        "size of each connection."
    )
    default_inner_page_size: int = strawberry.field(
        description="The default page size of connections that are usually selected inside another list."
    )
    max_page_size: int = strawberry.field(description="The highest value of `first` and `last`.")
    max_depth: int = strawberry.field(
        description="The maximum depth of a selection. `edges` and `node` together count as one level."
    )
    max_aliases: int = strawberry.field(description="The maximum number of aliases in an operation.")
    max_root_fields: int = strawberry.field(description="The maximum number of root fields.")
    max_objects: int = strawberry.field(
        description="The maximum number of fields that have a selection of their own, fragments included."
    )
    max_directives: int = strawberry.field(description="The maximum number of directives.")
    max_tokens: int = strawberry.field(description="The maximum number of tokens in a document.")
    max_characters: int = strawberry.field(description="The maximum length of a document, in characters.")
    max_operations: int = strawberry.field(description="The maximum number of operations in a document.")
    max_body_bytes: int = strawberry.field(description="The maximum size of a request body, in bytes.")
    max_response_bytes: int = strawberry.field(
        description="The maximum size of a response, in bytes. A larger one fails with RESPONSE_TOO_LARGE."
    )


def operation_limits(settings: Settings) -> OperationLimits:
    """Returns the configured limits of operations."""
    return OperationLimits(
        max_cost=settings.max_cost,
        cost_per_point=COST_OF_POINT,
        expensive_cost=EXPENSIVE_FROM,
        cost_weights=[
            CostWeight(name=name, weight=weight, description=text) for name, weight, text in WEIGHTS
        ],
        default_page_size=DEFAULT_PAGE,
        default_inner_page_size=INNER_PAGE,
        max_page_size=MAX_PAGE,
        max_depth=settings.max_depth,
        max_aliases=settings.max_aliases,
        max_root_fields=settings.max_root_fields,
        max_objects=settings.max_objects,
        max_directives=settings.max_directives,
        max_tokens=settings.max_tokens,
        max_characters=settings.max_characters,
        max_operations=settings.max_operations,
        max_body_bytes=settings.max_body_bytes,
        max_response_bytes=settings.max_response_bytes,
    )
