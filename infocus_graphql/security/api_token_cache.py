"""Finds out who bears an API token, by asking the database at most once a second for each.

A token that was revoked is refused a second later, by every process. When it was last used is written
behind the requests, at most once a minute.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Final

import orjson
import structlog

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.clock import now
from infocus_graphql.core.tasks import retrieve
from infocus_graphql.core.viewer import ApiScope, TokenFault, Viewer
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.revocation_listener import RevocationCheckUnavailable

log = structlog.get_logger("infocus.api_tokens")

_REMEMBERED: Final = 4096
_KNOWN_FOR: Final = 1.0
_WRITTEN_EVERY: Final = 60.0

_FIND: Final = """
SELECT json_build_object(
    'id', id, 'user', user_id, 'scopes', scopes, 'until', extract(epoch FROM expires_at)
) FROM api_tokens WHERE token_hash = $1
"""
_USED: Final = """
UPDATE api_tokens SET last_used_at = now()
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute') RETURNING id
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database knew of a token at a moment of `time.monotonic`."""

    token_id: str
    viewer: Viewer
    until: float | None
    as_of: float


class ApiTokenCache:
    """The API tokens that this process has met lately."""

    def __init__(self, reads: AsyncpgPool, changes: AsyncpgPool) -> None:
        self._reads, self._changes = reads, changes
        self._found: LruCache[str, _Found] = LruCache(_REMEMBERED)
        self._asking: dict[str, tuple[float, asyncio.Task[_Found | None]]] = {}
        self._written: LruCache[str, float] = LruCache(_REMEMBERED)
        # The event loop holds tasks weakly.
        self._writing: set[asyncio.Task[None]] = set()

    async def verify(self, token: str) -> Viewer:
        """Who bears this token: nobody, with a fault, when it isn't good.

        Raises NotCertain when the database can't be asked.
        """
        hashed = token_hash(token)
        found = self._found.get(hashed)
        if found is None or monotonic() - found.as_of >= _KNOWN_FOR:
            found = await self._asked(hashed)
        if found is None or (found.until is not None and found.until <= now().timestamp()):
            return Viewer(fault=TokenFault.INVALID)
        self._note_use(found.token_id)
        return found.viewer

    async def finish(self) -> None:
        """Waits for what is still to be written."""
        await asyncio.gather(*self._writing)

    async def _asked(self, hashed: str) -> _Found | None:
        """What the database knows now; those who ask at the same time share one statement."""
        began, task = self._asking.get(hashed, (0.0, None))
        if task is None or monotonic() - began >= _KNOWN_FOR:
            began, task = monotonic(), asyncio.create_task(self._find(hashed))
            task.add_done_callback(retrieve)  # its askers may all be gone when it fails
            self._asking[hashed] = began, task
        try:
            return await asyncio.shield(task)
        except Exception as error:  # whatever it is, the database can't be asked
            log.warning("API token lookup failed", reason=type(error).__name__)
            raise RevocationCheckUnavailable from error

    async def _find(self, hashed: str) -> _Found | None:
        as_of = monotonic()
        try:
            (row,) = await self._reads.read_all([(_FIND, [hashed])])
        finally:
            if self._asking.get(hashed, (0.0, None))[1] is asyncio.current_task():
                del self._asking[hashed]
        if row is None:
            self._found.pop(hashed)
            return None
        values = orjson.loads(row)
        scopes = frozenset(map(ApiScope, values["scopes"]))
        viewer = Viewer(values["user"], scopes=scopes, api_token_id=values["id"])
        found = _Found(values["id"], viewer, values["until"], as_of)
        self._found.put(hashed, found)
        return found

    def _note_use(self, token_id: str) -> None:
        at = monotonic()
        written = self._written.get(token_id)
        if written is not None and at - written < _WRITTEN_EVERY:
            return
        self._written.put(token_id, at)
        task = asyncio.create_task(self._write(token_id))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, token_id: str) -> None:
        try:
            await self._changes.write_once((_USED, [token_id]))
        except Exception as error:  # nobody's request depends on it
            log.warning("API token use not recorded", reason=type(error).__name__)
