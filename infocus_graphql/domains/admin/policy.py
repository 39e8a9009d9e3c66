"""What staff alone see: asked of the database, whatever a token says. And what they may edit by hand."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement

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
# Those of them that keep their line breaks.
MULTI_LINE: Final = {(MediaItem, "description")}


@visibility(Account)
def visible_accounts(account: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """All of them, by staff."""
    return is_staff(viewer)


@visibility(FailedJob)
def visible_jobs(job: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The same."""
    return is_staff(viewer)
