"""What staff see, as GraphQL shows it."""

from datetime import datetime

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT, of_person
from infocus_graphql.domains.staff import models, reads
from infocus_graphql.graph import refs
from infocus_graphql.graph.connection import Connection, Orders
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, page
from infocus_graphql.graph.lengths import EVENTS, INNER_PAGE, Reading
from infocus_graphql.graph.node import row_type


@row_type(models.Account)
class Account:
    """An account as staff see it. Its person's lists, notes and families are not for them."""

    id: strawberry.ID = column(models.Account.id, "The id of the person, which is a `User`.")
    email: str = column(models.Account.email, "The e-mail address for signing in.")
    name: str | None = column(models.Account.name, "The name that the person goes by.")
    is_staff: bool = column(models.Account.is_staff, "Whether the account has the rights of staff.")
    created_at: datetime = column(models.Account.created_at, "When the account was made.")
    email_verified: bool = computed(
        models.Account, reads.email_is_verified, "Whether the person has proved that the address is theirs."
    )
    has_second_factor: bool = computed(
        models.Account, reads.has_second_factor, "Whether signing in takes a code besides the password."
    )
    last_seen_at: datetime | None = computed(
        models.Account, reads.last_seen, "When one of the account's sessions was last in use, to a minute."
    )
    family_count: int = computed(models.Account, reads.family_count, "In how many families the person is.")
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, of_person, models.Account),
        "What the person did, and what was done about the account, the newest first.",
        orders=Orders(NEWEST_EVENT),
        default=INNER_PAGE,
        reading=Reading(EVENTS),
    )


@row_type(models.FailedJob)
class FailedJob:
    """A background job that failed for good. What was in it is not shown: it may hold secrets."""

    id: strawberry.ID = column(models.FailedJob.id, "Its number, for `infocus jobs retry` and `drop`.")
    kind: str = column(models.FailedJob.kind, "What kind of job it is.")
    attempts: int = column(models.FailedJob.attempts, "How often it was tried.")
    created_at: datetime = column(models.FailedJob.created_at, "When it was put into the queue.")
    failed_at: datetime = column(models.FailedJob.failed_at, "When it was tried last.")
    reason: str = column(
        models.FailedJob.reason, "Why it failed, in words of the server's that name no person."
    )


@strawberry.type(description="The background jobs, counted by state. Those that were done are gone.")
class JobStats:
    """The labels of reads.jobs."""

    waiting: int = strawberry.field(description="To be done as soon as a worker is free.")
    delayed: int = strawberry.field(description="To be done later, such as those to be tried again.")
    running: int = strawberry.field(description="Being done by a worker.")
    failed: int = strawberry.field(description="Failed for good.")


@row_type(User)
class Admin:
    """What staff see of the whole server. Nobody else ever gets an object of this type."""

    users: Connection[refs.Account] | None = page(
        reads.ALL_ACCOUNTS,
        "All accounts, the newest first.",
        orders=Orders(reads.NEWEST_ACCOUNT),
        arguments={
            "query": Argument(
                str | None,
                "Only accounts whose address or name begins with this, or whose id it is. Case and accents "
                "don't matter.",
                reads.FOUND_BY,
            ),
            "is_staff": Argument(bool | None, "Only staff, or only others.", reads.ONLY_STAFF),
        },
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        reads.ALL_EVENTS,
        "All that was done, the newest first.",
        orders=Orders(NEWEST_EVENT),
        reading=Reading(EVENTS),
        arguments={
            "actions": Argument(list[refs.AuditAction] | None, "Only these.", reads.OF_ACTIONS),
            "person_id": Argument(
                strawberry.ID | None, "Only about the account of this person.", reads.ABOUT_PERSON
            ),
            "family_id": Argument(strawberry.ID | None, "Only about this family.", reads.ABOUT_FAMILY),
        },
    )
    jobs: refs.JobStats = aggregate(User, reads.jobs, "The background jobs, counted.")
    failed_jobs: Connection[refs.FailedJob] | None = page(
        reads.ALL_FAILED_JOBS,
        "The background jobs that failed for good, the latest first.",
        orders=Orders(reads.LAST_FAILED),
    )
