"""SQL of `Viewer.changes`. Each statement returns one JSON value."""

from typing import Final

from infocus_graphql.domains.sync.cursors import NOTHING, Scopes, State

# The last event of the log and what the viewer $1 can see, in one snapshot.
SCOPES: Final = """
SELECT json_build_array(
    coalesce((SELECT id FROM events ORDER BY id DESC LIMIT 1), ''),
    extract(epoch FROM clock_timestamp()),
    ARRAY(SELECT family_id FROM family_memberships WHERE user_id = $1 ORDER BY 1),
    ARRAY(SELECT family_id FROM family_memberships
        WHERE user_id = $1 AND role IN ('owner', 'admin') ORDER BY 1),
    ARRAY(SELECT DISTINCT o.user_id FROM family_memberships v JOIN family_memberships o USING (family_id)
        WHERE v.user_id = $1 AND o.user_id <> $1 ORDER BY 1),
    ARRAY(SELECT DISTINCT o.user_id FROM family_memberships v JOIN family_memberships o USING (family_id)
        WHERE v.user_id = $1 AND o.user_id <> $1 AND o.shares_watchlist ORDER BY 1),
    ARRAY(SELECT i.id FROM family_invitations i JOIN users u ON lower(u.email) = i.email
        WHERE u.id = $1 AND u.email_verified_at IS NOT NULL ORDER BY 1)
)
"""

# What the viewer $1, who is a member of the families $2 and has the invitations $3, may not have seen at some
# time between the events $4 and $5: whatever came by an event of joining, sharing or administering.
REGAINED: Final = """
WITH gains AS MATERIALIZED (
    SELECT type, user_id, family_id FROM events
    WHERE family_id = ANY ($2::text[]) AND id > $4 AND id <= $5
        AND type IN ('member_joined', 'sharing_changed', 'role_changed')
),
joined AS (SELECT family_id FROM gains WHERE type = 'member_joined' AND user_id = $1),
members AS (SELECT user_id FROM family_memberships WHERE family_id IN (SELECT family_id FROM joined))
SELECT json_build_array(
    ARRAY(SELECT DISTINCT family_id FROM joined),
    ARRAY(SELECT DISTINCT family_id FROM gains
        WHERE type IN ('member_joined', 'role_changed') AND user_id = $1),
    ARRAY(SELECT user_id FROM gains WHERE type = 'member_joined' UNION SELECT user_id FROM members),
    ARRAY(SELECT user_id FROM gains WHERE type IN ('member_joined', 'sharing_changed')
        UNION SELECT user_id FROM members),
    CASE WHEN EXISTS (SELECT FROM events
            WHERE user_id = $1 AND type = 'user_updated' AND id > $4 AND id <= $5)
        THEN $3::text[] ELSE '{}' END
)
"""

_PARAMETERS: Final = (
    "viewer",
    "after",
    "limit",
    "since",
    "horizon",
    "newest",
    "past_families",
    "past_administered",
    "past_users",
    "past_sharing",
    *(f"{change}_{scope}" for change in ("kept", "new", "gone") for scope in Scopes._fields),
)

# Events of the round that can concern the viewer. Each part reads one index.
_RECENT: Final = """
SELECT e.type, e.node_id, e.user_id, e.other_user_id, e.family_id FROM events e
    WHERE e.user_id = ANY (:past_users) AND e.id > :since AND e.id <= :horizon
UNION SELECT e.type, e.node_id, e.user_id, e.other_user_id, e.family_id FROM events e
    WHERE e.other_user_id = :viewer AND e.id > :since AND e.id <= :horizon
UNION SELECT e.type, e.node_id, e.user_id, e.other_user_id, e.family_id FROM events e
    WHERE e.family_id = ANY (:past_families) AND e.id > :since AND e.id <= :horizon
"""

# Rows to return. A role decides what the viewer may do with a family, so its change is one of the family.
_CHANGED: Final = """
SELECT unnest(:new_families)
UNION ALL SELECT family_id FROM recent WHERE family_id = ANY (:kept_families)
    AND (type = 'family_updated' OR type = 'role_changed' AND user_id = :viewer)
UNION ALL SELECT id FROM family_memberships WHERE family_id = ANY (:new_families)
UNION ALL SELECT m.id FROM recent r JOIN family_memberships m ON m.id = r.node_id
    WHERE r.type IN ('member_joined', 'role_changed', 'sharing_changed')
        AND m.family_id = ANY (:kept_families)
UNION ALL SELECT unnest(:new_users)
UNION ALL SELECT user_id FROM recent WHERE user_id = ANY (:kept_users)
    AND (type = 'user_updated' OR type = 'settings_changed' AND user_id = :viewer)
UNION ALL SELECT id FROM watchlist_entries WHERE user_id = ANY (:new_sharing)
UNION ALL SELECT w.id FROM recent r JOIN watchlist_entries w ON w.id = r.node_id
    WHERE r.type IN ('entry_added', 'entry_updated') AND w.user_id = ANY (:kept_sharing)
UNION ALL SELECT media_item_id FROM watchlist_entries WHERE user_id = ANY (:new_sharing)
UNION ALL SELECT w.media_item_id FROM recent r JOIN watchlist_entries w ON w.id = r.node_id
    WHERE r.type = 'entry_added' AND w.user_id = ANY (:kept_sharing)
UNION ALL SELECT w.media_item_id FROM watchlist_entries w WHERE w.user_id = ANY (:kept_sharing)
    AND w.media_item_id IN (SELECT e.media_item_id FROM events e
        WHERE e.type = 'title_updated' AND e.id > :since AND e.id <= :horizon)
UNION ALL SELECT id FROM recommendations
    WHERE :viewer = ANY (:new_users) AND (from_user_id = :viewer OR to_user_id = :viewer)
UNION ALL SELECT n.id FROM recent r JOIN recommendations n ON n.id = r.node_id
    WHERE :viewer IN (n.from_user_id, n.to_user_id)
UNION ALL SELECT id FROM family_invitations
    WHERE family_id = ANY (:new_administered) OR id = ANY (:new_invited)
UNION ALL SELECT i.id FROM recent r JOIN family_invitations i ON i.id = r.node_id
    WHERE i.family_id = ANY (:kept_administered) OR i.id = ANY (:kept_invited)
"""

