"""Root mutation fields of the viewer's settings."""

import strawberry

from infocus_graphql.domains.identity.user_settings import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class SettingsMutations:
    """Root mutation fields of the viewer's settings."""

    @mutation(access=signed_in)
    async def update_settings(
        context: Context, input: types.UpdateSettingsInput
    ) -> types.UpdateSettingsPayload:
        """Changes the viewer's region, language, time zone and streaming services."""
        changed = await context.transaction(writes.update_settings, **provided_fields(input))
        return types.UpdateSettingsPayload(rows={"viewer": changed})
