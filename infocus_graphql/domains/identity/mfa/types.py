"""Inputs and payloads of the second factor. Only the mutations that create secrets return them."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result, secret_result

_PASSWORD = "The password of the account."  # noqa: S105 - a description
_CODE = "The six-digit code from the authenticator app, or a backup code. Each code can be used once."


@strawberry.input(description="Input of `startSecondFactorSetup`.")
class StartSecondFactorSetupInput:
    password: str = strawberry.field(description=_PASSWORD)


@strawberry.type(description="Result of `startSecondFactorSetup`.")
class StartSecondFactorSetupPayload(Payload):
    secret: str | None = secret_result(
        "The secret in base 32, to be typed into an authenticator app. It is shown only once."
    )
    otpauth_url: str | None = secret_result(
        "The secret as an `otpauth:` URL, which opens an authenticator app."
    )
    qr_svg: str | None = secret_result("The `otpauth:` URL as a QR code, an SVG document.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `confirmSecondFactor`.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="The six-digit code from the authenticator app.")


@strawberry.type(description="Result of `confirmSecondFactor`.")
class ConfirmSecondFactorPayload(Payload):
    backup_codes: list[str] | None = secret_result(
        "Ten backup codes, for use if the authenticator app is lost. Each can be used once. "
        "They are shown only once."
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `disableSecondFactor`.")
class DisableSecondFactorInput:
    password: str = strawberry.field(description=_PASSWORD)
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="Result of `disableSecondFactor`.")
class DisableSecondFactorPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `regenerateBackupCodes`.")
class RegenerateBackupCodesInput:
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="Result of `regenerateBackupCodes`.")
class RegenerateBackupCodesPayload(Payload):
    backup_codes: list[str] | None = secret_result(
        "Ten new backup codes. Each can be used once. They are shown only once; null on failure."
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `verifySecondFactor`.")
class VerifySecondFactorInput:
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="Result of `verifySecondFactor`.")
class VerifySecondFactorPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")
