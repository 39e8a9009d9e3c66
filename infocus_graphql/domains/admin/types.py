"""GraphQL types of the staff views."""

from datetime import datetime

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.admin import models, reads
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT, events_about_user
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.connection import Connection, Orders
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, page
from infocus_graphql.graph.list_lengths import EVENTS, INNER_PAGE, Reading
from infocus_graphql.graph.node import row_type


@row_type(models.Account)
class Account:
    """An account as staff see it, without watchlists, notes and families."""

    id: strawberry.ID = column(models.Account.id, "The same id as that of the `User`.")
    email: str = column(models.Account.email, "The e-mail address for signing in.")
    name: str = column(models.Account.name, "The user's name; empty if they have set none.", default="")
    is_staff: bool = column(models.Account.is_staff, "Whether the user is staff.")
    created_at: datetime = column(models.Account.created_at, "When the account was created.")
    email_verified: bool = computed(
        models.Account, reads.email_is_verified, "Whether the e-mail address is verified."
    )
    has_second_factor: bool = computed(
        models.Account, reads.has_second_factor, "Whether signing in needs a second factor."
    )
    last_seen_at: datetime | None = computed(
        models.Account, reads.last_seen, "When a session of the account was last used, to the minute."
    )
    family_count: int = computed(
        models.Account, reads.family_count, "The number of families that the user is a member of."
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, events_about_user, models.Account),
        "Audit events of which the user is the actor or the target, newest first.",
        orders=Orders(NEWEST_EVENT),
        default=INNER_PAGE,
        reading=Reading(EVENTS),
    )


@row_type(models.FailedJob)
class FailedJob:
    """A background job that failed for good. Its data is not shown, since it may contain secrets."""

    id: strawberry.ID = column(
        models.FailedJob.id, "The job's number, for `infocus jobs retry` and `infocus jobs drop`."
    )
    kind: str = column(models.FailedJob.kind, "The kind of job.")
    attempts: int = column(models.FailedJob.attempts, "The number of attempts.")
    created_at: datetime = column(models.FailedJob.created_at, "When the job was enqueued.")
    failed_at: datetime = column(models.FailedJob.failed_at, "When the last attempt failed.")
    reason: str = column(models.FailedJob.reason, "Why it failed. Contains no personal data.")


@strawberry.type(description="Counts of background jobs by state. Completed jobs are deleted.")
class JobStats:
    """Fields match the labels of `reads.jobs`."""

    waiting: int = strawberry.field(description="Jobs that wait for a free worker.")
    delayed: int = strawberry.field(description="Jobs that run later, such as retries.")
    running: int = strawberry.field(description="Jobs that a worker is running.")
    failed: int = strawberry.field(description="Jobs that failed for good.")


@row_type(User)
class Admin:
    """Data for staff about the whole server. Null for everyone else."""

    accounts: Connection[refs.Account] | None = page(
        reads.ALL_ACCOUNTS,
        "All accounts, newest first.",
        orders=Orders(reads.NEWEST_ACCOUNT),
        arguments={
            "query": Argument(
                str | None,
                "Only accounts with this id, or whose e-mail address or name starts with this text. Case "
                "and accents are ignored.",
                reads.FOUND_BY,
            ),
            "is_staff": Argument(bool | None, "Only staff (true), or only others (false).", reads.ONLY_STAFF),
        },
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        reads.ALL_EVENTS,
        "All audit events, newest first.",
        orders=Orders(NEWEST_EVENT),
        reading=Reading(EVENTS),
        arguments={
            "actions": Argument(
                list[refs.AuditAction] | None, "Only events with these actions.", reads.OF_ACTIONS
            ),
            "user_ids": Argument(
                list[strawberry.ID] | None, "Only events with these target users.", reads.ABOUT_USERS
            ),
            "family_ids": Argument(
                list[strawberry.ID] | None, "Only events with these target families.", reads.ABOUT_FAMILIES
            ),
        },
    )
    jobs: refs.JobStats = aggregate(User, reads.jobs, "Counts of background jobs.")
    failed_jobs: Connection[refs.FailedJob] | None = page(
        reads.ALL_FAILED_JOBS,
        "Background jobs that failed for good, latest first.",
        orders=Orders(reads.LAST_FAILED),
    )
