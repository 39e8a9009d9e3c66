"""Job registry: every job type, its handler, and the cron schedules."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from infocus_graphql.db import engines
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.audit.jobs import purge_audit_events
from infocus_graphql.domains.catalogue.jobs import SCHEDULES as CATALOGUE_SCHEDULES
from infocus_graphql.domains.catalogue.jobs import catalogue_handlers
from infocus_graphql.domains.deliveries.jobs import MailUrls, delivery_handler, send_digests
from infocus_graphql.domains.deliveries.planning import DELIVER, plan_deliveries
from infocus_graphql.domains.events.jobs import maintain_event_partitions
from infocus_graphql.domains.families.jobs import purge_invitations
from infocus_graphql.domains.idempotency.jobs import purge_idempotency_records
from infocus_graphql.domains.identity.api_tokens.jobs import purge_api_tokens
from infocus_graphql.domains.identity.passkeys.jobs import purge_challenges
from infocus_graphql.domains.identity.sessions.jobs import (
    purge_refresh_tokens,
    purge_revoked_sessions,
    purge_sessions,
)
from infocus_graphql.domains.notifications.consuming import NotificationConsumer
from infocus_graphql.domains.notifications.jobs import notify_of_episodes, purge_notifications
from infocus_graphql.domains.persisted_documents.jobs import purge_persisted_documents
from infocus_graphql.domains.privacy.jobs import deletion_handler, export_handler, purge_exports
from infocus_graphql.domains.privacy.writes.erasure import DELETE_ACCOUNT, enqueue_due_deletions
from infocus_graphql.domains.privacy.writes.exports import MAKE_EXPORT
from infocus_graphql.domains.registration.jobs import (
    confirmation_mail_handler,
    purge_email_tokens,
    reset_mail_handler,
)
from infocus_graphql.domains.registration.writes.passwords import MAIL_RESET
from infocus_graphql.domains.registration.writes.tokens import MAIL_CONFIRMATION
from infocus_graphql.jobs.job_types import Handler, JobData, JobType, Schedule
from infocus_graphql.jobs.queue import purge_dead_jobs, purge_job_log
from infocus_graphql.jobs.worker import Connect, Worker, WorkerTiming
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import SEND_MAIL, mail_handler
from infocus_graphql.mail.transport import Transport, transport_of
from infocus_graphql.rate_limiting.postgres_store import purge_rates
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.client import TmdbClient

# Purges delete in batches, each in its own transaction, so an interrupted job keeps the batches it finished.
PURGE_SESSIONS: Final = JobType("purge_sessions", attempts=3, timeout=timedelta(minutes=10))
PURGE_INVITATIONS: Final = JobType("purge_invitations", attempts=3, timeout=timedelta(minutes=10))
PURGE_EMAIL_TOKENS: Final = JobType("purge_email_tokens", attempts=3, timeout=timedelta(minutes=10))
PURGE_API_TOKENS: Final = JobType("purge_api_tokens", attempts=3, timeout=timedelta(minutes=10))
PURGE_REQUESTS: Final = JobType("purge_requests", attempts=3, timeout=timedelta(minutes=10))
PURGE_EXPORTS: Final = JobType("purge_exports", attempts=3, timeout=timedelta(minutes=10))
PURGE_AUDIT: Final = JobType("purge_audit", attempts=3, timeout=timedelta(minutes=10))
MAINTAIN_EVENTS: Final = JobType("maintain_events", attempts=3, timeout=timedelta(minutes=5))
NOTIFY_OF_EPISODES: Final = JobType("notify_of_episodes", attempts=3, timeout=timedelta(minutes=10))
SEND_DIGESTS: Final = JobType("send_digests", attempts=3, timeout=timedelta(minutes=10))
PURGE_NOTIFICATIONS: Final = JobType("purge_notifications", attempts=3, timeout=timedelta(minutes=10))
PURGE_RATES: Final = JobType("purge_rates", attempts=3, timeout=timedelta(minutes=1))
PURGE_JOBS: Final = JobType("purge_jobs", attempts=3, timeout=timedelta(minutes=10))
DELETE_ACCOUNTS: Final = JobType("delete_accounts", attempts=3, timeout=timedelta(minutes=1))

SCHEDULES: Final[Sequence[Schedule]] = (
    Schedule(PURGE_SESSIONS, "7 * * * *"),
    Schedule(PURGE_INVITATIONS, "17 3 * * *"),
    Schedule(PURGE_EMAIL_TOKENS, "37 * * * *"),
    Schedule(PURGE_API_TOKENS, "12 4 * * *"),
    Schedule(PURGE_REQUESTS, "52 * * * *"),
    Schedule(PURGE_EXPORTS, "2 * * * *"),
    Schedule(PURGE_AUDIT, "57 3 * * *"),
    Schedule(MAINTAIN_EVENTS, "22 */6 * * *"),
    Schedule(NOTIFY_OF_EPISODES, "32 * * * *"),
    Schedule(SEND_DIGESTS, "*/5 * * * *"),
    Schedule(PURGE_NOTIFICATIONS, "42 4 * * *"),
    Schedule(PURGE_RATES, "47 * * * *"),
    Schedule(PURGE_JOBS, "27 * * * *"),
    Schedule(DELETE_ACCOUNTS, "*/10 * * * *"),
    *CATALOGUE_SCHEDULES,
)


def handlers(
    settings: Settings, database: Database, transport: Transport, tmdb: TmdbClient | None = None
) -> Mapping[JobType, Handler]:
    """The handler of each job type. `tmdb` is None if no key is configured."""
    links = Links.of(settings)
    days = {
        name: timedelta(days=getattr(settings, f"keep_{name}_days"))
        for name in (
            "sessions",
            "refresh_tokens",
            "api_tokens",
            "invitations",
            "audit",
            "events",
            "notifications",
            "documents",
            "dead_jobs",
            "job_log",
        )
    }
    exports = timedelta(days=settings.data_export_days)
    urls = MailUrls.of(settings)
    return {
        SEND_MAIL: mail_handler(transport),
        MAIL_CONFIRMATION: confirmation_mail_handler(database, links),
        MAIL_RESET: reset_mail_handler(database, links),
        PURGE_SESSIONS: _all_batches(
            database,
            partial(purge_sessions, keep=days["sessions"]),
            partial(purge_refresh_tokens, keep=days["refresh_tokens"]),
            purge_revoked_sessions,
            purge_challenges,
        ),
        PURGE_INVITATIONS: _all_batches(database, partial(purge_invitations, keep=days["invitations"])),
        MAKE_EXPORT: export_handler(database, keep=exports),
        DELETE_ACCOUNTS: _all_batches(database, enqueue_due_deletions),
        DELETE_ACCOUNT: deletion_handler(database),
        PURGE_EMAIL_TOKENS: _all_batches(
            database,
            partial(purge_email_tokens, keep=timedelta(hours=settings.keep_email_tokens_hours)),
        ),
        PURGE_API_TOKENS: _all_batches(database, partial(purge_api_tokens, keep=days["api_tokens"])),
        PURGE_REQUESTS: _all_batches(
            database,
            partial(purge_idempotency_records, keep=timedelta(hours=settings.idempotency_retention_hours)),
            partial(purge_persisted_documents, keep=days["documents"]),
        ),
        PURGE_EXPORTS: _all_batches(database, partial(purge_exports, keep=exports)),
        PURGE_AUDIT: _all_batches(database, partial(purge_audit_events, keep=days["audit"])),
        MAINTAIN_EVENTS: _all_batches(database, partial(maintain_event_partitions, keep=days["events"])),
        NOTIFY_OF_EPISODES: _all_batches(database, partial(notify_of_episodes, deliver=plan_deliveries)),
        DELIVER: delivery_handler(database, urls),
        SEND_DIGESTS: _all_batches(database, partial(send_digests, urls=urls)),
        PURGE_NOTIFICATIONS: _all_batches(database, partial(purge_notifications, keep=days["notifications"])),
        PURGE_RATES: _all_batches(database, purge_rates),
        PURGE_JOBS: _all_batches(
            database,
            partial(purge_dead_jobs, age=days["dead_jobs"]),
            partial(purge_job_log, age=days["job_log"]),
        ),
        **catalogue_handlers(database, tmdb),
    }


def make_worker(
    settings: Settings, database: Database, url: str, grace: timedelta, tmdb: TmdbClient | None
) -> Worker:
    """A worker for all job types on the database at `url`; opens no connection yet."""
    return Worker(
        database,
        connector(url, settings),
        handlers(settings, database, transport_of(settings), tmdb),
        SCHEDULES,
        WorkerTiming(grace=grace),
        (NotificationConsumer(database, plan_deliveries),),
    )


def connector(url: str, settings: Settings) -> Connect:
    """A factory of the connection on which a worker dequeues jobs and listens for new ones."""
    return engines.connector(url, settings, "infocus-worker")


def _all_batches(database: Database, *purges: Callable[[UnitOfWork], Awaitable[bool]]) -> Handler:
    """A handler that runs each purge in one transaction per batch until it returns False (nothing left)."""

    async def run(_: JobData) -> None:
        for purge in purges:
            while await database.transaction(purge):
                pass

    return run
