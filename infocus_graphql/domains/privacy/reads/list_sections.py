"""Export sections: watchlist, families, invitations and recommendations."""

from typing import Final

from sqlalchemy import func

from infocus_graphql.db.sql_types import MappedRow, SqlValue
from infocus_graphql.domains.deliveries.models import Delivery
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.notifications.models import (
    Notification,
    NotificationPreference,
    NotificationSchedule,
)
from infocus_graphql.domains.plays.models import WatchEvent
from infocus_graphql.domains.privacy.reads.section import PROVED, USER_ID, Section, Values, own
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import WatchlistEntry


def _title(row: MappedRow) -> Values:
    return {
        "mediaItemId": (row.media_item_id, "The title's id in the catalogue."),
        "title": (MediaItem.title, "The title."),
        "tmdbType": (MediaItem.tmdb_type, "`MOVIE` or `TV`."),
        "tmdbId": (MediaItem.tmdb_id, "The title's id at TMDB."),
    }


_WATCHLIST: Final = Section(
    "watchlist",
    "Your watchlist, oldest entry first.",
    {
        "id": (WatchlistEntry.id, "The entry's id."),
        **_title(WatchlistEntry),
        "status": (WatchlistEntry.status, "`NOT_WATCHED`, `WATCHING` or `COMPLETED`."),
        "rating": (WatchlistEntry.rating, "Your rating, 1 to 10."),
        "notes": (WatchlistEntry.notes, "Your notes."),
        "notesVisibility": (
            WatchlistEntry.notes_visibility,
            "Who can read the notes: `PRIVATE` or `FAMILY`.",
        ),
        "rewatchCount": (WatchlistEntry.rewatch_count, "How many rewatches you have started."),
        "version": (WatchlistEntry.version, "The version of the entry, which increases with each change."),
        "dateAdded": (WatchlistEntry.date_added, "When you added it."),
        "dateUpdated": (WatchlistEntry.date_updated, "When it last changed."),
    },
    lambda found: (
        found.join(MediaItem, MediaItem.id == WatchlistEntry.media_item_id)
        .where(WatchlistEntry.user_id == USER_ID)
        .order_by(WatchlistEntry.date_added, WatchlistEntry.id)
    ),
)
_FAMILIES: Final = Section(
    "families",
    "Your families, without the other members.",
    {
        "membershipId": (FamilyMembership.id, "The membership's id."),
        "familyId": (FamilyMembership.family_id, "The family's id."),
        "name": (Family.name, "The family's name."),
        "role": (FamilyMembership.role, "`OWNER`, `ADMIN` or `MEMBER`."),
        "sharesWatchlist": (FamilyMembership.shares_watchlist, "Whether the family can see your watchlist."),
        "joinedAt": (FamilyMembership.joined_at, "When you joined."),
    },
    lambda found: (
        found.join(Family, Family.id == FamilyMembership.family_id)
        .where(FamilyMembership.user_id == USER_ID)
        .order_by(FamilyMembership.joined_at, FamilyMembership.id)
    ),
)
_FAMILIES_MADE: Final = Section(
    "families-made",
    "Families that you created, including those that you have left.",
    {
        "familyId": (Family.id, "The family's id."),
        "createdAt": (Family.created_at, "When you created it."),
    },
    lambda found: found.where(Family.created_by_id == USER_ID).order_by(Family.id),
)
_INVITATIONS_SENT: Final = Section(
    "invitations-sent",
    "Invitations that you sent, without the addresses of the invited users.",
    {
        "id": (FamilyInvitation.id, "The invitation's id."),
        "familyId": (FamilyInvitation.family_id, "The family."),
        "status": (FamilyInvitation.status, "`PENDING`, `ACCEPTED`, `DECLINED` or `REVOKED`."),
        "createdAt": (FamilyInvitation.created_at, "When you sent it."),
        "expiresAt": (FamilyInvitation.expires_at, "When it expired or expires."),
        "acceptedAt": (FamilyInvitation.accepted_at, "When it was accepted."),
    },
    lambda found: found.where(FamilyInvitation.invited_by_id == USER_ID).order_by(FamilyInvitation.id),
)
_INVITATIONS_RECEIVED: Final = Section(
    "invitations-received",
    "Invitations to your address, if it is verified.",
    {
        "id": (FamilyInvitation.id, "The invitation's id."),
        "familyId": (FamilyInvitation.family_id, "The family."),
        "familyName": (Family.name, "The family's name."),
        "email": (FamilyInvitation.email, "Your address."),
        "status": (FamilyInvitation.status, "`PENDING`, `ACCEPTED`, `DECLINED` or `REVOKED`."),
        "createdAt": (FamilyInvitation.created_at, "When it was sent."),
        "expiresAt": (FamilyInvitation.expires_at, "When it expires."),
        "acceptedAt": (FamilyInvitation.accepted_at, "When you accepted it."),
    },
    lambda found: (
        found.join(Family, Family.id == FamilyInvitation.family_id)
        .where(FamilyInvitation.email == func.lower(PROVED))
        .order_by(FamilyInvitation.id)
    ),
)


