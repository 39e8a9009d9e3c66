"""The constraints of the tables, tested with raw SQL."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import ARRAY, Enum, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db import migrations
from infocus_graphql.tables import metadata
from tests.sample_rows import ROWS, connected, run

TOUCHED = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if column.info.get("touched")
]


def set_to(table: str, column: str, value: str) -> str:
    return f"UPDATE {table} SET {column} = {value} WHERE id LIKE '%1'"


def again(table: str, **changes: str) -> str:
    """Returns an INSERT of a copy of the table's first row, with some columns changed."""
    names = [column.name for column in metadata.tables[table].columns if column.computed is None]
    values = {name: name for name in names} | {"id": "'new'"} | changes
    return (
        f"INSERT INTO {table} ({', '.join(names)}) "
        f"SELECT {', '.join(values[name] for name in names)} FROM {table} WHERE id LIKE '%1'"
    )


LONG = "repeat('x', {})"
REFUSED = {
    "uq_users_email": again("users"),
    "ck_users_email_lower_case": again("users", email="'New@x.org'"),
    "uq_profiles_user_id": again("profiles"),
    "uq_sessions_token_hash": again("sessions"),
    "uq_second_factors_user_id": again("second_factors", totp_secret="'T'"),
    "uq_backup_codes_code_hash": again("backup_codes"),
    "uq_passkeys_credential_id": again("passkeys"),
    "uq_passkey_challenges_challenge_hash": again("passkey_challenges"),
    "uq_api_tokens_token_hash": again("api_tokens"),
    "uq_refresh_tokens_token_hash": again("refresh_tokens"),
    "uq_family_memberships_user_id_family_id": again("family_memberships", role="'admin'"),
    "uq_family_memberships_owner": "UPDATE family_memberships SET role = 'owner'",
    "uq_family_invitations_token_hash": again("family_invitations", email="'d@x.org'"),
    "uq_family_invitations_mail_token_hash": again(
        "family_invitations", email="'d@x.org'", token_hash="'h2'"
    ),
    "uq_family_invitations_pending": again("family_invitations", token_hash="'h2'", mail_token_hash="'m2'"),
    "uq_email_tokens_token_hash": again("email_tokens"),
    "uq_media_items_tmdb_type_tmdb_id": again("media_items"),
    "uq_streaming_providers_media_item_id_provider_offer_type": again("streaming_providers"),
    "uq_watchlist_entries_user_id_media_item_id": again("watchlist_entries"),
    "ck_watchlist_entries_rewatch_count_not_negative": set_to("watchlist_entries", "rewatch_count", "-1"),
    "ck_watch_events_watched_at_unless_unknown": set_to("watch_events", "precision", "'unknown'"),
    "ck_watch_events_rewatch_not_negative": set_to("watch_events", "rewatch", "-1"),
    "ck_watch_events_source_length": set_to("watch_events", "source", LONG.format(51)),
    "ck_watch_events_note_length": set_to("watch_events", "note", LONG.format(2001)),
    "uq_recommendations_pending": again("recommendations"),
    "uq_data_exports_pending": "INSERT INTO data_exports (id, user_id) VALUES ('dx8', 'us1'), ('dx9', 'us1')",
    "ck_data_export_parts_content_size": (
        "UPDATE data_export_parts SET content = convert_to(repeat('x', 262145), 'UTF8')"
    ),
    "ck_users_email_length": set_to("users", "email", "'a@'"),
    "ck_audit_events_device_length": again("audit_events", device=LONG.format(201)),
    "ck_users_name_length": set_to("users", "name", "''"),
    "ck_email_tokens_email_length": set_to("email_tokens", "email", "'a@'"),
    "ck_email_tokens_account": set_to("email_tokens", "purpose", "'registration'"),
    "ck_passkeys_name_length": set_to("passkeys", "name", "''"),
    "ck_passkeys_credential_id_length": set_to("passkeys", "credential_id", LONG.format(1365)),
    "ck_passkeys_public_key_length": set_to("passkeys", "public_key", LONG.format(1025)),
    "ck_api_tokens_name_length": set_to("api_tokens", "name", LONG.format(101)),
    "ck_api_tokens_some_scope": set_to("api_tokens", "scopes", "'{}'"),
    "ck_profiles_bio_length": set_to("profiles", "bio", LONG.format(2001)),
    "ck_profiles_avatar_length": set_to("profiles", "avatar", LONG.format(2049)),
    "ck_user_settings_region_code": "UPDATE user_settings SET region = 'de'",
    "ck_user_settings_language_tag": "UPDATE user_settings SET language = 'de_AT'",
    "uq_notifications_user_id_merge_key": again("notifications"),
    "ck_notification_schedules_quiet_hours": "UPDATE notification_schedules SET quiet_from = NULL",
    "ck_notifications_count_positive": set_to("notifications", "count", "0"),
    "ck_user_settings_time_zone_length": "UPDATE user_settings SET time_zone = ''",
    "ck_sessions_device_length": set_to("sessions", "device", LONG.format(201)),
    "ck_families_name_length": set_to("families", "name", LONG.format(101)),
    "ck_family_invitations_email_length": set_to("family_invitations", "email", LONG.format(255)),
    "ck_media_items_tmdb_id_positive": set_to("media_items", "tmdb_id", "0"),
    "ck_media_items_rating_range": set_to("media_items", "rating", "10.1"),
    "ck_media_items_title_length": set_to("media_items", "title", "''"),
    "ck_media_items_description_length": set_to("media_items", "description", LONG.format(10_001)),
    "ck_media_items_original_title_length": set_to("media_items", "original_title", LONG.format(501)),
    "ck_media_items_runtime_minutes_positive": set_to("media_items", "runtime_minutes", "0"),
    "ck_media_items_tagline_length": set_to("media_items", "tagline", LONG.format(501)),
    "ck_media_items_vote_count_not_negative": set_to("media_items", "vote_count", "-1"),
    "ck_title_fetches_failures_not_negative": "UPDATE title_fetches SET failures = -1",
    "ck_title_fetches_tmdb_id_positive": "UPDATE title_fetches SET tmdb_id = 0",
    "ck_media_translations_description_length": (
        "UPDATE media_translations SET description = repeat('x', 10001)"
    ),
    "ck_media_translations_tagline_length": "UPDATE media_translations SET tagline = repeat('x', 501)",
    "ck_media_translations_title_length": "UPDATE media_translations SET title = repeat('x', 501)",
    "ck_media_certifications_label_length": "UPDATE media_certifications SET label = repeat('x', 21)",
    "ck_media_certifications_minimum_age_range": "UPDATE media_certifications SET minimum_age = 22",
    "ck_media_videos_key_length": set_to("media_videos", "key", LONG.format(201)),
    "ck_media_videos_name_length": set_to("media_videos", "name", LONG.format(301)),
    "ck_media_videos_site_length": set_to("media_videos", "site", LONG.format(301)),
    "uq_media_videos_media_item_id_site_key": again("media_videos"),
    "ck_collections_name_length": set_to("collections", "name", LONG.format(301)),
    "uq_collections_tmdb_id": again("collections"),
    "ck_genres_name_length": set_to("genres", "name", LONG.format(301)),
    "uq_genres_name": again("genres", tmdb_id="99"),
    "uq_genres_tmdb_id": again("genres", name="'new'"),
    "ck_genre_names_name_length": "UPDATE genre_names SET name = repeat('x', 301)",
    "ck_people_name_length": set_to("people", "name", LONG.format(301)),
    "uq_people_tmdb_id": again("people"),
    "ck_credits_character_length": set_to("credits", "character", LONG.format(501)),
    "ck_credits_job_length": set_to("credits", "job", LONG.format(501)),
    "ck_credits_position_not_negative": set_to("credits", "position", "-1"),
    "uq_credits_media_item_id_tmdb_credit_id": again("credits"),
    "ck_seasons_description_length": set_to("seasons", "description", LONG.format(10_001)),
    "ck_seasons_episode_count_not_negative": set_to("seasons", "episode_count", "-1"),
    "ck_seasons_number_not_negative": set_to("seasons", "number", "-1"),
    "ck_seasons_title_length": set_to("seasons", "title", LONG.format(501)),
    "uq_seasons_tmdb_id": again("seasons"),
    "ck_episodes_description_length": set_to("episodes", "description", LONG.format(10_001)),
    "ck_episodes_number_not_negative": set_to("episodes", "number", "-1"),
    "ck_episodes_rating_range": set_to("episodes", "rating", "0"),
    "ck_episodes_runtime_minutes_positive": set_to("episodes", "runtime_minutes", "0"),
    "ck_episodes_title_length": set_to("episodes", "title", LONG.format(501)),
    "ck_episodes_vote_count_not_negative": set_to("episodes", "vote_count", "-1"),
    "uq_episodes_tmdb_id": again("episodes"),
    "ck_streaming_services_name_length": set_to("streaming_services", "name", LONG.format(101)),
    "ck_streaming_services_slug_length": set_to("streaming_services", "slug", LONG.format(101)),
    "uq_streaming_services_slug": again("streaming_services"),
    "ck_tmdb_providers_name_length": "UPDATE tmdb_providers SET name = repeat('x', 101)",
    "ck_streaming_providers_provider_length": set_to("streaming_providers", "provider", "''"),
    "ck_streaming_providers_regions_upper_case": set_to("streaming_providers", "regions", "'{DE,at}'"),
    "ck_streaming_providers_url_length": set_to("streaming_providers", "url", LONG.format(2049)),
    "ck_watchlist_entries_rating_range": set_to("watchlist_entries", "rating", "0"),
    "ck_watchlist_entries_notes_length": set_to("watchlist_entries", "notes", LONG.format(2001)),
    "ck_recommendations_not_to_oneself": set_to("recommendations", "to_user_id", "from_user_id"),
    "ck_recommendations_message_length": set_to("recommendations", "message", LONG.format(1001)),
    # Titles on a watchlist or in a recommendation can't be deleted.
    "fk_watchlist_entries_media_item_id": "DELETE FROM media_items WHERE id = 'mi1'",
    "fk_recommendations_media_item_id": "DELETE FROM media_items WHERE id = 'mi2'",
}
# Rows of the catalogue, which belong to no user.
CATALOGUE = {
    "genres": 28,  # 27 of the migration
    "media_search_terms": 2,
    "search_words": 3,
    **dict.fromkeys(
        (
            *("collections", "media_translations", "media_certifications", "media_videos", "similar_titles"),
            *("genre_names", "seasons", "episodes", "people", "credits", "streaming_services"),
            *("tmdb_providers", "offer_events", "title_fetches", "catalogue_syncs"),
        ),
        1,
    ),
}
ALLOWED = [
    set_to("media_items", "rating", "0.5"),
    set_to("watchlist_entries", "rating", "NULL"),
    again("media_items", tmdb_id="1397"),
    again("streaming_providers", offer_type="'rent'"),
    again("family_invitations", token_hash="'h2'", mail_token_hash="NULL", status="'declined'"),
    again("email_tokens", token_hash="NULL"),
    again("recommendations", status="'rejected'"),
    "UPDATE family_memberships SET role = CASE user_id WHEN 'us2' THEN 'admin' ELSE role END",
]


