"""The store of persisted documents, which all workers share."""

from typing import Final

from infocus_graphql.db.asyncpg_pool import AsyncpgPool

MAX_DOCUMENTS: Final = 1000

# `used_at` is written at most once an hour, so that most reads cause no write.
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


class PostgresDocumentStore:
    """Stores persisted documents in PostgreSQL."""

    def __init__(self, changes: AsyncpgPool) -> None:
        self._changes = changes

    async def find(self, digest: str) -> str | None:
        """Returns the document with this hash, else None."""
        document: str | None = await self._changes.write_once((_FIND, (digest,)))
        return document

    async def keep(self, digest: str, document: str) -> None:
        """Stores a document, or updates its time of use."""
        await self._changes.write_once((_KEEP, (digest, document, MAX_DOCUMENTS - 1)))
