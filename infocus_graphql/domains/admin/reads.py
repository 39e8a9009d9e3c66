"""Links, filters and computed values of the staff views: accounts, audit events and jobs."""

from collections.abc import Callable
from functools import partial
from typing import Final

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, func, or_, select, true
from sqlalchemy.orm import aliased

from infocus_graphql.core.folding import input_search_form
from infocus_graphql.core.ids import check_ids
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists, scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.admin.models import Account, FailedJob
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.families.models import Family, FamilyMembership
from infocus_graphql.domains.identity.mfa.models import SecondFactor
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.policy import is_self
from infocus_graphql.jobs.queries import job_counts

NEWEST_ACCOUNT: Final = Order("CREATED_AT", (SortKey(lambda account: account.created_at),), descending=True)
LAST_FAILED: Final = Order("FAILED_AT", (SortKey(lambda job: job.failed_at),), descending=True)
_BEHIND_ALL: Final = "\U0010ffff"


def _everything(admin: MappedRow, row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return true()


def _staff_themselves(root: MappedRow, user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(is_self(user, viewer), user.is_staff)


ADMIN: Final = Link(User, _staff_themselves)
ALL_ACCOUNTS: Final = Link(Account, _everything, User)
ALL_EVENTS: Final = Link(AuditEvent, _everything, User)
ALL_FAILED_JOBS: Final = Link(FailedJob, _everything, User)


def _found_by(account: MappedRow, text: SqlValue) -> ColumnElement[bool]:
    # Prefixes are compared as byte ranges (`~>=~`, `~<~`), which a text_pattern_ops index serves in any
    # locale. The matching ids are collected first, as in `id = ANY (ARRAY(SELECT …))`: PostgreSQL plans the
    # statement without the value of `text`, and would otherwise walk all accounts, newest first.
    user = aliased(User)
    begins = [
        and_(folded.bool_op("~>=~")(text), folded.bool_op("~<~")(func.concat(text, _BEHIND_ALL)))
        for folded in (func.search_form(user.email), func.search_form(user.name))
    ]
    user_ids = select(user.id).where(or_(user.id == text, *begins)).correlate_except(user)
    among: ColumnElement[bool] = account.id == any_(func.array(user_ids.scalar_subquery()))
    return among


FOUND_BY: Final = Filter(Text(), _found_by, convert=input_search_form)
ONLY_STAFF: Final = Filter(
    User.is_staff.type, lambda account, value: account.is_staff.is_not_distinct_from(value)
)
OF_ACTIONS: Final = Filter(
    ARRAY(AuditEvent.action.type), lambda event, actions: event.action == any_(actions)
)
_USERS: Final = partial(check_ids, "us", "user")
_FAMILIES: Final = partial(check_ids, "fa", "family")


def _missing(
    model: MappedRow, named: Callable[[MappedRow], SqlValue]
) -> Callable[[SqlValue, MappedRow], SqlSelect]:
    """Returns a query for ids without a row and without an audit event (the row may have been deleted)."""

    def missing(ids: SqlValue, parent: MappedRow) -> SqlSelect:
        wanted: SqlValue = func.unnest(ids).column_valued("wanted")
        row, event = aliased(model), aliased(AuditEvent)
        there = exists(select(row.id).where(row.id == wanted), row)
        was_there = exists(select(event.id).where(named(event) == wanted), event)
        return select(wanted).where(~there, ~was_there)

    return missing


ABOUT_USERS: Final = Filter(
    ARRAY(Text()),
    lambda event, ids: event.target_user_id == any_(ids),
    check=_USERS,
    names=Names("the id of a present or former user", _missing(User, lambda event: event.target_user_id)),
)
ABOUT_FAMILIES: Final = Filter(
    ARRAY(Text()),
    lambda event, ids: event.family_id == any_(ids),
    check=_FAMILIES,
    names=Names("the id of a present or former family", _missing(Family, lambda event: event.family_id)),
)


def email_is_verified(account: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Whether the user's e-mail address is verified."""
    proved: ColumnElement[bool] = account.email_verified_at.is_not(None)
    return proved


def has_second_factor(account: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Whether signing in needs a second factor."""
    factor = aliased(SecondFactor)
    return exists(
        select(factor.id).where(factor.user_id == account.id, factor.confirmed_at.is_not(None)), factor
    )


def last_seen(account: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """When a session of the user was last used."""
    session = aliased(Session)
    return scalar(select(func.max(session.last_seen_at)).where(session.user_id == account.id), session)


def family_count(account: MappedRow, viewer: SqlViewer) -> ColumnElement[int]:
    """The number of families that the user is a member of."""
    membership = aliased(FamilyMembership)
    return scalar(select(func.count()).where(membership.user_id == account.id), membership)


def jobs(admin: MappedRow, viewer: SqlViewer) -> SqlSelect:
    """The number of jobs in each state."""
    return job_counts()
