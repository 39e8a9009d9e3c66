"""TOTP secrets and backup codes are hidden from every viewer; no field returns them."""

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor


@visibility(SecondFactor)
def no_secret_is_visible(factor: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden even from its own user: only the mutation that creates the secret returns it."""
    return false()


@visibility(BackupCode)
def no_code_is_visible(code: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden even from their own user, who can read only how many are left."""
    return false()
