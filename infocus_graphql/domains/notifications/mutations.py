"""Root mutation fields of notifications."""

import strawberry

from infocus_graphql.domains.notifications import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class NotificationMutations:
    """Root mutation fields of notifications."""

    @mutation(access=signed_in)
    async def mark_notifications_read(
        context: Context, input: types.MarkNotificationsReadInput
    ) -> types.MarkNotificationsReadPayload:
        """Marks notifications of the viewer as read. Those that are read already stay as they are."""
        ids = await context.transaction(writes.mark_read, ids=input.notification_ids, every=input.all)
        return types.MarkNotificationsReadPayload(ids=ids, rows={"viewer": context.viewer.id})

    @mutation(access=signed_in)
    async def update_notification_preferences(
        context: Context, input: types.UpdateNotificationPreferencesInput
    ) -> types.UpdateNotificationPreferencesPayload:
        """
        Changes the channels by which the viewer receives notifications, the quiet hours, and the time of the
        daily digest.
        """
        given = provided_fields(input, without=("preferences",))
        if input.quiet_hours:
            given["quiet_hours"] = (input.quiet_hours.quiet_from, input.quiet_hours.quiet_until)
        chosen = [provided_fields(each) for each in input.preferences or ()]
        changed = await context.transaction(writes.update_preferences, preferences=chosen, **given)
        return types.UpdateNotificationPreferencesPayload(rows={"viewer": changed})
