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
INSERT INTO user_settings (user_id, region, language, time_zone) VALUES ('us1', 'DE', 'de', 'Europe/Berlin');
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
INSERT INTO collections (id, tmdb_id, name) VALUES ('co1', 10, 'Trilogy');
INSERT INTO media_translations (media_item_id, language, country, title) VALUES ('mi1', 'de', 'DE', 'Eins');
INSERT INTO media_certifications (media_item_id, country, label, minimum_age) VALUES ('mi1', 'DE', '16', 16);
INSERT INTO media_videos (id, media_item_id, site, key, name, position)
    VALUES ('mv1', 'mi1', 'YouTube', 'k1', 'Trailer', 0);
INSERT INTO similar_titles (media_item_id, tmdb_type, tmdb_id, position) VALUES ('mi1', 'movie', 1396, 0);
INSERT INTO genres (id, tmdb_id, name) VALUES ('ge1', 1, 'Sample');
INSERT INTO genre_names (genre_id, language, name) SELECT id, 'de', name FROM genres WHERE tmdb_id = 18;
INSERT INTO seasons (id, media_item_id, tmdb_id, number) VALUES ('sn1', 'mi1', 1, 1);
INSERT INTO episodes (id, media_item_id, season_id, tmdb_id, number) VALUES ('ep1', 'mi1', 'sn1', 1, 1);
INSERT INTO people (id, tmdb_id, name) VALUES ('pe1', 1, 'Someone');
INSERT INTO credits (id, media_item_id, person_id, tmdb_credit_id, kind, position)
    VALUES ('cr1', 'mi1', 'pe1', 'c1', 'cast', 0);
INSERT INTO streaming_services (id, slug, name) VALUES ('ss1', 'some', 'Some');
INSERT INTO user_services (user_id, streaming_service_id) VALUES ('us1', 'ss1');
INSERT INTO tmdb_providers (tmdb_id, streaming_service_id, name) VALUES (8, 'ss1', 'Some');
INSERT INTO offer_events (media_item_id, streaming_service_id, offer_type, country, kind)
    VALUES ('mi1', 'ss1', 'subscription', 'DE', 'arrived');
INSERT INTO title_fetches (tmdb_type, tmdb_id, refresh_at) VALUES ('tv', 1396, now());
INSERT INTO catalogue_syncs (name, synced_at) VALUES ('lists', now());
INSERT INTO streaming_providers (id, media_item_id, provider) VALUES ('sp1', 'mi1', 'Some');
INSERT INTO watchlist_entries (id, user_id, media_item_id, rating)
    VALUES ('we1', 'us1', 'mi1', 10), ('we2', 'us2', 'mi1', NULL);
INSERT INTO watch_events (id, user_id, entry_id, episode_id, watched_at, precision)
    VALUES ('wa1', 'us1', 'we1', 'ep1', now(), 'instant'), ('wa2', 'us2', 'we2', 'ep1', NULL, 'unknown');
INSERT INTO recommendations (id, media_item_id, from_user_id, to_user_id)
    VALUES ('re1', 'mi2', 'us1', 'us2'), ('re2', 'mi2', 'us2', 'us1');
INSERT INTO notifications (id, user_id, kind, merge_key, actor_id, subject_id)
    VALUES ('no1', 'us1', 'recommendation_received', 'recommendation:re2', 'us2', 're2'),
    ('no2', 'us2', 'recommendation_received', 'recommendation:re1', 'us1', 're1');
INSERT INTO notification_preferences (user_id, kind, in_app, email)
    VALUES ('us1', 'new_season', true, 'off');
INSERT INTO notification_schedules (user_id, quiet_from, quiet_until) VALUES ('us1', '22:00', '07:00');
INSERT INTO notification_deliveries (id, user_id, notification_id, channel, due_at)
    VALUES ('nd1', 'us1', 'no1', 'email', now());
INSERT INTO idempotency_records (user_id, operation, key, fingerprint, claim, response)
    VALUES ('us1', 'createFamily', 'k1', 'h1', 'c1', '{}');
INSERT INTO persisted_documents (digest, document, used_at)
    VALUES (repeat('0', 64), '{ viewer { email } }', now());
SELECT relay_events(1000);
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
