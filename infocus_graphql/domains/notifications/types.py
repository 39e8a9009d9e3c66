"""GraphQL types of notifications."""

from datetime import datetime
from typing import TypeAlias

import strawberry
from sqlalchemy import ColumnElement, and_

from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.notifications import models, texts
from infocus_graphql.domains.notifications.preferences import Preference, digest_time, scheduled
from infocus_graphql.domains.privacy.models import DataExport
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, embedded, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import LocalTime

NotificationKind: TypeAlias = models.NotificationKind
EmailTiming: TypeAlias = models.EmailTiming
publish_enum(
    EmailTiming,
    "When notifications of a kind are sent by e-mail.",
    {
        EmailTiming.OFF: "Never.",
        EmailTiming.AT_ONCE: "When they occur, or after the quiet hours.",
        EmailTiming.DAILY_DIGEST: "Once a day, with all others of the day.",
    },
)
publish_enum(
    NotificationKind,
    "What a notification reports. New values may be added.",
    {
        NotificationKind.FAMILY_INVITATION: "The viewer is invited to a family; see `subject.invitation`.",
        NotificationKind.MEMBER_JOINED: "A user joined a family of the viewer; see `actor`.",
        NotificationKind.ROLE_CHANGED: "The viewer has another role in a family; see `subject.membership`.",
        NotificationKind.RECOMMENDATION_RECEIVED: "A title was recommended to the viewer; see "
        "`subject.recommendation`.",
        NotificationKind.RECOMMENDATION_ANSWERED: "A recommendation of the viewer was accepted or rejected.",
        NotificationKind.ENTRIES_ADDED: "A user added titles to a watchlist that they share with the viewer. "
        "One notification for all titles of a user and a day.",
        NotificationKind.NEW_SIGN_IN: "The viewer's account was signed in to; see `subject.session`.",
        NotificationKind.EXPORT_READY: "The viewer can download a data export; see `subject.dataExport`.",
        NotificationKind.JOB_FAILED: "Background jobs failed permanently. Only for staff; see `admin`.",
        NotificationKind.NEW_SEASON: "A tracked series has a new season; see `subject.season`.",
        NotificationKind.NEXT_EPISODE: "Episodes of a series that the viewer is watching air today, in the "
        "viewer's time zone; see `subject.episode`.",
        NotificationKind.ARRIVED_ON_SERVICE: "A title that the viewer tracks and has not completed is on "
        "one of the viewer's streaming services in the viewer's region; see `subject.streamingService`.",
    },
)


