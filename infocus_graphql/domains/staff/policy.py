"""Accounts and failed jobs are seen by staff alone: asked of the database, whatever a token says."""

from typing import Any

from sqlalchemy import ColumnElement

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.accounts.policy import is_staff
from infocus_graphql.domains.staff.models import Account, FailedJob


@visibility(Account)
def visible_accounts(account: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """All of them, by staff."""
    return is_staff(viewer)


@visibility(FailedJob)
def visible_jobs(job: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The same."""
    return is_staff(viewer)
