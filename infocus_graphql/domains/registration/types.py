"""Inputs and payloads of mutations with mailed tokens; payloads that open a session are in `sessions`."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result

_TOKEN = "The token from the link in the e-mail."  # noqa: S105 - a description


@strawberry.input(description="Input of `requestEmailVerification`.")
class RequestEmailVerificationInput:
    expected_email: str | None = strawberry.field(
        description="Fails with INVALID unless the account still has this e-mail address.",
        default=None,
    )


@strawberry.type(description="Result of `requestEmailVerification`.")
class RequestEmailVerificationPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `requestPasswordReset`.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The e-mail address of the account.")


@strawberry.type(
    description="Result of `requestPasswordReset`. It does not depend on whether the e-mail address "
    "has an account."
)
class RequestPasswordResetPayload(Payload):
    ok: bool = strawberry.field(
        description="Whether the request was accepted. An e-mail is sent only if there is an account; at "
        "most five per hour are sent to an address.",
        default=False,
    )


@strawberry.input(description="Input of `resetPassword`.")
class ResetPasswordInput:
    token: str = strawberry.field(description=_TOKEN)
    new_password: str = strawberry.field(description="The new password: 8-256 characters, not easy to guess.")


@strawberry.type(description="Result of `resetPassword`.")
class ResetPasswordPayload(Payload):
    """Has no session: access to the mailbox alone must not sign a user in."""

    ok: bool = strawberry.field(description="Whether the password was changed.", default=False)


@strawberry.input(description="Input of `requestEmailChange`.")
class RequestEmailChangeInput:
    new_email: str = strawberry.field(description="The new e-mail address.")
    password: str = strawberry.field(description="The password of the account.")


@strawberry.type(
    description="Result of `requestEmailChange`. It does not depend on whether the new e-mail address "
    "has an account."
)
class RequestEmailChangePayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `confirmEmailChange`.")
class ConfirmEmailChangeInput:
    token: str = strawberry.field(description=_TOKEN)


@strawberry.type(
    description="Result of `confirmEmailChange`. The user signs in with the new e-mail address from then on."
)
class ConfirmEmailChangePayload(Payload):
    ok: bool = strawberry.field(description="Whether the e-mail address was changed.", default=False)
    viewer: refs.Viewer | None = result(
        User,
        "The viewer, with the new e-mail address; null unless they are signed in to the "
        "account that was changed.",
    )
