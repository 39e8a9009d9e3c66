"""Documents by their hash, shared by all workers; the least recently used go when there are too many."""

from typing import Final

from infocus_graphql.db.raw import RawPool

MAX_DOCUMENTS: Final = 1000

# Writing the time of use only once an hour keeps reading from being writing.
_FIND: Final = """
WITH found AS (SELECT digest, document, used_at FROM persisted_documents WHERE digest = $1), used AS (
    UPDATE persisted_documents SET used_at = now() FROM found
    WHERE persisted_documents.digest = found.digest AND found.used_at < now() - interval '1 hour'
)
SELECT document FROM found"""
_KEEP: Final = """
WITH old AS (
    DELETE FROM persisted_documents WHERE digest IN (
        SELECT digest FROM persisted_documents WHERE digest <> $1
        ORDER BY used_at DESC, digest OFFSET $3 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO persisted_documents (digest, document, used_at) VALUES ($1, $2, now())
ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at
RETURNING digest"""


class DocumentTable:
    """The store of persisted documents in PostgreSQL."""

    def __init__(self, changes: RawPool) -> None:
        self._changes = changes

    async def find(self, digest: str) -> str | None:
        """The document with this hash."""
        found: str | None = await self._changes.fetch_value((_FIND, (digest,)))
        return found

    async def keep(self, digest: str, document: str) -> None:
        """Keeps a document, which counts as a use of it."""
        await self._changes.fetch_value((_KEEP, (digest, document, MAX_DOCUMENTS - 1)))