def _by(key: str, target: type) -> Link:
    """The link from a notification to the row with the id in its column `key`."""

    def on(notification: MappedRow, row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        same: ColumnElement[bool] = row.id == getattr(notification, key)
        return same

    return Link(target, on, models.Notification, key=key)


def _title(notification: MappedRow, item: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(item.id == notification.media_item_id, texts.shows_title(notification, viewer))


@row_type(models.Notification, name="NotificationSubject")
class NotificationSubject:
    """
    The objects that a notification is about. They are null if it is not about such an object, or if the
    viewer can't see it any more.
    """

    family: refs.Family | None = relation(_by("family_id", Family), "The family that it is about.")
    media_item: refs.MediaItem | None = relation(
        Link(MediaItem, _title, models.Notification), "The title that it is about; of several, the latest."
    )
    invitation: refs.FamilyInvitation | None = relation(
        _by("subject_id", FamilyInvitation), "The invitation that the viewer received."
    )
    membership: refs.FamilyMembership | None = relation(
        _by("subject_id", FamilyMembership), "The membership that was created or changed."
    )
    recommendation: refs.Recommendation | None = relation(
        _by("subject_id", Recommendation), "The recommendation that was received, accepted or rejected."
    )
    entry: refs.WatchlistEntry | None = relation(
        _by("subject_id", WatchlistEntry), "The watchlist entry that was added; of several, the latest."
    )
    session: refs.Session | None = relation(
        _by("subject_id", Session), "The session that the sign-in started."
    )
    data_export: refs.DataExport | None = relation(_by("subject_id", DataExport), "The data export.")
    season: refs.Season | None = relation(_by("subject_id", Season), "The new season.")
    episode: refs.Episode | None = relation(
        _by("subject_id", Episode), "The episode that airs; of several, the first."
    )
    streaming_service: refs.StreamingService | None = relation(
        _by("subject_id", StreamingService), "The streaming service that offers the title."
    )


@row_type(models.Notification)
class Notification(Node):
    """
    A notification of the viewer. Visible to its user only. If the viewer can't see its subject any more, the
    text names nothing either.
    """

    kind: NotificationKind = column(models.Notification.kind, "What the notification reports.")
    title: str = computed(
        models.Notification, texts.title_of, "A short title in English, which depends on the kind only."
    )
    text: str = computed(
        models.Notification,
        texts.text_of,
        "What happened, as a sentence in English. Titles are in the viewer's language.",
    )
    count: int = column(
        models.Notification.count,
        "The number of events in the notification, such as the titles that a user added. It starts again "
        "after the notification was read.",
    )
    created_at: datetime = column(
        models.Notification.created_at, "When the notification was created, for its first event."
    )
    occurred_at: datetime = column(models.Notification.occurred_at, "When its latest event happened.")
    read_at: datetime | None = column(
        models.Notification.read_at, "When the viewer marked it as read; null if it is unread."
    )
    actor: refs.User | None = relation(
        _by("actor_id", User), "The user who caused it, such as the sender of a recommendation."
    )
    subject: NotificationSubject = embedded("The objects that the notification is about.")


@row_type(Preference)
class NotificationPreference:
    """
    The channels by which the viewer receives notifications of one kind; the defaults until the viewer chooses
    others.
    """

    kind: NotificationKind = column(Preference.kind, "The kind of notification.")
    in_app: bool = column(Preference.in_app, "Whether they are in `viewer.notifications`.")
    email: EmailTiming = column(
        Preference.email, "When they are sent to the e-mail address of the account, if it is verified."
    )


@row_type(User)
class NotificationSchedule:
    """
    When the viewer receives notifications by e-mail. The times are in the viewer's time
    zone (`settings.timeZone`; UTC if not set), also on days on which clocks change.
    """

    quiet_from: LocalTime | None = computed(
        User, scheduled("quiet_from"), "When the quiet hours begin; null if there are none."
    )
    quiet_until: LocalTime | None = computed(
        User,
        scheduled("quiet_until"),
        "When the quiet hours end, on the next day if it is before `quietFrom`. Notifications of the quiet "
        "hours are sent then. Null if there are none.",
    )
    digest_at: LocalTime = computed(User, digest_time, "When the daily digest is sent; `08:00` by default.")


@strawberry.input(description="Filters notifications. All conditions must hold.")
class NotificationFilter:
    """The conditions are defined in `reads.CONDITIONS`."""

    unread_only: bool | None = strawberry.field(
        description="If true, only unread notifications.", default=None
    )


@strawberry.input(description="Input of `markNotificationsRead`: either `notificationIds` or `all`.")
class MarkNotificationsReadInput:
    notification_ids: list[strawberry.ID] | None = strawberry.field(
        description="The notifications to mark, at most 100.", default=None
    )
    all: bool = strawberry.field(
        description="Whether to mark all of the viewer's notifications.", default=False
    )


@strawberry.type(description="Result of `markNotificationsRead`.")
class MarkNotificationsReadPayload(Payload):
    ids: strawberry.Private[tuple[str, ...]] = ()
    notifications: list[refs.Notification] = result(
        models.Notification,
        "The notifications in `notificationIds`; with `all`, those that were unread, at most the 100 "
        "newest. Empty on failure.",
        many="ids",
    )
    viewer: refs.Viewer | None = result(User, "The viewer with the unread count; null on failure.")


@strawberry.input(
    description="Channels for one kind of notification. Channels that are omitted or null keep their value."
)
class NotificationPreferenceInput:
    kind: NotificationKind = strawberry.field(description="The kind of notification.")
    in_app: bool | None = strawberry.field(
        description="Whether they are in `viewer.notifications`.", default=None
    )
    email: EmailTiming | None = strawberry.field(description="When they are sent by e-mail.", default=None)


@strawberry.input(description="Quiet hours in the viewer's time zone.")
class QuietHoursInput:
    quiet_from: LocalTime = strawberry.field(description="When they begin.")
    quiet_until: LocalTime = strawberry.field(
        description="When they end, on the next day if it is before `quietFrom`."
    )


@strawberry.input(description="Input of `updateNotificationPreferences`. Omitted settings keep their value.")
class UpdateNotificationPreferencesInput:
    preferences: list[NotificationPreferenceInput] | None = strawberry.field(
        description="The channels to change, with one item for each kind.", default=None
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        description="The hours in which no e-mails are sent; null removes them.",
        default=strawberry.UNSET,
    )
    digest_at: LocalTime | None = strawberry.field(
        description="When the daily digest is sent; null resets it to `08:00`.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of `updateNotificationPreferences`.")
class UpdateNotificationPreferencesPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer with the changed preferences; null on failure.")
