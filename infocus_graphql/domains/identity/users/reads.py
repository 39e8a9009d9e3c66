"""Reads of one user with the private columns that authentication needs."""

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.domains.identity.users.models import User


async def load_own_user(unit: ReadUnit, viewer: Viewer) -> User:
    """Returns the viewer's user with its e-mail address, password hash and `credentials_version`."""
    private = (undefer(User.email), undefer(User.password_hash), undefer(User.credentials_version))
    user: User | None = await unit.scalar(select(User).where(User.id == viewer.id).options(*private))
    if user is None:
        raise not_found("account")
    return user


async def find_user_by_email(unit: ReadUnit, viewer: Viewer, *, email: str | None) -> User | None:
    """Returns the user with this address and the columns that sign-in needs, else None."""
    private = (undefer(User.password_hash), undefer(User.is_staff), undefer(User.credentials_version))
    query = select(User).where(func.lower(User.email) == email)
    user: User | None = await unit.scalar(query.options(*private))
    return user


async def require_proved_address(unit: ReadUnit, viewer: Viewer) -> None:
    """Raises EMAIL_NOT_VERIFIED unless the viewer's e-mail address is verified.

    Otherwise an attacker could register with a victim's address and create an API token or passkey that
    stays valid after the victim has taken over the account with a password reset.
    """
    proved = select(User.id).where(User.id == viewer.id, User.email_verified_at.is_not(None))
    if await unit.scalar(proved) is None:
        message = "Verify your e-mail address first, with the link in the e-mail."
        raise refused(ErrorCode.EMAIL_NOT_VERIFIED, message)
