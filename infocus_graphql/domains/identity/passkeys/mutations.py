"""Root mutation fields of passkeys.

Registration, sign-in and verification take two mutations each: the first returns the options for the browser,
the second verifies the browser's response.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
import structlog

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.mfa.writes import has_recent_step_up, require_recent_step_up
from infocus_graphql.domains.identity.passkeys import reads, types, writes
from infocus_graphql.domains.identity.sessions.mutations import device_name, session_payload
from infocus_graphql.domains.identity.sessions.password_checks import check_own_password
from infocus_graphql.domains.identity.sessions.types import SignInWithPasskeyInput, SignInWithPasskeyPayload
from infocus_graphql.domains.identity.sessions.writes import Lifetimes
from infocus_graphql.domains.identity.users.reads import require_proved_address
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.rate_limits import throttle_login
from infocus_graphql.graph.root import credentials, mutation, signed_in
from infocus_graphql.graph.scalars import JSONObject
from infocus_graphql.graph.transaction import Guard, guarded
from infocus_graphql.mail.links import Links
from infocus_graphql.rate_limiting.rules import LimitedAction
from infocus_graphql.security.passkey_support import load_webauthn, passkeys_installed
from infocus_graphql.security.webauthn_responses import (
    CREATED,
    USED,
    AssertionResult,
    CredentialResponse,
    InvalidCredential,
    RegisteredCredential,
    decoded,
)

if TYPE_CHECKING:
    from infocus_graphql.security.webauthn import WebAuthn

log = structlog.get_logger("infocus.passkeys")


@strawberry.type
class PasskeyMutations:
    """Root mutation fields of passkeys."""

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def start_passkey_registration(
        context: Context, input: types.StartPasskeyRegistrationInput
    ) -> types.StartPasskeyRegistrationPayload:
        """Returns the options to create a passkey in the browser. Finish with `finishPasskeyRegistration`."""
        webauthn = await _webauthn(context)
        guards = [await _step_up(context, input.password)]
        if Links.of(context.services.settings) is not None:
            guards.append(require_proved_address)
        ceremony = await context.transaction(guarded(writes.start_registration, *guards))
        options = webauthn.registration_options(
            ceremony.challenge, ceremony.owner, ceremony.registered, _hints(input.hints)
        )
        return types.StartPasskeyRegistrationPayload(
            options=JSONObject(options), expires_at=_end(), rows={"viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def finish_passkey_registration(
        context: Context, input: types.FinishPasskeyRegistrationInput
    ) -> types.FinishPasskeyRegistrationPayload | Refused:
        """Saves the passkey that the browser created with the options of `startPasskeyRegistration`.

        The user is notified by e-mail.
        """
        webauthn = await _webauthn(context)
        with Problems() as problems:
            name = problems.of(writes.validate_name, input.name)
            response = problems.of(_created, input.credential)
        key = _verified_registration(webauthn, response)
        added = await context.transaction(writes.add, name=name, response=response, key=key)
        if isinstance(added, Refused):
            return added
        return types.FinishPasskeyRegistrationPayload(rows={"passkey": added, "viewer": context.viewer.id})

    @mutation(access=credentials, rate=LimitedAction.SIGN_IN)
    async def start_passkey_sign_in(
        context: Context, input: types.StartPasskeySignInInput | None = None
    ) -> types.StartPasskeySignInPayload:
        """Returns the options for using a passkey in the browser. Finish with `signInWithPasskey`."""
        webauthn = await _webauthn(context)
        ceremony = await context.transaction(writes.start_sign_in)
        options = webauthn.authentication_options(
            ceremony.challenge, ceremony.registered, _hints(input.hints if input else None)
        )
        return types.StartPasskeySignInPayload(options=JSONObject(options), expires_at=_end())

    @mutation(access=credentials, rate=LimitedAction.SIGN_IN)
    async def sign_in_with_passkey(
        context: Context, input: SignInWithPasskeyInput
    ) -> SignInWithPasskeyPayload | Refused:
        """Signs in with a passkey, used in the browser with the options of `startPasskeySignIn`.

        A passkey counts as both factors, so no code is needed. All failures return the same error.
        """
        webauthn = await _webauthn(context)
        with Problems() as problems:
            device = problems.of(device_name, context, input.device)
            response = problems.of(_read, input.credential)
        attempt = await throttle_login(context, f"passkey:{response.id}")
        passkey = await context.read(reads.find_passkey, credential_id=response.id)
        opened = await context.transaction(
            writes.sign_in,
            response=response,
            passkey=passkey,
            use=_used(webauthn, response, passkey),
            lifetimes=Lifetimes.of(context.services.settings),
            device=device,
            ip_prefix=context.client.ip_prefix,
        )
        if isinstance(opened, Refused):
            return opened
        context.after_commit(attempt.succeed)
        return session_payload(context, opened, SignInWithPasskeyPayload, use_cookie=input.use_cookie)

    @mutation(access=signed_in, scope=None)
    async def start_passkey_verification(
        context: Context, input: types.StartPasskeyVerificationInput | None = None
    ) -> types.StartPasskeyVerificationPayload:
        """Returns the options for using one of the viewer's passkeys. Finish with `verifyPasskey`."""
        webauthn = await _webauthn(context)
        ceremony = await context.transaction(writes.start_verification)
        options = webauthn.authentication_options(
            ceremony.challenge, ceremony.registered, _hints(input.hints if input else None)
        )
        return types.StartPasskeyVerificationPayload(
            options=JSONObject(options), expires_at=_end(), rows={"viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=None)
    async def verify_passkey(
        context: Context, input: types.VerifyPasskeyInput
    ) -> types.VerifyPasskeyPayload | Refused:
        """Confirms the viewer's presence with a passkey, for mutations that return SECOND_FACTOR_REQUIRED.

        It is equivalent to `verifySecondFactor` and counts for ten minutes in this session.
        """
        webauthn = await _webauthn(context)
        response = _read(input.credential)
        attempt = await throttle_login(context, f"passkey:{response.id}")
        passkey = await context.read(reads.find_passkey, credential_id=response.id)
        use = _used(webauthn, response, passkey)
        used = await context.transaction(writes.verify_step_up, response=response, passkey=passkey, use=use)
        if isinstance(used, Refused):
            return used
        context.after_commit(attempt.succeed)
        return types.VerifyPasskeyPayload(rows={"passkey": used, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def rename_passkey(context: Context, input: types.RenamePasskeyInput) -> types.RenamePasskeyPayload:
        """Renames one of the viewer's passkeys."""
        with Problems() as problems:
            name = problems.of(writes.validate_name, input.name)
            if problems.found:  # otherwise `rename` finds out
                await context.read(reads.require_own, passkey_id=input.id)
        renamed = await context.transaction(writes.rename, passkey_id=input.id, name=name)
        return types.RenamePasskeyPayload(rows={"passkey": renamed, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def remove_passkey(context: Context, input: types.RemovePasskeyInput) -> types.RemovePasskeyPayload:
        """Removes one of the viewer's passkeys. Signing in with the password remains possible."""
        with Problems() as problems:
            await problems.collect(context.read(reads.require_own, passkey_id=input.id))
            proved = await problems.collect(_step_up(context, input.password))
        removed = await context.transaction(guarded(writes.remove, proved), passkey_id=input.id)
        return types.RemovePasskeyPayload(
            deleted_id=strawberry.ID(removed), rows={"viewer": context.viewer.id}
        )


async def _webauthn(context: Context) -> "WebAuthn":
    party = context.services.settings.relying_party
    if party is None or not passkeys_installed():
        raise refused(ErrorCode.NOT_AVAILABLE, "Passkeys are disabled on this server. Contact its operator.")
    return await asyncio.to_thread(load_webauthn, party, writes.CHALLENGE_LIFETIME.total_seconds())


async def _step_up(context: Context, password: str | None) -> Guard:
    """Requires a recent second factor; viewers who have none must give their password.

    Returns the guard that checks in the transaction that this still holds.
    """
    if password is None:
        await context.read(require_recent_step_up)
    elif not await context.read(has_recent_step_up):
        return await check_own_password(context, password)
    return require_recent_step_up


def _created(credential: JsonObject) -> CredentialResponse:
    try:
        return CredentialResponse.read(credential, CREATED)
    except InvalidCredential as error:
        raise _unusable(error) from error


def _verified_registration(
    webauthn: "WebAuthn", credential: CredentialResponse
) -> RegisteredCredential | Refused:
    try:
        return webauthn.verify_registration(credential, decoded(credential.challenge))
    except InvalidCredential as error:
        return _unusable(error)


def _unusable(error: InvalidCredential) -> Refused:
    log.info("passkey registration rejected", why=str(error))
    return refused(ErrorCode.INVALID, "This passkey can't be used on this server.", "credential")


def _read(credential: JsonObject) -> CredentialResponse:
    try:
        return CredentialResponse.read(credential, USED)
    except InvalidCredential as error:
        log.info("passkey response malformed", why=str(error))
        raise writes.invalid_response() from error


def _used(
    webauthn: "WebAuthn", credential: CredentialResponse, passkey: reads.MatchedPasskey | None
) -> AssertionResult | None:
    """Verifies an assertion. None if the passkey is unknown or the response is invalid."""
    if passkey is None:
        return None
    try:
        if decoded(credential.parts["userHandle"]) != passkey.user_id.encode():
            raise InvalidCredential("it belongs to another user")
        return webauthn.verify_authentication(credential, decoded(credential.challenge), passkey.public_key)
    except InvalidCredential as error:
        log.info("passkey rejected", passkey=passkey.id, why=str(error))
        return None


def _hints(hints: Sequence[types.PasskeyHint] | None) -> list[str]:
    return [each.value for each in dict.fromkeys(hints or ())]


def _end() -> datetime:
    return (now() + writes.CHALLENGE_LIFETIME).replace(microsecond=0)
