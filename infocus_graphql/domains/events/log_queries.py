"""SQL for the log of events. Each statement returns one JSON array."""

from typing import Final

from infocus_graphql.domains.events.models import ENTRY_TYPES, EventType
from infocus_graphql.graph.event_source import TopicKind

RELAY: Final = "SELECT relay_events($1)"

LAST_ID: Final = """
SELECT to_json(coalesce((SELECT id FROM events ORDER BY id DESC LIMIT 1), event_id_at(now())))
"""

_ENTRIES: Final = ", ".join(f"'{each.value}'" for each in ENTRY_TYPES)
_USER: Final = f"'{EventType.USER_UPDATED.value}'"
_TITLE: Final = f"'{EventType.TITLE_UPDATED.value}'"
# The fields of an EventRecord.
_RECORD: Final = "json_build_array({0}.id, {0}.type, {0}.node_id, {0}.user_id, {0}.family_id)"

# Events after $1 with their topics, but for the users who track an updated title (TRACKERS).
NEW_EVENTS: Final = f"""
SELECT coalesce(json_agg(found.row ORDER BY found.id), '[]') FROM (
    SELECT e.id, json_build_object(
        'event', {_RECORD.format("e")},
        'title', CASE WHEN e.type = {_TITLE} THEN e.media_item_id END,
        'users', array_remove(ARRAY[e.user_id, e.other_user_id], NULL),
        'families', CASE WHEN e.type IN ({_ENTRIES}, {_USER}) THEN ARRAY(
            SELECT m.family_id FROM family_memberships m
            WHERE m.user_id = e.user_id AND (m.shares_watchlist OR e.type = {_USER})
        ) ELSE array_remove(ARRAY[e.family_id], NULL) END
    ) AS row
    FROM events e WHERE e.id > $1 ORDER BY e.id LIMIT $2
) AS found
"""  # noqa: S608 - constants of ours

# Those of the users $2 who track one of the titles $1, by title. A popular title has many others.
TRACKERS: Final = """
SELECT coalesce(json_object_agg(media_item_id, users), '{}') FROM (
    SELECT media_item_id, json_agg(user_id) AS users FROM watchlist_entries
    WHERE media_item_id = ANY ($1::text[]) AND user_id = ANY ($2::text[]) GROUP BY media_item_id
) AS found
"""

_SELECTED: Final = "SELECT e.id, e.type, e.node_id, e.user_id, e.family_id FROM events e"
_RANGE: Final = "e.id > $2 AND e.id <= $3 ORDER BY e.id LIMIT $4"
_BACKLOG: Final = f"""
SELECT coalesce(json_agg({_RECORD.format("found")} ORDER BY found.id), '[]') FROM (
    SELECT DISTINCT * FROM ({{parts}}) AS parts ORDER BY id LIMIT $4
) AS found
"""  # noqa: S608 - constants of ours


def _backlog(*parts: str) -> str:
    return _BACKLOG.format(parts=" UNION ALL ".join(f"({part})" for part in parts))


_TITLES: Final = f"{_SELECTED} WHERE e.media_item_id = w.media_item_id AND e.type = {_TITLE} AND {_RANGE}"
_MEMBERS: Final = (
    f"{_SELECTED} WHERE e.user_id = m.user_id "
    f"AND (e.type IN ({_ENTRIES}) AND m.shares_watchlist OR e.type = {_USER}) AND {_RANGE}"
)

# Events of a topic after $2, up to $3. Each part reads one index in its order.
BACKLOG: Final = {
    TopicKind.USER: _backlog(
        f"{_SELECTED} WHERE e.user_id = $1 AND {_RANGE}",
        f"{_SELECTED} WHERE e.other_user_id = $1 AND {_RANGE}",
        f"SELECT t.* FROM watchlist_entries w, LATERAL ({_TITLES}) AS t WHERE w.user_id = $1",  # noqa: S608 - see above
    ),
    TopicKind.FAMILY: _backlog(
        f"{_SELECTED} WHERE e.family_id = $1 AND {_RANGE}",
        f"SELECT t.* FROM family_memberships m, LATERAL ({_MEMBERS}) AS t WHERE m.family_id = $1",  # noqa: S608
    ),
}
