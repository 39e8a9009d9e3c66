"""Passkeys are visible to their own user only; challenges are hidden from every viewer."""

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility, visible_by
from infocus_graphql.domains.identity.passkeys.models import Passkey, PasskeyChallenge
from infocus_graphql.domains.identity.sessions.policy import is_user

visible_by(Passkey, "user_id", is_user)


@visibility(PasskeyChallenge)
def no_challenge_is_visible(challenge: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden: only the mutation that creates a challenge returns it."""
    return false()
