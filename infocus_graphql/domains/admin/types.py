"""GraphQL types of the staff views."""

from datetime import datetime

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.admin import models, reads
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT, events_about_user
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import EVENTS
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, page
from infocus_graphql.graph.list_lengths import INNER_PAGE, Reading
from infocus_graphql.graph.node import row_type
from infocus_graphql.graph.ordering import Orders


@row_type(models.Account)
class Account:
    """A user account, for staff. It has no watchlists, notes or families."""

    id: strawberry.ID = column(models.Account.id, "The id of the account; equal to the id of its `User`.")
    email: str = column(models.Account.email, "The e-mail address of the account.")
    name: str = column(models.Account.name, "The name of the user; empty if not set.", default="")
    is_staff: bool = column(models.Account.is_staff, "Whether the user is staff.")
    created_at: datetime = column(models.Account.created_at, "When the account was created.")
    email_verified: bool = computed(
        models.Account, reads.email_is_verified, "Whether the e-mail address is verified."
    )
    has_second_factor: bool = computed(
        models.Account, reads.has_second_factor, "Whether signing in requires a second factor."
    )
    last_seen_at: datetime | None = computed(
        models.Account,
        reads.last_seen,
        "When a session of the account was last used, rounded to the minute; null if never.",
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
    """A background job that failed permanently. Its data is not shown because it can contain secrets."""

    id: strawberry.ID = column(
        models.FailedJob.id, "The number of the job, for `infocus jobs retry` and `infocus jobs drop`."
    )
    kind: str = column(models.FailedJob.kind, "The kind of job.")
    attempts: int = column(models.FailedJob.attempts, "The number of attempts.")
    created_at: datetime = column(models.FailedJob.created_at, "When the job was enqueued.")
    failed_at: datetime = column(models.FailedJob.failed_at, "When the last attempt failed.")
    reason: str = column(models.FailedJob.reason, "The reason of the failure. It contains no personal data.")


@strawberry.type(description="The number of background jobs by state. Completed jobs are deleted.")
class JobStats:
    """Fields match the labels of `reads.jobs`."""

    waiting: int = strawberry.field(description="Jobs that wait for a free worker.")
    delayed: int = strawberry.field(description="Jobs that run later, such as retries.")
    running: int = strawberry.field(description="Jobs that a worker is running.")
    failed: int = strawberry.field(description="Jobs that failed permanently.")


@row_type(User)
class Admin:
    """Data about the whole server, for staff."""

    accounts: Connection[refs.Account] | None = page(
        reads.ALL_ACCOUNTS,
        "All accounts, newest first.",
        orders=Orders(reads.NEWEST_ACCOUNT),
        arguments={
            "query": Argument(
                str | None,
                "Returns accounts with this id, or whose e-mail address or name starts with this "
                "text. Case and accents are ignored.",
                reads.FOUND_BY,
            ),
            "is_staff": Argument(
                bool | None, "Returns staff only (true) or everyone else only (false).", reads.ONLY_STAFF
            ),
        },
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        reads.ALL_EVENTS,
        "All audit events, newest first.",
        orders=Orders(NEWEST_EVENT),
        reading=Reading(EVENTS),
        arguments={
            "actions": Argument(
                list[refs.AuditAction] | None, "Returns events with these actions.", reads.OF_ACTIONS
            ),
            "user_ids": Argument(
                list[strawberry.ID] | None, "Returns events with these target users.", reads.ABOUT_USERS
            ),
            "family_ids": Argument(
                list[strawberry.ID] | None, "Returns events with these target families.", reads.ABOUT_FAMILIES
            ),
        },
    )
    jobs: refs.JobStats = aggregate(User, reads.jobs, "The number of background jobs by state.")
    failed_jobs: Connection[refs.FailedJob] | None = page(
        reads.ALL_FAILED_JOBS,
        "Background jobs that failed permanently, latest failure first.",
        orders=Orders(reads.LAST_FAILED),
    )