def _recommendations(name: str, text: str, own: SqlValue, other: str, other_column: SqlValue) -> Section:
    return Section(
        name,
        text,
        {
            "id": (Recommendation.id, "The recommendation's id."),
            **_title(Recommendation),
            other: (other_column, "The other user's id."),
            "message": (Recommendation.message, "The message."),
            "status": (Recommendation.status, "`PENDING`, `ACCEPTED` or `REJECTED`."),
            "createdAt": (Recommendation.created_at, "When it was sent."),
            "updatedAt": (Recommendation.updated_at, "When it last changed."),
        },
        lambda query: (
            query.join(MediaItem, MediaItem.id == Recommendation.media_item_id)
            .where(own == USER_ID)
            .order_by(Recommendation.id)
        ),
    )


_NOTIFICATIONS: Final = Section(
    "notifications",
    "Your notifications, oldest first.",
    {
        "id": (Notification.id, "The notification's id."),
        "kind": (Notification.kind, "What it reports."),
        "actorId": (Notification.actor_id, "The user who caused it."),
        "familyId": (Notification.family_id, "The family that it is about."),
        "mediaItemId": (Notification.media_item_id, "The title that it is about."),
        "subjectId": (Notification.subject_id, "The object that it is about."),
        "mergeKey": (Notification.merge_key, "What further events of the same sort have in common."),
        "count": (Notification.count, "The number of its events."),
        "inApp": (Notification.in_app, "Whether it is in your list."),
        "createdAt": (Notification.created_at, "When it was made."),
        "occurredAt": (Notification.occurred_at, "When its latest event happened."),
        "readAt": (Notification.read_at, "When you marked it as read."),
    },
    own(Notification, Notification.id),
)

_NOTIFICATION_PREFERENCES: Final = Section(
    "notification-preferences",
    "The channels that you chose for kinds of notifications.",
    {
        "kind": (NotificationPreference.kind, "The kind."),
        "inApp": (NotificationPreference.in_app, "Whether they are in your list."),
        "email": (NotificationPreference.email, "`OFF`, `AT_ONCE` or `DAILY_DIGEST`."),
    },
    own(NotificationPreference, NotificationPreference.kind),
)
_NOTIFICATION_SCHEDULE: Final = Section(
    "notification-schedule",
    "When you receive notifications; at most one row.",
    {
        "quietFrom": (NotificationSchedule.quiet_from, "When your quiet hours begin."),
        "quietUntil": (NotificationSchedule.quiet_until, "When your quiet hours end."),
        "digestAt": (NotificationSchedule.digest_at, "When your daily digest is sent."),
    },
    own(NotificationSchedule, NotificationSchedule.user_id),
)
_DELIVERIES: Final = Section(
    "notification-deliveries",
    "Notifications that were sent to you.",
    {
        "id": (Delivery.id, "The delivery's id."),
        "notificationId": (Delivery.notification_id, "The notification."),
        "channel": (Delivery.channel, "`EMAIL`."),
        "digest": (Delivery.digest, "Whether it was part of a digest."),
        "status": (Delivery.status, "`PENDING`, `DELIVERED`, `SKIPPED` or `FAILED`."),
        "dueAt": (Delivery.due_at, "When it was due."),
        "createdAt": (Delivery.created_at, "When it was planned."),
        "finishedAt": (Delivery.finished_at, "When it was sent or skipped."),
    },
    own(Delivery, Delivery.id),
)
_PLAYS: Final = Section(
    "plays",
    "Your plays of films and episodes, oldest first.",
    {
        "id": (WatchEvent.id, "The play's id."),
        "entryId": (WatchEvent.entry_id, "The watchlist entry."),
        "episodeId": (WatchEvent.episode_id, "The episode; empty for a film."),
        "watchedAt": (WatchEvent.watched_at, "When you watched it; the start of the day, month or year."),
        "precision": (WatchEvent.precision, "`INSTANT`, `DAY`, `MONTH`, `YEAR` or `UNKNOWN`."),
        "rewatch": (WatchEvent.rewatch, "The number of the rewatch; 0 for the first time through."),
        "streamingServiceId": (WatchEvent.streaming_service_id, "The streaming service."),
        "source": (WatchEvent.source, "The application that logged it."),
        "note": (WatchEvent.note, "Your note."),
        "createdAt": (WatchEvent.created_at, "When it was logged."),
    },
    own(WatchEvent, WatchEvent.id),
)

OF_LISTS: Final = (
    _PLAYS,
    _NOTIFICATIONS,
    _NOTIFICATION_PREFERENCES,
    _NOTIFICATION_SCHEDULE,
    _DELIVERIES,
    _WATCHLIST,
    _FAMILIES,
    _FAMILIES_MADE,
    _INVITATIONS_SENT,
    _INVITATIONS_RECEIVED,
    _recommendations(
        "recommendations-sent",
        "Recommendations that you sent.",
        Recommendation.from_user_id,
        "toUserId",
        Recommendation.to_user_id,
    ),
    _recommendations(
        "recommendations-received",
        "Recommendations that you received.",
        Recommendation.to_user_id,
        "fromUserId",
        Recommendation.from_user_id,
    ),
)
