"""Finds the next page of changes after a cursor."""

from dataclasses import dataclass, replace
from time import time
from typing import Any, Final

import orjson

from infocus_graphql.domains.sync.cursors import NOTHING, Cursor, Scopes, State, read_cursor, write_cursor
from infocus_graphql.domains.sync.reads import PAGE, REGAINED, SCOPES, page_parameters
from infocus_graphql.graph.context import Context

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes."""

    changed: list[str]
    removed: list[str]
    cursor: str
    has_more: bool
    starts_snapshot: bool


async def next_page(context: Context, since: str | None, limit: int) -> Changes:
    """Returns the changes after the cursor `since`; without one, or after an expired one, all objects.

    Raises SyncCursorError if the text is not a cursor of the viewer.
    """
    viewer_id, key = context.viewer.id or "", context.services.cursor_key
    given = None if since is None else read_cursor(since, viewer_id, key)
    if given is not None and _is_expired(given, context.services.settings.keep_events_days):
        given = None
    cursor = await _started(context, given)
    after = cursor.after or ""
    parameters = page_parameters(viewer_id, cursor.base, cursor.target, after, limit + 1)
    read_at, found = await _fetch(context, PAGE, parameters)
    target = replace(cursor.target, seen=read_at)
    has_more = len(found) > limit
    rows = found[:limit]
    following = replace(cursor, target=target, after=rows[-1][0]) if has_more else Cursor(target)
    return Changes(
        changed=[row_id for row_id, removed in rows if not removed],
        removed=[row_id for row_id, removed in rows if removed],
        cursor=write_cursor(following, viewer_id, key),
        has_more=has_more,
        starts_snapshot=given is None,
    )


async def _started(context: Context, given: Cursor | None) -> Cursor:
    """Returns the cursor within a round; starts the next round after the end of one."""
    if given is not None and given.after is not None:
        return given
    viewer_id = context.viewer.id or ""
    await context.services.events.relay()  # so that the round has what was committed before it
    horizon, now, *scopes = await _fetch(context, SCOPES, [viewer_id])
    visible, base = Scopes(*scopes), None if given is None else given.target
    lost = regained = NOTHING
    if base is not None:
        own = NOTHING._replace(users=[viewer_id], sharing=[viewer_id])  # always visible
        lost = base.scopes.without(visible)
        parameters = [viewer_id, visible.families, visible.invited, base.horizon, horizon]
        regained = Scopes(*await _fetch(context, REGAINED, parameters)).without(own)
    return Cursor(State(horizon, now, now, visible, lost, regained), base, "")


def _is_expired(cursor: Cursor, days: int) -> bool:
    """Whether events are deleted that happened after the state that the client has."""
    state = cursor.target if cursor.base is None else cursor.base
    return state.begun < time() - days * _DAY


async def _fetch(context: Context, statement: str, parameters: list[object]) -> Any:
    engines = context.services.database.engines
    pool = engines.expensive if context.expensive else engines.plans
    (found,) = await pool.read_all([(statement, parameters)])
    return orjson.loads(found or b"null")
