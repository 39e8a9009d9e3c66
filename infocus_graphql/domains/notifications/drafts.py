"""The SQL that derives notifications from events, and from the air dates of episodes.

Each part of `DRAFTS` handles one type of event. A part joins the rows that the event is about, so that it
reports nothing that was undone in the meantime. Users are not notified of their own actions.
"""

from collections.abc import Mapping
from typing import Final

from infocus_graphql.domains.events.models import EventType
from infocus_graphql.domains.notifications.models import NotificationKind

_EVENTS: Final = "SELECT * FROM events WHERE id > :after AND id <= :last"

# The columns of a part: user_id, merge_key, actor_id, family_id, media_item_id, subject_id, count.
_PARTS: Final[Mapping[NotificationKind, tuple[EventType, str]]] = {
    NotificationKind.FAMILY_INVITATION: (
        EventType.INVITATION_RECEIVED,
        "e.user_id, 'invitation:' || i.id, i.invited_by_id, i.family_id, NULL, i.id, 1 "
        "FROM e JOIN family_invitations i ON i.id = e.node_id AND i.status = 'pending' "
        "WHERE e.user_id IS NOT NULL",
    ),
    NotificationKind.MEMBER_JOINED: (
        EventType.MEMBER_JOINED,
        "other.user_id, 'joined:' || m.id, m.user_id, m.family_id, NULL, m.id, 1 "
        "FROM e JOIN family_memberships m ON m.id = e.node_id "
        "JOIN family_memberships other ON other.family_id = m.family_id AND other.user_id <> m.user_id "
        # Not those who joined later.
        "AND other.joined_at < m.joined_at",
    ),
    NotificationKind.ROLE_CHANGED: (
        EventType.ROLE_CHANGED,
        "m.user_id, 'role:' || m.id, NULL, m.family_id, NULL, m.id, 1 "
        "FROM e JOIN family_memberships m ON m.id = e.node_id",
    ),
    NotificationKind.RECOMMENDATION_RECEIVED: (
        EventType.RECOMMENDATION_RECEIVED,
        "r.to_user_id, 'recommendation:' || r.id, r.from_user_id, NULL, r.media_item_id, r.id, 1 "
        "FROM e JOIN recommendations r ON r.id = e.node_id",
    ),
    NotificationKind.RECOMMENDATION_ANSWERED: (
        EventType.RECOMMENDATION_ANSWERED,
        "r.from_user_id, 'answer:' || r.id, r.to_user_id, NULL, r.media_item_id, r.id, 1 "
        "FROM e JOIN recommendations r ON r.id = e.node_id AND r.status <> 'pending'",
    ),
    # One for all entries that a user adds on a day.
    NotificationKind.ENTRIES_ADDED: (
        EventType.ENTRY_ADDED,
        "other.user_id, 'entries:' || w.user_id || ':' || (e.occurred_at AT TIME ZONE 'UTC')::date, "
        "w.user_id, NULL, (array_agg(w.media_item_id ORDER BY e.id DESC))[1], "
        "(array_agg(w.id ORDER BY e.id DESC))[1], count(DISTINCT w.id)::int "
        "FROM e JOIN watchlist_entries w ON w.id = e.node_id "
        "JOIN family_memberships own ON own.user_id = w.user_id AND own.shares_watchlist "
        "JOIN family_memberships other ON other.family_id = own.family_id AND other.user_id <> w.user_id "
        "GROUP BY other.user_id, w.user_id, (e.occurred_at AT TIME ZONE 'UTC')::date",
    ),
    # The first session of an account is that of its registration.
    NotificationKind.NEW_SIGN_IN: (
        EventType.SESSION_STARTED,
        "s.user_id, 'session:' || s.id, NULL, NULL, NULL, s.id, 1 "
        "FROM e JOIN sessions s ON s.id = e.node_id "
        "WHERE EXISTS (SELECT FROM sessions earlier WHERE earlier.user_id = s.user_id "
        "AND earlier.created_at < s.created_at)",
    ),
    NotificationKind.EXPORT_READY: (
        EventType.EXPORT_READY,
        "x.user_id, 'export:' || x.id, NULL, NULL, NULL, x.id, 1 "
        "FROM e JOIN data_exports x ON x.id = e.node_id",
    ),
    NotificationKind.JOB_FAILED: (
        EventType.JOB_FAILED,
        "u.id, 'jobs', NULL, NULL, NULL, NULL, count(*)::int FROM e JOIN users u ON u.is_staff GROUP BY u.id",
    ),
    NotificationKind.NEW_SEASON: (
        EventType.SEASON_ADDED,
        "w.user_id, 'season:' || s.id, NULL, NULL, s.media_item_id, s.id, 1 "
        "FROM e JOIN seasons s ON s.id = e.node_id AND s.removed_at IS NULL "
        "JOIN watchlist_entries w ON w.media_item_id = s.media_item_id",
    ),
    # In the user's country, at one of their services, and not watched yet.
    NotificationKind.ARRIVED_ON_SERVICE: (
        EventType.OFFER_ARRIVED,
        "w.user_id, 'arrived:' || o.media_item_id || ':' || o.streaming_service_id, NULL, NULL, "
        "o.media_item_id, o.streaming_service_id, 1 "
        "FROM e JOIN offer_events o ON o.number = e.node_id::bigint "
        "JOIN watchlist_entries w ON w.media_item_id = o.media_item_id AND w.status <> 'completed' "
        "JOIN user_services own ON own.user_id = w.user_id "
        "AND own.streaming_service_id = o.streaming_service_id "
        "JOIN user_settings s ON s.user_id = w.user_id AND s.region = o.country",
    ),
}


