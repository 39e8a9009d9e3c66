"""Nobody sees what a second factor is checked against: no field leads there."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor


@visibility(SecondFactor)
def no_secret_is_visible(factor: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Not even to its own person: it is shown once, by the mutation that made it."""
    return false()


@visibility(BackupCode)
def no_code_is_visible(code: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The same; how many are left is told by a count."""
    return false()
