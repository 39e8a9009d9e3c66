"""Root mutation fields of registration, e-mail verification, password reset and address change."""

import strawberry

from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.text import null_or_cleaned
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.mfa.writes import require_recent_second_factor
from infocus_graphql.domains.identity.sessions.mutations import device_name, session_payload
from infocus_graphql.domains.identity.sessions.password_checks import check_password
from infocus_graphql.domains.identity.sessions.types import (
    RegisterInput,
    RegisterPayload,
    VerifyEmailInput,
    VerifyEmailPayload,
)
from infocus_graphql.domains.identity.sessions.writes import Lifetimes
from infocus_graphql.domains.identity.users.models import MAX_NAME
from infocus_graphql.domains.identity.users.reads import load_own_user
from infocus_graphql.domains.registration import types
from infocus_graphql.domains.registration.writes import addresses, passwords, registration
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import credentials, mutation, signed_in
from infocus_graphql.graph.transaction import guarded
from infocus_graphql.mail.links import Links
from infocus_graphql.rate_limiting.rules import LimitedAction
from infocus_graphql.security.passwords import validate_password

_LOOK = "Check your e-mail for the link that completes the registration."


@strawberry.type
class IdentityMutations:
    """Root mutation fields of registration and e-mail addresses."""

    @mutation(access=credentials, rate=LimitedAction.REGISTER)
    async def register(context: Context, input: RegisterInput) -> RegisterPayload:
        """
        Creates an account. Depending on `serverInfo.registration`, it is created immediately and a session
        is started, or when the link in an e-mail is opened. In the second case the result does not depend
        on whether the e-mail address has an account. Errors: WEAK_PASSWORD, ALREADY_EXISTS, NOT_AVAILABLE.
        """
        settings = context.services.settings
        links, mode, invitation = Links.of(settings), settings.registration_mode, input.invitation_token
        # Hashing a password is expensive, so all validation comes first.
        with Problems() as problems:
            email = problems.of(valid_email, input.email, "email")
            name = problems.of(null_or_cleaned, input.name, "name", maximum=MAX_NAME)
            device = problems.of(_device, context, input.device)
            hints = (email or "", name or "")
            problems.of(validate_password, input.password, "password", hints=hints)
            if email or invitation is None:  # an invitation is looked up by its address too
                await context.read(
                    registration.decide_registration,
                    mode=mode,
                    email=email,
                    invitation=invitation,
                    mails=links is not None,
                )
        password_hash = await context.services.passwords.hash(input.password)
        opened = await context.transaction(
            registration.register,
            registration.RegistrationRequest(email, name, password_hash),
            mode=mode,
            invitation=invitation,
            device=device,
            links=links,
        )
        if opened is None:
            return RegisterPayload(message=_LOOK)
        return session_payload(context, opened, RegisterPayload, use_cookie=input.use_cookie)

    @mutation(access=credentials, rate=LimitedAction.EMAIL_VERIFICATION)
    async def verify_email(context: Context, input: VerifyEmailInput) -> VerifyEmailPayload:
        """
        Verifies an e-mail address with the token from an e-mail. The token can be used once. If it belongs
        to a registration, creates the account and starts a session. Errors: NOT_FOUND, ALREADY_PROCESSED,
        EXPIRED.
        """
        with Problems() as problems:
            device = problems.of(_device, context, input.device)
            if problems.found:  # otherwise the token is used up
                await context.read(registration.check_token, token=input.token)
        user_id, opened = await context.transaction(registration.confirm, token=input.token, device=device)
        if opened is not None:
            payload = session_payload(context, opened, VerifyEmailPayload, use_cookie=input.use_cookie)
            payload.ok = True
            return payload
        return VerifyEmailPayload(ok=True, rows={"viewer": _if_viewer(context, user_id)})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=LimitedAction.EMAIL_VERIFICATION)
    async def request_email_verification(
        context: Context, input: types.RequestEmailVerificationInput | None = None
    ) -> types.RequestEmailVerificationPayload:
        """
        Sends the viewer an e-mail with a link that verifies their e-mail address. Earlier links remain
        valid.
        """
        email = input.expected_email if input is not None else None
        await context.transaction(addresses.request_verification, email=email, links=_links(context))
        return types.RequestEmailVerificationPayload(rows={"viewer": context.viewer.id})

    @mutation(access=credentials, rate=LimitedAction.PASSWORD_RESET)
    async def request_password_reset(
        context: Context, input: types.RequestPasswordResetInput
    ) -> types.RequestPasswordResetPayload:
        """
        Sends an e-mail with a link to set a new password. Result and duration do not depend on whether the
        e-mail address has an account.
        """
        email = valid_email(input.email, "email")
        _links(context)
        await context.transaction(passwords.request_reset, email=email)
        return types.RequestPasswordResetPayload(ok=True)

    @mutation(access=credentials, rate=LimitedAction.PASSWORD_RESET)
    async def reset_password(context: Context, input: types.ResetPasswordInput) -> types.ResetPasswordPayload:
        """
        Sets a new password with the token from an e-mail. The token can be used once. Ends all sessions of
        the user and verifies the e-mail address. Errors: NOT_FOUND, ALREADY_PROCESSED, EXPIRED,
        WEAK_PASSWORD.
        """
        with Problems() as problems:
            hints: tuple[str, ...] = ()
            try:
                subject = await context.read(passwords.reset_subject, token=input.token)
                hints = (subject.email, subject.name or "")
            except Refused as error:
                problems.add(error)
            problems.of(validate_password, input.new_password, "newPassword", hints=hints)
        password_hash = await context.services.passwords.hash(input.new_password)
        await context.transaction(passwords.reset_password, token=input.token, password_hash=password_hash)
        context.after_commit(context.services.tokens.revoked.invalidate)
        return types.ResetPasswordPayload(ok=True)

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=LimitedAction.EMAIL_VERIFICATION)
    async def request_email_change(
        context: Context, input: types.RequestEmailChangeInput
    ) -> types.RequestEmailChangePayload:
        """
        Sends a link to a new e-mail address. The address is changed when the link is opened; see
        `confirmEmailChange`. The result does not depend on whether the new address has an account.
        """
        _links(context)
        user = await context.read(load_own_user)
        with Problems() as problems:
            new_email = problems.of(valid_email, input.new_email, "newEmail")
            if new_email == user.email:
                message = "This is already your e-mail address."
                problems.add(refused(ErrorCode.INVALID, message, "newEmail"))
            await check_password(context, user, input.password)
        await context.transaction(
            guarded(addresses.request_change, require_recent_second_factor),
            new_email=new_email,
            version=user.credentials_version,
        )
        return types.RequestEmailChangePayload(rows={"viewer": context.viewer.id})

    @mutation(access=credentials, rate=LimitedAction.EMAIL_VERIFICATION)
    async def confirm_email_change(
        context: Context, input: types.ConfirmEmailChangeInput
    ) -> types.ConfirmEmailChangePayload:
        """
        Changes the e-mail address of the account with the token from an e-mail. The token can be used once.
        Both addresses are notified. Errors: NOT_FOUND, ALREADY_PROCESSED, EXPIRED, ALREADY_EXISTS.
        """
        user_id = await context.transaction(addresses.confirm_change, token=input.token)
        return types.ConfirmEmailChangePayload(ok=True, rows={"viewer": _if_viewer(context, user_id)})


def _device(context: Context, device: str | None) -> registration.SessionParameters:
    lifetimes = Lifetimes.of(context.services.settings)
    return registration.SessionParameters(lifetimes, device_name(context, device), context.client.ip_prefix)


def _links(context: Context) -> Links:
    links = Links.of(context.services.settings)
    if links is None:
        raise refused(ErrorCode.NOT_AVAILABLE, "This server does not send e-mails. Contact its operator.")
    return links


def _if_viewer(context: Context, user_id: str | None) -> str | None:
    """Returns the user's id if they are the viewer, else None: links may be opened on any device."""
    return user_id if user_id == context.viewer.id else None
