"""Root mutation fields of users."""

import strawberry

from infocus_graphql.domains.identity.users import writes
from infocus_graphql.domains.identity.users.types import inputs
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class UserMutations:
    """Root mutation fields of the viewer's account."""

    @mutation(access=signed_in)
    async def update_profile(
        context: Context, input: inputs.UpdateProfileInput
    ) -> inputs.UpdateProfilePayload:
        """Changes the viewer's name, profile and preferences."""
        changed = await context.transaction(writes.update_profile, **provided_fields(input))
        return inputs.UpdateProfilePayload(rows={"viewer": changed})
