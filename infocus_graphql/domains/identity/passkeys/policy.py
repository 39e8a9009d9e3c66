"""Passkeys are seen by their own person alone, and nobody sees what browsers were asked."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility, visible_by
from infocus_graphql.domains.identity.passkeys.models import Passkey, PasskeyChallenge
from infocus_graphql.domains.identity.sessions.policy import is_user

visible_by(Passkey, "user_id", is_user)


@visibility(PasskeyChallenge)
def no_challenge_is_visible(challenge: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """It was shown once, to the browser that was asked."""
    return false()
