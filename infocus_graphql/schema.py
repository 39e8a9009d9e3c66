"""The schema: the contents page of all domains."""

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from infocus_graphql import tables  # noqa: F401 - mappers and policies before the types that show them
from infocus_graphql.domains.accounts.mutations import AccountMutations
from infocus_graphql.domains.accounts.queries import AccountQueries
from infocus_graphql.domains.auth.mutations import AuthMutations
from infocus_graphql.domains.families.mutations import FamilyMutations
from infocus_graphql.domains.families.queries import FamilyQueries
from infocus_graphql.domains.media.mutations import MediaMutations
from infocus_graphql.domains.media.queries import MediaQueries
from infocus_graphql.domains.recommendations.mutations import RecommendationMutations
from infocus_graphql.domains.watchlists.mutations import WatchlistMutations
from infocus_graphql.graph.errors import ConflictError, PermissionRefusal, ValidationError
from infocus_graphql.graph.node import ROW_TYPES
from infocus_graphql.graph.node_queries import NodeQueries
from infocus_graphql.graph.scalars import SCALARS

Query = merge_types("Query", (AccountQueries, MediaQueries, FamilyQueries, NodeQueries))
Mutation = merge_types(
    "Mutation",
    (
        AuthMutations,
        AccountMutations,
        WatchlistMutations,
        FamilyMutations,
        RecommendationMutations,
        MediaMutations,
    ),
)

schema = strawberry.Schema(
    Query,
    Mutation,
    types=[*ROW_TYPES, ValidationError, ConflictError, PermissionRefusal],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def sdl() -> str:
    """The schema in the schema definition language, as `schema.graphql` holds it."""
    return schema.as_str() + "\n"
