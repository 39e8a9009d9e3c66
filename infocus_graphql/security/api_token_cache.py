"""Verifies API tokens, with at most one database query per token and second.

Every process thus rejects a revoked token after a second at the latest. The time of last use is written in
the background, at most once a minute.
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
_CACHE_SECONDS: Final = 1.0
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
class _CachedToken:
    """A row of `api_tokens` as of a reading of `time.monotonic`."""

    token_id: str
    viewer: Viewer
    until: float | None
    as_of: float


class ApiTokenCache:
    """A cache of the API tokens recently used in this process."""

    def __init__(self, reads: AsyncpgPool, changes: AsyncpgPool) -> None:
        self._reads, self._changes = reads, changes
        self._cache: LruCache[str, _CachedToken] = LruCache(_REMEMBERED)
        self._lookups: dict[str, tuple[float, asyncio.Task[_CachedToken | None]]] = {}
        self._written: LruCache[str, float] = LruCache(_REMEMBERED)
        # The event loop holds only weak references to tasks.
        self._writing: set[asyncio.Task[None]] = set()

    async def verify(self, token: str) -> Viewer:
        """The viewer that a token identifies; anonymous with a `fault` if the token is invalid or expired.

        Raises RevocationCheckUnavailable if the database can't be queried.
        """
        hashed = token_hash(token)
        found = self._cache.get(hashed)
        if found is None or monotonic() - found.as_of >= _CACHE_SECONDS:
            found = await self._shared_lookup(hashed)
        if found is None or (found.until is not None and found.until <= now().timestamp()):
            return Viewer(fault=TokenFault.INVALID)
        self._note_use(found.token_id)
        return found.viewer

    async def finish(self) -> None:
        """Waits for pending writes."""
        await asyncio.gather(*self._writing)

    async def _shared_lookup(self, hashed: str) -> _CachedToken | None:
        """Queries the database; concurrent calls for one token share a query."""
        began, task = self._lookups.get(hashed, (0.0, None))
        if task is None or monotonic() - began >= _CACHE_SECONDS:
            began, task = monotonic(), asyncio.create_task(self._find(hashed))
            task.add_done_callback(retrieve)  # all callers may be cancelled before it fails
            self._lookups[hashed] = began, task
        try:
            return await asyncio.shield(task)
        except Exception as error:  # any error means that the token can't be checked
            log.warning("API token lookup failed", reason=type(error).__name__)
            raise RevocationCheckUnavailable from error

    async def _find(self, hashed: str) -> _CachedToken | None:
        as_of = monotonic()
        try:
            (row,) = await self._reads.read_all([(_FIND, [hashed])])
        finally:
            if self._lookups.get(hashed, (0.0, None))[1] is asyncio.current_task():
                del self._lookups[hashed]
        if row is None:
            self._cache.pop(hashed)
            return None
        values = orjson.loads(row)
        scopes = frozenset(map(ApiScope, values["scopes"]))
        viewer = Viewer(values["user"], scopes=scopes, api_token_id=values["id"])
        found = _CachedToken(values["id"], viewer, values["until"], as_of)
        self._cache.put(hashed, found)
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
        except Exception as error:  # no request depends on it
            log.warning("API token use not recorded", reason=type(error).__name__)
