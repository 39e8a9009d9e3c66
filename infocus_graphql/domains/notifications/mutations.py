"""Root mutation fields of notifications."""

import strawberry

from infocus_graphql.domains.notifications import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class NotificationMutations:
    """Root mutation fields of notifications."""

    @mutation(access=signed_in)
    async def mark_notifications_read(
        context: Context, input: types.MarkNotificationsReadInput
    ) -> types.MarkNotificationsReadPayload:
        """Marks notifications of the viewer as read. Those that are read already stay as they are."""
        ids = await context.transaction(writes.mark_read, ids=input.ids, every=input.all)
        return types.MarkNotificationsReadPayload(ids=ids, rows={"viewer": context.viewer.id})
