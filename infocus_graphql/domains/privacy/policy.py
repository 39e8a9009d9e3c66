"""Exports and deletions are seen by their own person alone."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility, visible_by
from infocus_graphql.domains.identity.sessions.policy import is_user
from infocus_graphql.domains.privacy.models import (
    AccountDeletion,
    DataExport,
    DataExportPart,
    FamilySuccession,
)

visible_by(DataExport, "user_id", is_user)
visible_by(AccountDeletion, "user_id", is_user)


@visibility(DataExportPart)
@visibility(FamilySuccession)
def visible_to_nobody(row: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Parts are sent as a file; decisions about families are only worked with."""
    return false()
