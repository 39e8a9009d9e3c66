"""The scheduled jobs purge rows after their retention period, and nothing else."""

from datetime import timedelta

import pytest

from infocus_graphql import background
from infocus_graphql.db.database import Database
from infocus_graphql.domains.identity.sessions.jobs import purge_sessions
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.mail.transport import NoTransport
from infocus_graphql.settings import Settings
from tests.sample_rows import ROWS, run

from .conftest import rows

MORE = """
INSERT INTO sessions (id, user_id, token_hash, expires_at, revoked_at) VALUES
    ('se2', 'us1', 'h2', now() - interval '31 days', NULL),
    ('se3', 'us1', 'h3', now() + interval '9 days', now() - interval '31 days'),
    ('se4', 'us1', 'h4', now() - interval '29 days', NULL),
    ('se5', 'us1', 'h5', now() + interval '9 days', now() - interval '29 days');
INSERT INTO refresh_tokens (id, user_id, session_id, token_hash, expires_at, replaced_by_id) VALUES
    ('rt3', 'us1', 'se5', 'h3', now() - interval '6 days', NULL),
    ('rt2', 'us1', 'se5', 'h2', now() - interval '8 days', 'rt3'),
    ('rt4', 'us1', 'se2', 'h4', now() + interval '8 days', NULL);
INSERT INTO family_invitations (id, family_id, email, token_hash, status, expires_at) VALUES
    ('fi2', 'fa1', 'd@x.org', 'h2', 'pending', now() - interval '366 days'),
    ('fi3', 'fa1', 'd@x.org', 'h3', 'accepted', now() - interval '366 days'),
    ('fi4', 'fa1', 'd@x.org', 'h4', 'declined', now() - interval '364 days');
INSERT INTO email_tokens (id, purpose, email, user_id, password_hash, expires_at, used_at) VALUES
    ('et2', 'registration', 'd@x.org', NULL, 'h', now() - interval '61 minutes', NULL),
    ('et3', 'password_reset', 'a@x.org', 'us1', NULL, now() - interval '61 minutes', now()),
    ('et4', 'registration', 'd@x.org', NULL, 'h', now() + interval '1 minute', now());
INSERT INTO api_tokens (id, user_id, name, token_hash, scopes, expires_at) VALUES
    ('at2', 'us1', 'Old', 'h2', '{read}', now() - interval '31 days'),
    ('at3', 'us1', 'Over', 'h3', '{read}', now() - interval '29 days');
INSERT INTO idempotency_records (user_id, operation, key, fingerprint, claim, created_at) VALUES
    ('us1', 'createFamily', 'k2', 'h', 'c', now() - interval '170 hours'),
    ('us1', 'createFamily', 'k3', 'h', 'c', now() - interval '168 hours');
INSERT INTO persisted_documents (digest, document, used_at) VALUES
    ('old', '{ a }', now() - interval '91 days'), ('used', '{ b }', now() - interval '89 days');
INSERT INTO data_exports (id, user_id, status, created_at, expires_at) VALUES
    ('dx2', 'us1', 'succeeded', now() - interval '8 days', now() - interval '1 second'),
    ('dx3', 'us1', 'succeeded', now() - interval '8 days', now() + interval '1 hour'),
    ('dx4', 'us1', 'failed', now() - interval '8 days', NULL),
    ('dx5', 'us1', 'queued', now() - interval '6 days', NULL);
"""


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (
            background.PURGE_SESSIONS,
            {
                "sessions": ["se1", "se4", "se5"],
                "refresh_tokens": ["rt1", "rt3"],
                "family_invitations": ["fi1", "fi2", "fi3", "fi4"],
            },
        ),
        (
            background.PURGE_INVITATIONS,
            {
                "sessions": ["se1", "se2", "se3", "se4", "se5"],
                "refresh_tokens": ["rt1", "rt2", "rt3", "rt4"],
                "family_invitations": ["fi1", "fi4"],
            },
        ),
        (background.PURGE_API_TOKENS, {"api_tokens": ["at1", "at3"]}),
        (background.PURGE_EXPORTS, {"data_exports": ["dx1", "dx3", "dx5"]}),
        (background.PURGE_EMAIL_TOKENS, {"email_tokens": ["et1", "et4"], "users": ["us1", "us2"]}),
    ],
    ids=lambda each: each.name if isinstance(each, JobType) else "",
)
async def test_rows_are_purged_after_their_retention_period(
    database: Database, database_url: str, settings: Settings, kind: JobType, left: dict[str, list[str]]
) -> None:
    await run(database_url, ROWS + MORE)
    work = background.handlers(settings, database, NoTransport())[kind]
    for _ in range(2):  # running it again has no effect
        await work({})
        for table, ids in left.items():
            assert await rows(database, f"SELECT id FROM {table} ORDER BY id") == [(each,) for each in ids]


async def test_old_idempotency_records_and_unused_documents_are_purged(
    database: Database, database_url: str, settings: Settings
) -> None:
    await run(database_url, ROWS + MORE)
    work = background.handlers(settings, database, NoTransport())[background.PURGE_REQUESTS]
    for _ in range(2):
        await work({})
        assert await rows(database, "SELECT key FROM idempotency_records ORDER BY key") == [("k1",), ("k3",)]
        assert await rows(database, "SELECT digest FROM persisted_documents ORDER BY digest") == [
            ("0" * 64,),
            ("used",),
        ]


async def test_many_rows_are_purged_in_batches(database: Database, database_url: str) -> None:
    many = (
        "INSERT INTO sessions (id, user_id, token_hash, expires_at) "
        "SELECT 'se' || n, 'us1', 'h' || n, '2020-01-01' FROM generate_series(2, 1500) AS n"
    )
    await run(database_url, ROWS + many)
    keep = timedelta(days=1)
    assert await database.transaction(purge_sessions, keep=keep)
    assert await rows(database, "SELECT count(*) FROM sessions") == [(500,)]
    assert not await database.transaction(purge_sessions, keep=keep)
    assert await rows(database, "SELECT count(*) FROM sessions") == [(1,)]


async def test_old_jobs_and_their_log_are_purged(database: Database, settings: Settings) -> None:
    await rows(
        database,
        "INSERT INTO pgqueuer (priority, status, entrypoint, updated) VALUES "
        "(0, 'failed', 'trial', now() - interval '31 days'), "
        "(0, 'failed', 'trial', now() - interval '29 days'), "
        "(0, 'queued', 'trial', now() - interval '31 days')",
    )
    await rows(
        database,
        "INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, created) VALUES "
        "(1, 'failed', 'trial', 0, now() - interval '8 days'), (2, 'failed', 'trial', 0, now())",
    )
    await background.handlers(settings, database, NoTransport())[background.PURGE_JOBS]({})
    assert await rows(database, "SELECT id FROM pgqueuer ORDER BY id") == [(2,), (3,)]
    assert await rows(database, "SELECT job_id FROM pgqueuer_log") == [(2,)]


def test_every_schedule_has_a_handler(settings: Settings) -> None:
    kinds = set(background.handlers(settings, None, NoTransport()))  # type: ignore[arg-type]  # not used
    assert {each.kind for each in background.SCHEDULES} <= kinds
    assert len({each.name for each in kinds}) == len(kinds)
