"""Root mutation fields of signing in and out."""

from datetime import datetime
from typing import TypeVar

import strawberry

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import normalised
from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.passwords import checked_password, plausible_password
from infocus_graphql.core.viewer import NOBODY, Viewer
from infocus_graphql.domains.auth import types, writes
from infocus_graphql.graph.context import Context, Info
from infocus_graphql.graph.root import credentials, mutation

SessionPayload = TypeVar("SessionPayload", bound=types.SessionPayload)


@strawberry.type
class AuthMutations:
    """Accounts and sessions."""

    @mutation(access=credentials)
    async def register(info: Info, input: types.RegisterInput) -> types.RegisterPayload:
        """Makes an account and signs it in. A known e-mail address is ALREADY_EXISTS."""
        context = info.context
        checked_password(input.password, "password", hints=(input.email, input.name or ""))
        password_hash = await context.services.passwords.hash(input.password)
        opened = await context.write(
            writes.register,
            email=input.email,
            password_hash=password_hash,
            name=input.name,
            lifetimes=writes.Lifetimes.of(context.services.settings),
            device=input.device or context.client.user_agent,
            ip_prefix=context.client.ip_prefix,
        )
        return await _signed_in(context, opened, types.RegisterPayload, use_cookie=input.use_cookie)

    @mutation(access=credentials)
    async def log_in(info: Info, input: types.LogInInput) -> types.LogInPayload:
        """Opens a session. Unknown addresses and wrong passwords are answered alike, in words and in time."""
        context, passwords = info.context, info.context.services.passwords
        account = await context.write(writes.account_of, email=normalised(input.email))
        possible = account is not None and plausible_password(input.password)
        encoded = account.password_hash if account is not None and possible else None
        matches = await passwords.verify(encoded, input.password if possible else "")
        if account is None or encoded is None or not matches:
            raise refused(ErrorCode.INVALID_CREDENTIALS, "The e-mail address or the password is wrong.")
        if passwords.outdated(encoded):
            new_hash = await passwords.hash(input.password)
            await context.write(writes.rehash_password, user_id=account.id, old_hash=encoded, new_hash=new_hash)
        opened = await context.write(
            writes.open_session,
            user_id=account.id,
            is_staff=account.is_staff,
            lifetimes=writes.Lifetimes.of(context.services.settings),
            device=input.device or context.client.user_agent,
            ip_prefix=context.client.ip_prefix,
        )
        return await _signed_in(context, opened, types.LogInPayload, use_cookie=input.use_cookie)

    @mutation(access=credentials)
    async def refresh_session(
        info: Info, input: types.RefreshSessionInput | None = None
    ) -> types.RefreshSessionPayload:
        """Exchanges the refresh token for new tokens. Using one twice ends its session, but for some seconds' grace."""
        context = info.context
        token = input.refresh_token if input is not None else None
        opened = await context.write(
            writes.refresh_session,
            refresh_token=token or context.client.refresh_cookie or "",
            tokens=context.services.tokens,
            lifetimes=writes.Lifetimes.of(context.services.settings),
        )
        if opened is None:
            if token is None:
                context.reply.refresh_cookie = ""
            raise refused(ErrorCode.INVALID_CREDENTIALS, "The refresh token is not valid: sign in again.")
        return await _signed_in(context, opened, types.RefreshSessionPayload, use_cookie=token is None)

    @mutation(access=credentials)
    async def log_out(info: Info, input: types.LogOutInput | None = None) -> types.LogOutPayload:
        """Ends this session, or all sessions of the viewer. Fine without any."""
        context, wanted = info.context, input or types.LogOutInput()
        await context.write(
            writes.log_out,
            refresh_token=wanted.refresh_token or context.client.refresh_cookie,
            everywhere=wanted.everywhere,
        )
        context.reply.refresh_cookie = ""
        await context.renew(NOBODY)
        return types.LogOutPayload()


async def _signed_in(
    context: Context, opened: writes.Opened, payload: type[SessionPayload], *, use_cookie: bool
) -> SessionPayload:
    access = context.services.tokens.access_token(
        user_id=opened.user_id, session_id=opened.session_id, is_staff=opened.is_staff
    )
    # From here on this request is theirs: the payload shows their session and their private side.
    await context.renew(Viewer(opened.user_id, opened.session_id, opened.is_staff))
    if use_cookie:
        context.reply.refresh_cookie = opened.refresh_token
        context.reply.refresh_cookie_seconds = _seconds_until(opened.refresh_expires_at)
    return payload(
        rows={"session": opened.session_id, "viewer": opened.user_id},
        access_token=access.text,
        access_token_expires_at=access.expires_at,
        refresh_token=None if use_cookie else opened.refresh_token,
    )


def _seconds_until(instant: datetime) -> int:
    return max(0, int((instant - now()).total_seconds()))
