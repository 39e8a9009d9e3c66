"""Inputs and payloads of the second factor. Only the mutations that create secrets return them."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result

_PASSWORD = "The account's password."  # noqa: S105 - a description
_CODE = "The six digits that the app shows, or a backup code. Each is good once."


@strawberry.input(description="The password: an access token alone is not enough.")
class StartSecondFactorSetupInput:
    password: str = strawberry.field(description=_PASSWORD)


@strawberry.type(description="What an app needs to know; nothing counts before it is confirmed.")
class StartSecondFactorSetupPayload(Payload):
    secret: str | None = strawberry.field(
        description="The secret in base 32, for typing it into an app. It is shown this once.", default=None
    )
    otpauth_url: str | None = strawberry.field(
        description="The same as a link that opens an app.", default=None
    )
    qr_svg: str | None = strawberry.field(description="The link as a QR code, an SVG document.", default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="The first code.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="The six digits that the app shows.")


@strawberry.type(description="From now on signing in needs a code.")
class ConfirmSecondFactorPayload(Payload):
    backup_codes: list[str] | None = strawberry.field(
        description="Ten codes for when the app is lost, each good once. They are shown this once.",
        default=None,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="The password and a code.")
class DisableSecondFactorInput:
    password: str = strawberry.field(description=_PASSWORD)
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="From now on the password is enough.")
class DisableSecondFactorPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="A code, which may be the last backup code.")
class RegenerateBackupCodesInput:
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="New backup codes; the old ones are good no more.")
class RegenerateBackupCodesPayload(Payload):
    backup_codes: list[str] | None = strawberry.field(
        description="Ten codes, each good once. They are shown this once.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="A code, as proof that the second factor is at hand.")
class VerifySecondFactorInput:
    code: str = strawberry.field(description=_CODE)


@strawberry.type(description="Whether sensitive changes are allowed in this session now.")
class VerifySecondFactorPayload(Payload):
    ok: bool = strawberry.field(
        description="Whether the code was right: for ten minutes, what answers SECOND_FACTOR_REQUIRED is "
        "allowed in this session.",
        default=False,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")
