"""GraphQL types of events."""

from datetime import datetime
from typing import TypeAlias

import strawberry
from sqlalchemy import ColumnElement

from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.events import models
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.notifications.models import Notification
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, relation
from infocus_graphql.graph.node import row_type

EventType: TypeAlias = models.EventType

publish_enum(
    EventType,
    "The kind of change that an event reports. New values may be added.",
    {
        EventType.ENTRY_ADDED: "A title was added to a watchlist.",
        EventType.ENTRY_UPDATED: "The status, rating or notes of an entry were changed.",
        EventType.ENTRY_REMOVED: "A title was removed from a watchlist. `nodeId` is the id of the entry.",
        EventType.FAMILY_UPDATED: "A family was renamed or changed.",
        EventType.FAMILY_DELETED: "A family was deleted.",
        EventType.MEMBER_JOINED: "A user joined a family.",
        EventType.MEMBER_LEFT: "A user left a family or was removed. `nodeId` is the id of the membership.",
        EventType.ROLE_CHANGED: "The role of a member was changed.",
        EventType.SHARING_CHANGED: "A member started or stopped sharing their watchlist with a family: read "
        "the entries of the family again.",
        EventType.INVITATION_RECEIVED: "An invitation to a family was sent, or sent again.",
        EventType.INVITATION_ANSWERED: "An invitation was accepted or declined.",
        EventType.INVITATION_REVOKED: "An invitation was revoked.",
        EventType.RECOMMENDATION_RECEIVED: "A title was recommended.",
        EventType.RECOMMENDATION_UPDATED: "A recommendation was changed by its sender.",
        EventType.RECOMMENDATION_ANSWERED: "A recommendation was accepted or rejected.",
        EventType.RECOMMENDATION_WITHDRAWN: "A recommendation was withdrawn. `nodeId` is its id.",
        EventType.SESSION_STARTED: "The viewer signed in on a device. `nodeId` is the id of the session.",
        EventType.SESSION_ENDED: "A session of the viewer ended. `nodeId` is the id of the session.",
        EventType.SETTINGS_CHANGED: "The viewer's settings were changed.",
        EventType.USER_UPDATED: "The name or the profile of a user was changed.",
        EventType.TITLE_UPDATED: "A title on the viewer's watchlist was changed in the catalogue.",
        EventType.NOTIFICATION_RECEIVED: "The viewer received a notification, or one was renewed.",
        EventType.EXPORT_READY: "A data export of the viewer can be downloaded.",
        EventType.JOB_FAILED: "A background job failed permanently. Subscriptions don't deliver it, but "
        "staff receive a notification.",
        EventType.SEASON_ADDED: "A series has a new season. Subscriptions don't deliver it, but users who "
        "track the series receive a notification.",
        EventType.OFFER_ARRIVED: "A title arrived at a streaming service. Subscriptions don't deliver it, "
        "but users who track the title and have the service receive a notification.",
    },
)


def _by(key: str, target: type) -> Link:
    """The link from an event to the row with the id in its column `key`."""

    def on(event: MappedRow, row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        same: ColumnElement[bool] = row.id == getattr(event, key)
        return same

    return Link(target, on, models.Event, key=key)


@row_type(models.Event)
class Event:
    """A change that a subscription delivers, with the changed object. Events are kept for 90 days.

    Objects are read when the event is delivered, so they can be newer than the event. They are null if the
    event is not about such an object, or if the viewer can't see it (any more).
    """

    id: strawberry.ID = column(
        models.Event.id, "The id of the event, to continue from. Ids increase in the order of the changes."
    )
    type: EventType = column(models.Event.type, "The kind of change.")
    occurred_at: datetime = column(models.Event.occurred_at, "The time of the change.")
    node_id: strawberry.ID = column(
        models.Event.node_id, "The id of the changed object, also after its deletion."
    )
    entry: refs.WatchlistEntry | None = relation(
        _by("node_id", WatchlistEntry), "The watchlist entry that was added or updated."
    )
    membership: refs.FamilyMembership | None = relation(
        _by("node_id", FamilyMembership), "The membership that was created or changed."
    )
    invitation: refs.FamilyInvitation | None = relation(
        _by("node_id", FamilyInvitation), "The invitation that was sent, accepted, declined or revoked."
    )
    recommendation: refs.Recommendation | None = relation(
        _by("node_id", Recommendation), "The recommendation that was sent, changed, accepted or rejected."
    )
    family: refs.Family | None = relation(
        _by("family_id", Family), "The family that was changed, or whose members or invitations were."
    )
    user: refs.User | None = relation(
        _by("user_id", User),
        "The user whose list, membership, settings or profile changed; of an invitation or a recommendation, "
        "its recipient.",
    )
    notification: refs.Notification | None = relation(
        _by("node_id", Notification), "The notification that the viewer received."
    )
    media_item: refs.MediaItem | None = relation(
        _by("media_item_id", MediaItem), "The title that was tracked, recommended or updated."
    )