@pytest_asyncio.fixture(scope="session")
async def filled(server: Any) -> AsyncIterator[str]:
    """The URL of a database with rows in all tables, for tests that roll back."""
    url = await server.create_database()
    await migrations.upgrade(url)
    await run(url, ROWS)
    yield url
    await server.drop_database(url)


@pytest_asyncio.fixture
async def connection(filled: str) -> AsyncIterator[AsyncConnection]:
    """A connection to the filled database, rolled back at the end."""
    async with connected(filled) as connection:
        yield connection


@pytest.mark.parametrize(("table", "column"), TOUCHED)
async def test_each_update_changes_updated_at(filled: str, table: str, column: str) -> None:
    creation = "date_added" if column == "date_updated" else "created_at"
    read = text(f"SELECT min({column}) FROM {table} WHERE id LIKE '%1'")
    trigger = text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = :name")
    async with connected(filled, isolation_level="AUTOCOMMIT") as connection:
        assert table in set(await connection.scalars(trigger, {"name": f"touch_{column}"}))
        before = await connection.scalar(read)
        await connection.execute(text(set_to(table, "id", "id")))
        assert await connection.scalar(read) == before, "an UPDATE that changes nothing is no change"
        await connection.execute(text(set_to(table, creation, f"{creation} - interval '1 day'")))
        after = await connection.scalar(read)
        assert after > before
        await connection.execute(text(set_to(table, column, "'2000-01-01'")))
        assert await connection.scalar(read) > after, "updated_at can not be set"


