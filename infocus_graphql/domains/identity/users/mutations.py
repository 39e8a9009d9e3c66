"""Root mutation fields of users."""

import strawberry

from infocus_graphql.domains.identity.users import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class UserMutations:
    """Root mutation fields of the viewer's account."""

    @mutation(access=signed_in)
    async def update_profile(context: Context, input: types.UpdateProfileInput) -> types.UpdateProfilePayload:
        """Changes the viewer's name, profile and preferences."""
        changed = await context.transaction(writes.update_profile, **provided_fields(input))
        return types.UpdateProfilePayload(rows={"viewer": changed})
