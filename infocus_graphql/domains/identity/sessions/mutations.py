"""Root mutation fields of sessions: sign-in, refresh, sign-out, password change."""

from datetime import datetime
from typing import TypeVar

import strawberry
import structlog

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.text import validated_text_or_none
from infocus_graphql.core.viewer import ANONYMOUS, ApiScope, Viewer
from infocus_graphql.domains.identity.mfa import writes as second_factor
from infocus_graphql.domains.identity.sessions import passwords, types, writes
from infocus_graphql.domains.identity.sessions.models import MAX_DEVICE
from infocus_graphql.domains.identity.sessions.password_checks import check_password, check_sign_in
from infocus_graphql.domains.identity.users.reads import load_own_user
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.rate_limits import enforce
from infocus_graphql.graph.root import credentials, mutation, signed_in
from infocus_graphql.graph.transaction import guarded
from infocus_graphql.rate_limiting.rules import LimitedAction
from infocus_graphql.security.mfa_challenges import MfaChallenge
from infocus_graphql.security.passwords import validate_password

log = structlog.get_logger("infocus.sessions")

SessionPayload = TypeVar("SessionPayload", bound=types.SessionPayload)


@strawberry.type
class SessionMutations:
    """Root mutation fields of sessions."""

    @mutation(access=credentials, rate=LimitedAction.SIGN_IN)
    async def sign_in(context: Context, input: types.SignInInput) -> types.SignInPayload | Refused:
        """
        Starts a session with e-mail address and password. For an account with a second factor, returns a
        `challenge` for `signInWithSecondFactor` instead. Unknown addresses and wrong passwords return the
        same INVALID_CREDENTIALS, after the same time.
        """
        problems = Problems()
        device = problems.of(device_name, context, input.device)
        proved = await check_sign_in(context, input.email, input.password)
        if isinstance(proved, Refused):
            return problems.joined(proved)
        if problems.found:
            raise problems.joined()
        # Turning the second factor on or off raises `credentials_version`, which `sign_in` compares.
        if await context.read(second_factor.is_enabled, user_id=proved.user.id):
            await context.transaction(passwords.rehash_password, proved=proved)
            text, ends = challenge_of(context, proved.user.id, proved.password_hash)
            return types.SignInPayload(challenge=text, challenge_expires_at=ends)
        opened = await context.transaction(
            passwords.sign_in,
            proved=proved,
            lifetimes=writes.Lifetimes.of(context.services.settings),
            device=device,
            ip_prefix=context.client.ip_prefix,
        )
        return session_payload(context, opened, types.SignInPayload, use_cookie=input.use_cookie)

    @mutation(access=credentials, rate=LimitedAction.REFRESH)
    async def refresh_session(
        context: Context, input: types.RefreshSessionInput | None = None
    ) -> types.RefreshSessionPayload | Refused:
        """
        Exchanges a refresh token for new tokens. A refresh token can be used once; using it again ends the
        session. Within a few seconds it returns the same tokens again, for clients that retry or send
        concurrent requests.
        """
        body_token = input.refresh_token if input is not None else None
        # A successor of the cookie's token must never be returned in the body, where scripts can read it.
        # So a token in the input, even an empty one, takes precedence over the cookie.
        use_cookie = body_token is None
        token = (context.client.refresh_cookie or "") if body_token is None else body_token
        await enforce(
            context, context.services.rates.rules[LimitedAction.REFRESH], writes.session_secret(token)
        )
        opened = await context.transaction(
            writes.refresh_session,
            refresh_token=token,
            tokens=context.services.tokens,
            lifetimes=writes.Lifetimes.of(context.services.settings),
        )
        if isinstance(opened, writes.RefreshRejected):
            if use_cookie:
                context.after_commit(lambda: context.response.set_refresh_cookie(""))
            if opened.ended_session_id is not None:
                context.after_commit(context.services.tokens.revoked.invalidate)
                log.warning("refresh token reuse detected", session=opened.ended_session_id)
            return refused(ErrorCode.INVALID_CREDENTIALS, _why_not_refreshed(context, token))
        return session_payload(context, opened, types.RefreshSessionPayload, use_cookie=use_cookie)

    @mutation(access=credentials)
    async def sign_out(context: Context, input: types.SignOutInput | None = None) -> types.SignOutPayload:
        """
        Ends the session, or all sessions of the viewer, and deletes the refresh cookie. Succeeds also
        without a session.
        """
        options = input or types.SignOutInput()
        tokens = (options.refresh_token, context.client.refresh_cookie)
        await context.transaction(
            writes.sign_out,
            refresh_tokens=[token for token in tokens if token],
            everywhere=options.everywhere,
        )
        context.after_commit(context.services.tokens.revoked.invalidate)
        context.after_commit(lambda: context.response.set_refresh_cookie(""))
        context.after_commit(lambda: context.reset_reads(ANONYMOUS))
        return types.SignOutPayload()

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def revoke_session(context: Context, input: types.RevokeSessionInput) -> types.RevokeSessionPayload:
        """
        Ends one of the viewer's sessions, such as that of a lost device. Succeeds also if it has already
        ended.
        """
        ended = await context.transaction(writes.revoke_session, session_id=input.id)
        context.after_commit(context.services.tokens.revoked.invalidate)
        return types.RevokeSessionPayload(rows={"session": ended, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def change_password(
        context: Context, input: types.ChangePasswordInput
    ) -> types.ChangePasswordPayload:
        """
        Changes the viewer's password. By default all other sessions are ended. Errors: INVALID_CREDENTIALS,
        WEAK_PASSWORD.
        """
        user = await context.read(load_own_user)
        hints = (user.email, user.name or "")
        with Problems() as problems:
            problems.of(validate_password, input.new_password, "newPassword", hints=hints)
            await check_password(context, user, input.current_password, "currentPassword")
        new_hash = await context.services.passwords.hash(input.new_password)
        await context.transaction(
            guarded(passwords.change_password, second_factor.require_recent_second_factor),
            old_hash=user.password_hash,
            new_hash=new_hash,
            keep_other_sessions=input.keep_other_sessions,
        )
        context.after_commit(context.services.tokens.revoked.invalidate)
        return types.ChangePasswordPayload(rows={"viewer": user.id})


def device_name(context: Context, device: str | None) -> str | None:
    """Returns the device name from the input, else the `User-Agent`."""
    return validated_text_or_none(device, "device", maximum=MAX_DEVICE) or context.client.user_agent


def session_payload(
    context: Context, opened: writes.IssuedSession, payload: type[SessionPayload], *, use_cookie: bool | None
) -> SessionPayload:
    """Returns the payload with a session's tokens, and makes the session's user the viewer of the request.

    Unless `use_cookie` is set, browsers get the refresh token only in the HttpOnly cookie, which scripts
    can't read. Other clients may not support cookies, so they get it in the body as well. Over a WebSocket,
    all clients get it in the body only.
    """
    in_cookie = use_cookie is not False and context.response.sets_cookies
    in_body = not in_cookie or (use_cookie is None and not context.client.is_browser)
    access = context.services.tokens.access_token(
        user_id=opened.user_id,
        session_id=opened.session_id,
        is_staff=opened.is_staff,
        not_after=opened.session_expires_at,
    )
    # The payload's fields are resolved with the new viewer: their session and their private fields.
    viewer = Viewer(opened.user_id, opened.session_id, opened.is_staff)
    context.after_commit(lambda: context.reset_reads(viewer))
    if in_cookie:
        seconds = _seconds_until(opened.refresh_expires_at)
        context.after_commit(lambda: context.response.set_refresh_cookie(opened.refresh_token, seconds))
    return payload(
        rows={"session": opened.session_id, "viewer": opened.user_id},
        access_token=access.text,
        access_token_expires_at=access.expires_at,
        refresh_token=opened.refresh_token if in_body else None,
    )


def _why_not_refreshed(context: Context, token: str) -> str:
    """Returns the error message for a failed refresh; if no token was sent, it explains how to send one."""
    if token:
        return "The refresh token is not valid. Sign in again."
    missing = "The request has neither a refresh token nor the refresh cookie. Sign in again"
    if not context.client.is_browser:
        return f"{missing}, and send the `refreshToken` of that response."
    ways = f"{missing}, and send requests with `credentials: 'include'`, or sign in with `useCookie: false`."
    if not context.client.is_other_host:
        return ways
    return (
        f"{ways} The page and the API have different host names, and some browsers keep no cookie then: use "
        "one host name for both (`localhost` and `127.0.0.1` are two)."
    )


def challenge_of(context: Context, user_id: str, password_hash: str) -> tuple[str, datetime]:
    """Returns a signed MFA challenge for a user whose password was verified, and its expiry."""
    ends = (now() + second_factor.CHALLENGE_LIFETIME).replace(microsecond=0)
    key = context.services.tokens.derived_key("challenge")
    return MfaChallenge(user_id, int(ends.timestamp())).signed(key, password_hash), ends


def _seconds_until(instant: datetime) -> int:
    return max(0, int((instant - now()).total_seconds()))