def test_every_constraint_of_the_models_is_tested() -> None:
    rules = [rule.name for table in metadata.tables.values() for rule in table.constraints]
    rules += [index.name for table in metadata.tables.values() for index in table.indexes]
    kept = {str(name) for name in rules if str(name).startswith(("uq_", "ck_"))}
    assert kept == {name for name in REFUSED if not name.startswith("fk_")}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_violated_constraint_is_an_error(connection: AsyncConnection, name: str) -> None:
    with pytest.raises(IntegrityError, match=f'"{name}"'):
        await connection.execute(text(REFUSED[name]))


@pytest.mark.parametrize(
    ("table", "name"),
    [("seasons", "ex_seasons_media_item_id_number"), ("episodes", "ex_episodes_season_id_number")],
)
async def test_numbers_are_unique_at_commit_among_what_tmdb_lists(
    connection: AsyncConnection, table: str, name: str
) -> None:
    await connection.execute(text(again(table, tmdb_id="99", removed_at="now()")))
    await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    await connection.execute(text(f"UPDATE {table} SET removed_at = NULL"))
    with pytest.raises(IntegrityError, match=f'"{name}"'):
        await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize("statement", ALLOWED)
async def test_permitted_statements_succeed(connection: AsyncConnection, statement: str) -> None:
    assert (await connection.execute(text(statement))).rowcount > 0


