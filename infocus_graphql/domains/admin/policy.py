"""Visibility of the staff models, and the columns that staff may edit.

The staff role is read from the database; the claim in the access token is not enough.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.admin.models import Account, FailedJob
from infocus_graphql.domains.identity.users.models import MAX_NAME, User
from infocus_graphql.domains.identity.users.policy import is_staff
from infocus_graphql.domains.media.models import MAX_DESCRIPTION, MAX_TITLE, MediaItem

# Texts that staff can correct in the data browser, with the maximum number of characters of each. Staff
# can't edit what they don't see, nor what rules depend on: rights, addresses, tokens, the audit log, jobs.
EDITABLE: Final[Mapping[type, Mapping[str, int]]] = {
    User: {"name": MAX_NAME},
    MediaItem: {"title": MAX_TITLE, "description": MAX_DESCRIPTION},
}
# Editable columns that keep their line breaks.
MULTI_LINE: Final = {(MediaItem, "description")}


@visibility(Account)
def visible_accounts(account: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Staff see all accounts."""
    return is_staff(viewer)


@visibility(FailedJob)
def visible_jobs(job: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Staff see all failed jobs."""
    return is_staff(viewer)
