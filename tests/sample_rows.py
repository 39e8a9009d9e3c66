"""Rows for every table, in SQL, for tests of the tables themselves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db.session_parameters import single_use_engine

ROWS = """
INSERT INTO users (id, email, password_hash)
    VALUES ('us1', 'a@x.org', 'h'), ('us2', 'b@x.org', 'h');
INSERT INTO profiles (id, user_id) VALUES ('pr1', 'us1'), ('pr2', 'us2');
INSERT INTO sessions (id, user_id, token_hash, expires_at) VALUES ('se1', 'us1', 'h1', now());
INSERT INTO refresh_tokens (id, user_id, session_id, token_hash, expires_at)
    VALUES ('rt1', 'us1', 'se1', 'h1', now());
INSERT INTO email_tokens (id, purpose, email, user_id, token_hash, expires_at)
    VALUES ('et1', 'verification', 'a@x.org', 'us1', 'h1', now());
INSERT INTO api_tokens (id, user_id, name, token_hash, scopes)
    VALUES ('at1', 'us1', 'Mine', 'h1', '{read,write}');
INSERT INTO audit_events (id, action, actor_id, target_user_id, object_id)
    VALUES ('ae1', 'signed_in', 'us1', 'us1', 'se1');
INSERT INTO rate_states (key, level) VALUES ('x', 1);
INSERT INTO second_factors (id, user_id, totp_secret) VALUES ('sf1', 'us1', 'S');
INSERT INTO backup_codes (id, user_id, code_hash) VALUES ('bc1', 'us1', 'h1');
INSERT INTO passkeys (
    id, user_id, name, credential_id, public_key, sign_count, backup_eligible, backed_up, transports
) VALUES ('pk1', 'us1', 'Phone', 'c1', 'k1', 0, true, true, '{internal,smart_card}');
INSERT INTO passkey_challenges (id, purpose, challenge_hash, user_id, session_id, expires_at)
    VALUES ('pc1', 'adding', 'h1', 'us1', 'se1', now());
INSERT INTO families (id, name, created_by_id) VALUES ('fa1', 'Ours', 'us1');
INSERT INTO family_memberships (id, family_id, user_id, role)
    VALUES ('fm1', 'fa1', 'us1', 'owner'), ('fm2', 'fa1', 'us2', 'member');
INSERT INTO family_invitations (id, family_id, email, token_hash, mail_token_hash, invited_by_id, expires_at)
    VALUES ('fi1', 'fa1', 'c@x.org', 'h1', 'm1', 'us1', now());
INSERT INTO data_exports (id, user_id, status) VALUES ('dx1', 'us1', 'succeeded');
INSERT INTO data_export_parts (export_id, number, content) VALUES ('dx1', 0, 'x');
INSERT INTO account_deletions (user_id, scheduled_at)
    VALUES ('us1', now()), ('us2', now() + interval '1 day');
INSERT INTO family_successions (user_id, family_id, new_owner_id)
    VALUES ('us1', 'fa1', 'us2'), ('us2', 'fa1', 'us1');
INSERT INTO media_items (id, tmdb_id, tmdb_type, title, genres)
    VALUES ('mi1', 1396, 'tv', 'One', '{Drama}'), ('mi2', 1396, 'movie', 'Two', '{}');
INSERT INTO streaming_providers (id, media_item_id, provider) VALUES ('sp1', 'mi1', 'Some');
INSERT INTO watchlist_entries (id, user_id, media_item_id, rating)
    VALUES ('we1', 'us1', 'mi1', 10), ('we2', 'us2', 'mi1', NULL);
INSERT INTO recommendations (id, media_item_id, from_user_id, to_user_id)
    VALUES ('re1', 'mi2', 'us1', 'us2'), ('re2', 'mi2', 'us2', 'us1');
INSERT INTO idempotency_records (user_id, operation, key, fingerprint, claim, response)
    VALUES ('us1', 'createFamily', 'k1', 'h1', 'c1', '{}');
INSERT INTO persisted_documents (digest, document, used_at)
    VALUES (repeat('0', 64), '{ viewer { email } }', now());
"""


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[AsyncConnection]:
    engine = single_use_engine(url, "infocus-test", **options)
    async with engine.connect() as connection:
        yield connection


async def run(url: str, sql: str) -> None:
    async with connected(url) as connection:
        for statement in filter(str.strip, sql.split(";")):
            await connection.execute(text(statement))
        await connection.commit()