def _part(kind: NotificationKind, event_type: EventType, columns: str) -> str:
    names = "user_id, merge_key, actor_id, family_id, media_item_id, subject_id, count, occurred_at"
    grouped = "GROUP BY" in columns
    selected, rest = columns.split(" FROM e", 1)
    moment = "max(e.occurred_at)" if grouped else "e.occurred_at"
    return (
        f"SELECT '{kind.value}' AS kind, part.* FROM (SELECT {selected}, {moment} "  # noqa: S608 - constants
        f"FROM (SELECT * FROM recent WHERE type = '{event_type.value}') AS e{rest}) AS part ({names})"
    )


# Of several drafts for one notification, the latest counts.
DRAFTS: Final = f"""
WITH recent AS MATERIALIZED ({_EVENTS})
SELECT DISTINCT ON (user_id, merge_key) * FROM (
    {" UNION ALL ".join(_part(kind, *part) for kind, part in _PARTS.items())}
) AS drafts
ORDER BY user_id, merge_key, occurred_at DESC
"""  # noqa: S608 - constants of ours

# The episodes that air on the date that it is in each user's time zone. One notification for the episodes of
# a series on a day. `zones` and `dates` are parallel arrays.
AIRING: Final = f"""
SELECT '{NotificationKind.NEXT_EPISODE.value}' AS kind, w.user_id,
    'episodes:' || p.media_item_id || ':' || p.air_date AS merge_key, CAST(NULL AS text) AS actor_id,
    CAST(NULL AS text) AS family_id, p.media_item_id,
    (array_agg(p.id ORDER BY n.number, p.number))[1] AS subject_id,
    count(*)::int AS count, now() AS occurred_at
FROM unnest(CAST(:zones AS text[]), CAST(:dates AS date[])) AS today (zone, date)
JOIN episodes p ON p.air_date = today.date AND p.removed_at IS NULL
JOIN seasons n ON n.id = p.season_id AND n.removed_at IS NULL
JOIN watchlist_entries w ON w.media_item_id = p.media_item_id AND w.status = 'watching'
LEFT JOIN user_settings s ON s.user_id = w.user_id
WHERE coalesce(s.time_zone, 'UTC') = today.zone
GROUP BY w.user_id, p.media_item_id, p.air_date
"""  # noqa: S608 - constants of ours
