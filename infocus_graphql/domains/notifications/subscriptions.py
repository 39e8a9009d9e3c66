"""The subscription to notifications."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.events.models import EventType
from infocus_graphql.domains.events.subscriptions import AFTER, viewer_topic
from infocus_graphql.domains.notifications.models import Notification
from infocus_graphql.graph.declarations import EventStream
from infocus_graphql.graph.root import subscription


@strawberry.type
class NotificationSubscriptions:
    """Root subscription fields of notifications."""

    notification_received: refs.Notification = subscription(
        refs.Notification,
        EventStream(
            Notification,
            "node_id",
            viewer_topic,
            types=frozenset({EventType.NOTIFICATION_RECEIVED.value}),
        ),
        "The notifications of the viewer, as they are received. A notification that is renewed by a further "
        "event is delivered again.",
        arguments={"after": AFTER},
    )
