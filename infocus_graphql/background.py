"""Contents page of the background: every kind of job, who does it, and what comes round by itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from infocus_graphql.db import engines
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.audit.jobs import forget_audit
from infocus_graphql.domains.families.jobs import forget_invitations
from infocus_graphql.domains.identity.api_tokens.jobs import forget_api_tokens
from infocus_graphql.domains.identity.passkeys.jobs import forget_challenges
from infocus_graphql.domains.identity.sessions.jobs import (
    forget_ended,
    forget_refresh_tokens,
    forget_sessions,
)
from infocus_graphql.domains.privacy.jobs import deleting, exporting, forget_exports
from infocus_graphql.domains.privacy.writes.erasure import DELETE_ACCOUNT, put_in_due
from infocus_graphql.domains.privacy.writes.exports import MAKE_EXPORT
from infocus_graphql.domains.registration.jobs import confirming, forget_email_tokens, resetting
from infocus_graphql.domains.registration.writes.passwords import MAIL_RESET
from infocus_graphql.domains.registration.writes.tokens import MAIL_CONFIRMATION
from infocus_graphql.domains.requests.jobs import forget_answers, forget_documents
from infocus_graphql.jobs.job_types import Handler, JobData, Kind, Schedule
from infocus_graphql.jobs.queue import forget_dead, forget_log
from infocus_graphql.jobs.worker import Connect, Pace, Worker
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import SEND_MAIL, sending
from infocus_graphql.mail.transport import Transport, transport_of
from infocus_graphql.rate_limiting.postgres_store import forget_rates
from infocus_graphql.settings import Settings

# A part at a time, each in a transaction of its own, so what an interrupted one has done stays done.
FORGET_SESSIONS: Final = Kind("forget_sessions", attempts=3, timeout=timedelta(minutes=10))
FORGET_INVITATIONS: Final = Kind("forget_invitations", attempts=3, timeout=timedelta(minutes=10))
FORGET_EMAIL_TOKENS: Final = Kind("forget_email_tokens", attempts=3, timeout=timedelta(minutes=10))
FORGET_API_TOKENS: Final = Kind("forget_api_tokens", attempts=3, timeout=timedelta(minutes=10))
FORGET_REQUESTS: Final = Kind("forget_requests", attempts=3, timeout=timedelta(minutes=10))
FORGET_EXPORTS: Final = Kind("forget_exports", attempts=3, timeout=timedelta(minutes=10))
FORGET_AUDIT: Final = Kind("forget_audit", attempts=3, timeout=timedelta(minutes=10))
FORGET_RATES: Final = Kind("forget_rates", attempts=3, timeout=timedelta(minutes=1))
FORGET_JOBS: Final = Kind("forget_jobs", attempts=3, timeout=timedelta(minutes=10))
DELETE_ACCOUNTS: Final = Kind("delete_accounts", attempts=3, timeout=timedelta(minutes=1))

SCHEDULES: Final[Sequence[Schedule]] = (
    Schedule(FORGET_SESSIONS, "7 * * * *"),
    Schedule(FORGET_INVITATIONS, "17 3 * * *"),
    Schedule(FORGET_EMAIL_TOKENS, "37 * * * *"),
    Schedule(FORGET_API_TOKENS, "12 4 * * *"),
    Schedule(FORGET_REQUESTS, "52 * * * *"),
    Schedule(FORGET_EXPORTS, "2 * * * *"),
    Schedule(FORGET_AUDIT, "57 3 * * *"),
    Schedule(FORGET_RATES, "47 * * * *"),
    Schedule(FORGET_JOBS, "27 * * * *"),
    Schedule(DELETE_ACCOUNTS, "*/10 * * * *"),
)


def handlers(settings: Settings, database: Database, transport: Transport) -> Mapping[Kind, Handler]:
    """Who does which kind of job."""
    links = Links.of(settings)
    days = {
        name: timedelta(days=getattr(settings, f"keep_{name}_days"))
        for name in (
            "sessions",
            "refresh_tokens",
            "api_tokens",
            "invitations",
            "audit",
            "documents",
            "dead_jobs",
            "job_log",
        )
    }
    exports = timedelta(days=settings.data_export_days)
    return {
        SEND_MAIL: sending(transport),
        MAIL_CONFIRMATION: confirming(database, links),
        MAIL_RESET: resetting(database, links),
        FORGET_SESSIONS: _all_parts(
            database,
            partial(forget_sessions, keep=days["sessions"]),
            partial(forget_refresh_tokens, keep=days["refresh_tokens"]),
            forget_ended,
            forget_challenges,
        ),
        FORGET_INVITATIONS: _all_parts(database, partial(forget_invitations, keep=days["invitations"])),
        MAKE_EXPORT: exporting(database, keep=exports),
        DELETE_ACCOUNTS: _all_parts(database, put_in_due),
        DELETE_ACCOUNT: deleting(database),
        FORGET_EMAIL_TOKENS: _all_parts(
            database,
            partial(forget_email_tokens, keep=timedelta(hours=settings.keep_email_tokens_hours)),
        ),
        FORGET_API_TOKENS: _all_parts(database, partial(forget_api_tokens, keep=days["api_tokens"])),
        FORGET_REQUESTS: _all_parts(
            database,
            partial(forget_answers, keep=timedelta(hours=settings.keep_answers_hours)),
            partial(forget_documents, keep=days["documents"]),
        ),
        FORGET_EXPORTS: _all_parts(database, partial(forget_exports, keep=exports)),
        FORGET_AUDIT: _all_parts(database, partial(forget_audit, keep=days["audit"])),
        FORGET_RATES: _all_parts(database, forget_rates),
        FORGET_JOBS: _all_parts(
            database,
            partial(forget_dead, age=days["dead_jobs"]),
            partial(forget_log, age=days["job_log"]),
        ),
    }


def make_worker(settings: Settings, database: Database, url: str, grace: timedelta) -> Worker:
    """A worker that does every kind of job on the database at `url`; connects to nothing yet."""
    return Worker(
        database,
        connector(url, settings),
        handlers(settings, database, transport_of(settings)),
        SCHEDULES,
        Pace(grace=grace),
    )


def connector(url: str, settings: Settings) -> Connect:
    """How a worker gets the connection that it takes jobs with, and listens on."""
    return engines.connector(url, settings, "infocus-worker")


def _all_parts(database: Database, *parts: Callable[[UnitOfWork], Awaitable[bool]]) -> Handler:
    """A handler that runs each part, one transaction after the other, until it has nothing more to do."""

    async def run(_: JobData) -> None:
        for part in parts:
            while await database.transaction(part):
                pass

    return run
