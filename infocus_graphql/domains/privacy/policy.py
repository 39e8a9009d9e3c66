"""Exports and scheduled deletions are visible to their own user only."""

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.sql_types import MappedRow
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
def visible_to_nobody(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden: parts are downloaded as a file, and no field returns decisions about families."""
    return false()
