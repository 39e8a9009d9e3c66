"""Root mutation fields of multi-factor authentication. They require a session, not an API token."""

from typing import Final

import strawberry

from infocus_graphql.core.errors import Problems
from infocus_graphql.domains.identity.mfa import types, writes
from infocus_graphql.domains.identity.sessions.mutations import device_name, session_payload
from infocus_graphql.domains.identity.sessions.password_checks import check_own_password
from infocus_graphql.domains.identity.sessions.types import (
    SignInWithSecondFactorInput,
    SignInWithSecondFactorPayload,
)
from infocus_graphql.domains.identity.sessions.writes import IssuedSession, Lifetimes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.rate_limits import enforce, throttle_login
from infocus_graphql.graph.root import credentials, mutation, signed_in
from infocus_graphql.graph.transaction import guarded
from infocus_graphql.rate_limiting.rules import LimitedAction, RateLimitRule
from infocus_graphql.security.totp import otpauth_url, qr_svg

# Code attempts per user, from all addresses together. An attacker who gets here knows the password; the user
# stops the attack by changing it, which invalidates the challenge.
_CODES: Final = RateLimitRule("second_factor", 20, 3600.0)


@strawberry.type
class SecondFactorMutations:
    """Root mutation fields of multi-factor authentication."""

    @mutation(access=credentials, rate=LimitedAction.SIGN_IN)
    async def sign_in_with_second_factor(
        context: Context, input: SignInWithSecondFactorInput
    ) -> SignInWithSecondFactorPayload:
        """
        Starts a session with the `challenge` from `signIn` and a code from the authenticator app or a
        backup code. Errors: INVALID_CREDENTIALS.
        """
        with Problems() as problems:
            device = problems.of(device_name, context, input.device)
            if problems.found:  # otherwise `open_with_code` checks the challenge
                await _challenged_user(context, input.challenge)
        opened = await open_with_code(
            context,
            input.challenge,
            input.code,
            lifetimes=Lifetimes.of(context.services.settings),
            device=device,
        )
        return session_payload(context, opened, SignInWithSecondFactorPayload, use_cookie=input.use_cookie)

    @mutation(access=signed_in, scope=None)
    async def start_second_factor_setup(
        context: Context, input: types.StartSecondFactorSetupInput
    ) -> types.StartSecondFactorSetupPayload:
        """
        Creates a secret for an authenticator app. The second factor is enabled by `confirmSecondFactor`.
        """
        unchanged = await check_own_password(context, input.password)
        begun = await context.transaction(guarded(writes.begin, unchanged))
        link = otpauth_url(begun.totp_secret, begun.email)
        return types.StartSecondFactorSetupPayload(
            secret=begun.totp_secret,
            otpauth_url=link,
            qr_svg=qr_svg(link),
            rows={"viewer": context.viewer.id},
        )

    @mutation(access=signed_in, scope=None)
    async def confirm_second_factor(
        context: Context, input: types.ConfirmSecondFactorInput
    ) -> types.ConfirmSecondFactorPayload:
        """
        Enables the second factor with the first code from the authenticator app, and returns backup codes.
        """
        attempt = await throttle_login(context, f"code:{context.viewer.id}")
        codes = await context.transaction(writes.confirm, code=input.code)
        context.after_commit(attempt.succeed)
        return types.ConfirmSecondFactorPayload(backup_codes=list(codes), rows={"viewer": context.viewer.id})

    @mutation(access=signed_in, scope=None)
    async def disable_second_factor(
        context: Context, input: types.DisableSecondFactorInput
    ) -> types.DisableSecondFactorPayload:
        """Disables the second factor and deletes the backup codes. Requires the password and a code."""
        unchanged = await check_own_password(context, input.password)
        attempt = await throttle_login(context, f"code:{context.viewer.id}")
        await context.transaction(guarded(writes.disable, unchanged), code=input.code)
        context.after_commit(attempt.succeed)
        return types.DisableSecondFactorPayload(rows={"viewer": context.viewer.id})

    @mutation(access=signed_in, scope=None)
    async def regenerate_backup_codes(
        context: Context, input: types.RegenerateBackupCodesInput
    ) -> types.RegenerateBackupCodesPayload:
        """Replaces all backup codes with new ones. Requires a code."""
        attempt = await throttle_login(context, f"code:{context.viewer.id}")
        codes = await context.transaction(writes.regenerate_backup_codes, code=input.code)
        context.after_commit(attempt.succeed)
        return types.RegenerateBackupCodesPayload(
            backup_codes=list(codes), rows={"viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=None)
    async def verify_second_factor(
        context: Context, input: types.VerifySecondFactorInput
    ) -> types.VerifySecondFactorPayload:
        """
        Verifies a code of the second factor, for mutations that return SECOND_FACTOR_REQUIRED. The
        verification is valid for ten minutes in this session.
        """
        attempt = await throttle_login(context, f"code:{context.viewer.id}")
        await context.transaction(writes.record_step_up_by_code, code=input.code)
        context.after_commit(attempt.succeed)
        return types.VerifySecondFactorPayload(rows={"viewer": context.viewer.id})


async def open_with_code(
    context: Context, challenge: str, code: str, *, lifetimes: Lifetimes, device: str | None
) -> IssuedSession:
    """Opens a session for a valid challenge and code. Attempts are rate limited per user."""
    key = context.services.tokens.derived_key("challenge")
    user_id = await _challenged_user(context, challenge)
    attempt = await throttle_login(context, f"code:{user_id}")
    await enforce(context, _CODES, user_id)
    opened = await context.transaction(
        writes.sign_in,
        challenge=challenge,
        code=code,
        key=key,
        lifetimes=lifetimes,
        device=device,
        ip_prefix=context.client.ip_prefix,
    )
    context.after_commit(attempt.succeed)
    return opened


async def _challenged_user(context: Context, challenge: str) -> str:
    """Returns the id of the challenge's user."""
    key = context.services.tokens.derived_key("challenge")
    return await context.read(writes.resolve_challenge, challenge=challenge, key=key)