# Ids of rows that are gone or hidden. Only events of rows that the client can have count: `past` scopes are
# those at the start of this round or of the one before it.
_REMOVED: Final = """
SELECT unnest(:gone_families)
UNION ALL SELECT node_id FROM recent WHERE type = 'member_left' AND family_id = ANY (:past_families)
UNION ALL SELECT id FROM family_memberships WHERE family_id = ANY (:gone_families)
UNION ALL SELECT unnest(:gone_users)
UNION ALL SELECT node_id FROM recent WHERE type = 'entry_removed'
    AND user_id = ANY (:past_sharing)
UNION ALL SELECT id FROM watchlist_entries WHERE user_id = ANY (:gone_sharing)
UNION ALL SELECT node_id FROM recent WHERE type = 'recommendation_withdrawn'
    AND (user_id = :viewer OR other_user_id = :viewer)
UNION ALL SELECT r.node_id FROM recent r WHERE r.type = 'invitation_revoked'
    AND r.family_id = ANY (:past_administered)
    AND NOT EXISTS (SELECT FROM family_invitations i WHERE i.id = r.node_id)
UNION ALL SELECT i.id FROM family_invitations i WHERE i.family_id = ANY (:gone_administered)
    AND i.id <> ALL (:kept_invited || :new_invited)
UNION ALL SELECT g.id FROM unnest(:gone_invited) AS g(id) WHERE NOT EXISTS (SELECT FROM family_invitations i
    WHERE i.id = g.id AND i.family_id = ANY (:kept_administered || :new_administered))
"""

_PAGE: Final = f"""
WITH recent AS MATERIALIZED ({_RECENT}),
found AS (
    SELECT c.id, false AS removed FROM ({_CHANGED}) AS c(id) WHERE c.id > :after
    UNION ALL SELECT r.id, true FROM ({_REMOVED}) AS r(id)
        WHERE r.id > :after AND substr(r.id, 3) <= :newest
),
page AS (SELECT id, bool_and(removed) AS removed FROM found GROUP BY id ORDER BY id LIMIT :limit)
SELECT json_build_array(
    extract(epoch FROM clock_timestamp()),
    coalesce((SELECT json_agg(json_build_array(id, removed) ORDER BY id) FROM page), '[]')
)
"""  # noqa: S608 - constants of ours


def _numbered(statement: str) -> str:
    """The statement with positional parameters of their types."""
    kinds = {"limit": "integer"} | dict.fromkeys(_PARAMETERS[6:], "text[]")
    for place, name in sorted(enumerate(_PARAMETERS, 1), key=lambda each: -len(each[1])):
        statement = statement.replace(f":{name}", f"${place}::{kinds.get(name, 'text')}")
    return statement


PAGE: Final = _numbered(_PAGE)


def page_parameters(
    viewer_id: str, base: State | None, target: State, after: str, limit: int
) -> list[object]:
    """The parameters of PAGE for a page of the round from `base` to `target`.

    Scopes are *kept* if the client has had all their rows since the round before, *new* if the viewer sees
    them now but the client may lack rows, *gone* if the viewer does not see them any more.
    """
    now = _with_own(target.scopes, viewer_id)
    before, lost = (NOTHING, NOTHING) if base is None else (_with_own(base.scopes, viewer_id), base.lost)
    new = now.without(before.without(target.regained))
    since, newest = ("", "") if base is None else (base.horizon, base.newest_id())
    return [
        viewer_id,
        after,
        limit,
        since,
        target.horizon,
        newest,
        *([*own, *other] for own, other in zip(before[:-1], lost[:-1], strict=True)),
        *now.without(new),
        *new,
        *before.without(now),
    ]


def _with_own(scopes: Scopes, viewer_id: str) -> Scopes:
    return scopes._replace(users=[*scopes.users, viewer_id], sharing=[*scopes.sharing, viewer_id])
