"""Creates and revokes API tokens."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy import delete, func, select

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, Problems, not_found, refused
from infocus_graphql.core.text import validated_text
from infocus_graphql.core.viewer import ApiScope, Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.api_tokens.models import MAX_NAME, MAX_TOKENS, ApiToken
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import notify_user
from infocus_graphql.mail import security_notifications
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.api_tokens import new_api_token


async def create_api_token(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    name: str,
    scopes: Collection[ApiScope],
    expires_at: datetime | None,
) -> tuple[str, str]:
    """Creates a token for the viewer. Returns its id and the secret, which can't be read again."""
    with Problems() as problems:
        valid_name = problems.of(validated_text, name, "name", maximum=MAX_NAME)
        if not scopes:
            message = "An API token needs at least one scope."
            problems.add(refused(ErrorCode.REQUIRED, message, "scopes"))
        if expires_at is not None and expires_at <= now():
            message = "The time of expiry must be in the future."
            problems.add(refused(ErrorCode.OUT_OF_RANGE, message, "tokenExpiresAt"))
    # The user's row is locked so that concurrent requests can't exceed the maximum.
    locked = select(User.id).where(User.id == viewer.id).with_for_update()
    if await work.session.scalar(locked) is None:
        raise not_found("account")
    there = await work.session.scalar(select(func.count()).where(ApiToken.user_id == viewer.id))
    if (there or 0) >= MAX_TOKENS:
        message = f"You have {MAX_TOKENS} API tokens, which is the maximum. Revoke one first."
        raise refused(ErrorCode.LIMIT_REACHED, message)
    secret = new_api_token()
    token = ApiToken(
        user_id=viewer.id,
        name=valid_name,
        token_hash=token_hash(secret),
        scopes=[each for each in ApiScope if each in scopes],
        expires_at=expires_at,
    )
    work.session.add(token)
    await work.session.flush()
    audit(work, AuditAction.API_TOKEN_CREATED, actor=viewer.id, object_id=token.id)
    await notify_user(
        work, viewer.id, partial(security_notifications.api_token_was_created, token=valid_name)
    )
    return token.id, secret


async def revoke_api_token(work: UnitOfWork, viewer: Viewer, *, token_id: str) -> str:
    """Deletes one of the viewer's tokens. All workers reject it within a second."""
    own = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == viewer.id)
    deleted: str | None = await work.session.scalar(own.returning(ApiToken.id))
    if deleted is None:
        raise not_found("API token", "id")
    audit(work, AuditAction.API_TOKEN_REVOKED, actor=viewer.id, object_id=deleted)
    return deleted
