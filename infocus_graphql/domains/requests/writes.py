"""What is remembered of requests for all workers: documents by their hash, and answers by a client's key."""

from typing import Final

from sqlalchemy import text

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.database import UnitOfWork

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
_EARLIER: Final = """
SELECT json_build_array(fingerprint, answer, payload, claim) FROM idempotent_answers
WHERE user_id = $1 AND operation = $2 AND key = $3 AND created_at > now() - interval '24 hours'"""
# Whoever comes second waits here for the first one's end. Each that comes takes away some that are over.
_CLAIM: Final = text("""
WITH old AS (
    DELETE FROM idempotent_answers WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotent_answers WHERE created_at < now() - interval '25 hours'
        LIMIT 10 FOR UPDATE SKIP LOCKED
    ))
)
INSERT INTO idempotent_answers AS held (user_id, operation, key, fingerprint, claim)
VALUES (:user_id, :operation, :key, :fingerprint, :claim)
ON CONFLICT (user_id, operation, key) DO UPDATE
SET fingerprint = excluded.fingerprint, claim = excluded.claim, answer = NULL, payload = NULL,
    created_at = now()
WHERE held.claim = excluded.claim OR held.created_at <= now() - interval '24 hours'
RETURNING 1""")
_RECORD: Final = text("""
UPDATE idempotent_answers SET payload = :payload
WHERE user_id = :user_id AND operation = :operation AND key = :key AND claim = :claim""")
# Of two that answer the same change, the first one's response is everybody's.
_ANSWER: Final = """
UPDATE idempotent_answers SET answer = coalesce(answer, $5)
WHERE user_id = $1 AND operation = $2 AND key = $3 AND claim = $4
RETURNING answer"""


class PostgresDocumentStore:
    """The store of persisted documents in PostgreSQL."""

    def __init__(self, changes: AsyncpgPool) -> None:
        self._changes = changes

    async def find(self, digest: str) -> str | None:
        """The document with this hash."""
        found: str | None = await self._changes.write_once((_FIND, (digest,)))
        return found

    async def keep(self, digest: str, document: str) -> None:
        """Keeps a document, which counts as a use of it."""
        await self._changes.write_once((_KEEP, (digest, document, MAX_DOCUMENTS - 1)))


class PostgresIdempotencyStore:
    """The store of answers to mutations with a key, in PostgreSQL."""

    def __init__(self, changes: AsyncpgPool) -> None:
        self._changes = changes

    async def find(self, user_id: str, operation: str, key: str) -> bytes | None:
        """The hash of the request, its response, payload and claim, as a JSON list, if any is kept."""
        found: bytes | None = await self._changes.write_once((_EARLIER, (user_id, operation, key)))
        return found

    async def claim(self, work: UnitOfWork, values: dict[str, str]) -> bool:
        """Takes a place in the transaction of the work; waits for who has it, and is False if it is taken."""
        return (await work.session.execute(_CLAIM, values)).scalar() is not None

    async def record(self, work: UnitOfWork, values: dict[str, str], payload: str) -> None:
        """Stores the mutation's result in the transaction of the work."""
        await work.session.execute(_RECORD, {**values, "payload": payload})

    async def keep(self, user_id: str, operation: str, key: str, claim: str, answer: str) -> str | None:
        """Keeps the response of a claim, unless there is one; the response that is kept now."""
        values = (user_id, operation, key, claim, answer)
        kept: str | None = await self._changes.write_once((_ANSWER, values))
        return kept