async def test_deleting_a_user_deletes_their_rows(connection: AsyncConnection) -> None:
    references = [
        key.parent
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "users"
    ]
    counts = {table.name: text(f"SELECT count(*) FROM {table}") for table in metadata.sorted_tables}
    theirs = [text(f"SELECT count(*) FROM {c.table} WHERE {c.name} = 'us1'") for c in references]
    assert all([await connection.scalar(count) for count in theirs])
    await connection.execute(text("DELETE FROM users WHERE id = 'us1'"))
    assert not any([await connection.scalar(count) for count in theirs])
    left = {name: await connection.scalar(count) for name, count in counts.items()}
    assert left == {
        # Audit events are kept, with ids that no longer exist.
        "audit_events": 1,
        "rate_states": 1,
        "spellings": 28,
        **CATALOGUE,
        "users": 1,
        "profiles": 1,
        "user_settings": 0,
        "user_services": 0,
        "notifications": 0,
        "notification_position": 1,
        "notification_preferences": 0,
        "notification_schedules": 0,
        "notification_deliveries": 0,
        "sessions": 0,
        "revoked_sessions": 0,
        "email_tokens": 0,
        "api_tokens": 0,
        "second_factors": 0,
        "backup_codes": 0,
        "passkeys": 0,
        "passkey_challenges": 0,
        "data_exports": 0,
        "data_export_parts": 0,
        "account_deletions": 1,
        "family_successions": 1,
        "refresh_tokens": 0,
        "families": 1,
        "family_memberships": 1,
        "family_invitations": 1,
        "media_items": 2,
        "streaming_providers": 1,
        "watchlist_entries": 1,
        "watch_events": 1,
        "recommendations": 0,
        "persisted_documents": 1,
        "idempotency_records": 0,
        # Events are kept as long as clients may ask for them; they have ids only.
        "event_outbox": left["event_outbox"],
        "events": left["events"],
    }


def test_enums_are_stored_as_their_names_in_lower_case() -> None:
    kinds = [
        column.type.item_type if isinstance(column.type, ARRAY) else column.type
        for table in metadata.sorted_tables
        for column in table.columns
    ]
    enums = {kind.enum_class for kind in kinds if isinstance(kind, Enum) and kind.enum_class is not None}
    assert len(enums) > 10
    # Plans derive GraphQL names from the stored values.
    other = [each for enum in enums for each in enum if each.value != each.name.lower()]
    assert other == []
