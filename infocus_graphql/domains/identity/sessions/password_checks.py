"""Password checks. argon2 takes tens of milliseconds, so they run before the transaction, never inside.

The transaction then fails if the account's password hash or `credentials_version` has changed since.
"""

from functools import partial

from infocus_graphql.core.emails import normalised
from infocus_graphql.core.errors import Refused
from infocus_graphql.domains.identity.sessions.passwords import ProvedPassword
from infocus_graphql.domains.identity.sessions.writes import reject_sign_in
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.reads import find_user_by_email, load_own_user
from infocus_graphql.domains.identity.users.writes import require_unchanged_password, wrong_password
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.rate_limits import throttle_login
from infocus_graphql.graph.transaction import Guard
from infocus_graphql.security.passwords import fits_length_limit


async def check_sign_in(context: Context, email: str, password: str) -> ProvedPassword | Refused:
    """Checks an address and a password.

    Unknown addresses and wrong passwords return the same error, are both audited, and take the same time.
    """
    passwords = context.services.passwords
    attempt = await throttle_login(context, normalised(email) or email)
    user = await context.read(find_user_by_email, email=normalised(email))
    possible = user is not None and fits_length_limit(password)
    encoded = user.password_hash if user is not None and possible else None
    matches = await passwords.verify(encoded, password if possible else "")
    if user is None or encoded is None or not matches:
        return await context.transaction(reject_sign_in, user_id=user.id if user else None)
    await attempt.succeed()
    outdated = passwords.needs_rehash(encoded)
    return ProvedPassword(user, await passwords.hash(password) if outdated else encoded)


async def check_password(context: Context, user: User, password: str, field: str = "password") -> None:
    """Raises INVALID_CREDENTIALS unless `password` is that of the viewer's `user`. Attempts are limited."""
    attempt = await throttle_login(context, user.id)
    encoded = user.password_hash if fits_length_limit(password) else None
    if not await context.services.passwords.verify(encoded, password if encoded else ""):
        raise wrong_password(field)
    await attempt.succeed()


async def check_own_password(context: Context, password: str) -> Guard:
    """Loads the viewer and checks their password, for mutations that need nothing else of the user.

    Returns the guard for the mutation's transaction, which fails if the password has changed since.
    """
    user = await context.read(load_own_user)
    await check_password(context, user, password)
    return partial(require_unchanged_password, checked=user.password_hash)
