"""`serverInfo.limits`: the limits of operations, and the weights of their cost."""

import strawberry

from infocus_graphql.graph.expensive_lane import EXPENSIVE_FROM
from infocus_graphql.graph.limits.field_costs import WEIGHTS
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, INNER_PAGE, MAX_PAGE
from infocus_graphql.rate_limiting.limiter import COST_OF_POINT
from infocus_graphql.settings import Settings


@strawberry.type(description="What one thing in an operation costs.")
class CostWeight:
    name: str = strawberry.field(description="What is counted.")
    weight: int = strawberry.field(description="Its cost, each time.")
    description: str = strawberry.field(description="When it is counted.")


@strawberry.type(
    description="The limits of operations. The cost of an operation is the sum of the weights of all it may "
    'return or read; send `"extensions": {"cost": true}` with a request to see its estimated and actual cost '
    "in the response. The weights may change; the codes of refusals don't."
)
class OperationLimits:
    max_cost: int = strawberry.field(
        description="The highest estimated cost; beyond it the code is COST_LIMIT_EXCEEDED, and the error "
        "names the costliest field."
    )
    cost_of_point: int = strawberry.field(
        description="The cost that one point of the rate budget pays for; see `rateLimit`. The points of the "
        "estimate are held while an operation runs, and what it did not use is given back."
    )
    expensive_from: int = strawberry.field(
        description="From this estimated cost, few operations run at a time, one for each account, and the "
        "others wait."
    )
    cost_weights: list[CostWeight] = strawberry.field(description="What the cost is made of.")
    default_page_size: int = strawberry.field(
        description="The size of most pages without `first` and `last`."
    )
    default_inner_page_size: int = strawberry.field(
        description="The same for lists that are shown inside other lists; the description of `first` says "
        "which a list has."
    )
    max_page_size: int = strawberry.field(description="The largest `first` and `last`.")
    max_depth: int = strawberry.field(description="The most levels; `edges` and `node` are one.")
    max_aliases: int = strawberry.field(description="The most aliases.")
    max_root_fields: int = strawberry.field(description="The most root fields.")
    max_objects: int = strawberry.field(
        description="The most objects and lists with a selection, fragments included."
    )
    max_directives: int = strawberry.field(description="The most directives.")
    max_tokens: int = strawberry.field(description="The most tokens of a document.")
    max_characters: int = strawberry.field(description="The most characters of a document.")
    max_operations: int = strawberry.field(description="The most operations of a document.")
    max_body_bytes: int = strawberry.field(description="The largest request body.")
    max_response_bytes: int = strawberry.field(
        description="The largest response; beyond it the code is RESPONSE_TOO_LARGE."
    )


def operation_limits(settings: Settings) -> OperationLimits:
    """Returns the configured limits of operations."""
    return OperationLimits(
        max_cost=settings.max_cost,
        cost_of_point=COST_OF_POINT,
        expensive_from=EXPENSIVE_FROM,
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
