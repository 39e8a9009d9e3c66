"""The store of idempotency records, which all workers share."""

from typing import Final

from sqlalchemy import text

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.database import UnitOfWork

_EARLIER: Final = """
SELECT json_build_array(fingerprint, response, payload, claim) FROM idempotency_records
WHERE user_id = $1 AND operation = $2 AND key = $3 AND created_at > now() - interval '7 days'"""
# A concurrent claim of the same key waits here until the first transaction ends. Each claim also deletes a
# few expired records.
_CLAIM: Final = text("""
WITH old AS (
    DELETE FROM idempotency_records WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_records WHERE created_at < now() - interval '169 hours'
        LIMIT 10 FOR UPDATE SKIP LOCKED
    ))
)
INSERT INTO idempotency_records AS held (user_id, operation, key, fingerprint, claim)
VALUES (:user_id, :operation, :key, :fingerprint, :claim)
ON CONFLICT (user_id, operation, key) DO UPDATE
SET fingerprint = excluded.fingerprint, claim = excluded.claim, response = NULL, payload = NULL,
    created_at = now()
WHERE held.claim = excluded.claim OR held.created_at <= now() - interval '7 days'
RETURNING 1""")
_RECORD: Final = text("""
UPDATE idempotency_records SET payload = :payload
WHERE user_id = :user_id AND operation = :operation AND key = :key AND claim = :claim""")
_RELEASE: Final = text("""
DELETE FROM idempotency_records
WHERE user_id = :user_id AND operation = :operation AND key = :key AND claim = :claim""")
# If two requests build a response for the same change, the first response is stored and returned to both.
_RESPONSE: Final = """
UPDATE idempotency_records SET response = coalesce(response, $5)
WHERE user_id = $1 AND operation = $2 AND key = $3 AND claim = $4
RETURNING response"""


class PostgresIdempotencyStore:
    """Stores the results of mutations with an `Idempotency-Key` in PostgreSQL."""

    def __init__(self, changes: AsyncpgPool, reads: AsyncpgPool) -> None:
        self._changes, self._reads = changes, reads

    async def find(self, user_id: str, operation: str, key: str) -> bytes | None:
        """Returns `[fingerprint, response, payload, claim]` of a record as JSON, else None."""
        (record,) = await self._reads.read_all([(_EARLIER, (user_id, operation, key))])
        return record

    async def claim(self, work: UnitOfWork, values: dict[str, str]) -> bool:
        """Claims the key in the transaction of `work`. False if another request has claimed it.

        Waits for concurrent transactions that claim the same key.
        """
        return (await work.session.execute(_CLAIM, values)).scalar() is not None

    async def record(self, work: UnitOfWork, values: dict[str, str], payload: str) -> None:
        """Stores the mutation's result in the transaction of `work`."""
        await work.session.execute(_RECORD, {**values, "payload": payload})

    async def release(self, work: UnitOfWork, values: dict[str, str]) -> None:
        """Deletes a claim in the transaction of `work`."""
        await work.session.execute(_RELEASE, values)

    async def keep(self, user_id: str, operation: str, key: str, claim: str, response: str) -> str | None:
        """Stores the response of a claim, unless one is stored already. Returns the stored response."""
        values = (user_id, operation, key, claim, response)
        stored: str | None = await self._changes.write_once((_RESPONSE, values))
        return stored
