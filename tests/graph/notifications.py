"""Notifications of a user about the rows of the world, several for each sort of subject."""

from collections.abc import Mapping, Sequence

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.models import Notification, NotificationKind

# The field of each subject, its type, and a kind of notification about it.
SUBJECTS: Mapping[str, tuple[str, NotificationKind]] = {
    "recommendation": ("Recommendation", NotificationKind.RECOMMENDATION_RECEIVED),
    "invitation": ("FamilyInvitation", NotificationKind.FAMILY_INVITATION),
    "membership": ("FamilyMembership", NotificationKind.MEMBER_JOINED),
    "entry": ("WatchlistEntry", NotificationKind.ENTRIES_ADDED),
    "session": ("Session", NotificationKind.NEW_SIGN_IN),
    "dataExport": ("DataExport", NotificationKind.EXPORT_READY),
    "season": ("Season", NotificationKind.NEW_SEASON),
    "episode": ("Episode", NotificationKind.NEXT_EPISODE),
    "streamingService": ("StreamingService", NotificationKind.ARRIVED_ON_SERVICE),
}


def made_notification(
    user: User, kind: NotificationKind, subject_id: str, *, read: bool = True, **ids: str
) -> Notification:
    """A notification of a user."""
    return Notification(
        id=new_id("no"),
        user_id=user.id,
        kind=kind,
        merge_key=subject_id,
        subject_id=subject_id,
        read_at=now() if read else None,
        **ids,
    )


def notifications_of(
    user: User,
    actors: Sequence[User],
    titles: Sequence[str],
    parents: Mapping[str, list[str]],
    families: Sequence[str],
) -> dict[str, list[Notification]]:
    """Notifications about rows of each type, by the field of the subject."""
    return {
        field: [
            made_notification(
                user, kind, subject_id, actor_id=actor.id, media_item_id=title, family_id=family
            )
            for actor, title, subject_id, family in zip(actors, titles, parents[name], families, strict=False)
        ]
        for field, (name, kind) in SUBJECTS.items()
    }
