"""Inputs and payloads of what goes by mail; those that open a session are with the sessions."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result

_TOKEN = "The token from the link in the mail."  # noqa: S105 - a description


@strawberry.input(description="Input of `requestEmailVerification`.")
class RequestEmailVerificationInput:
    expected_email: str | None = strawberry.field(
        description="Refuse with INVALID unless the account still has this e-mail address.",
        default=None,
    )


@strawberry.type(description="Whether a mail is on its way.")
class RequestEmailVerificationPayload(Payload):
    ok: bool = strawberry.field(
        description="Whether it was accepted. An address gets at most five mails an hour.", default=False
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Whose password was forgotten.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The address of the account.")


@strawberry.type(description="The same whether there is an account with the address or not.")
class RequestPasswordResetPayload(Payload):
    ok: bool = strawberry.field(
        description="Whether it was accepted: if there is an account, its person gets a mail. "
        "An address gets at most five an hour.",
        default=False,
    )


@strawberry.input(description="A new password, with the token that allows it.")
class ResetPasswordInput:
    token: str = strawberry.field(description=_TOKEN)
    new_password: str = strawberry.field(
        description="8-256 characters that are hard to guess; no other rules."
    )


@strawberry.type(description="What resetPassword answers: sign in with the new password.")
class ResetPasswordPayload(Payload):
    """Has no session: access to the mailbox alone must not sign a user in."""

    ok: bool = strawberry.field(description="Whether the password was changed.", default=False)


@strawberry.input(description="A new address, and the password.")
class RequestEmailChangeInput:
    new_email: str = strawberry.field(description="The address to have from now on.")
    password: str = strawberry.field(description="The account's password.")


@strawberry.type(description="The same whether the new address has an account or not.")
class RequestEmailChangePayload(Payload):
    ok: bool = strawberry.field(
        description="Whether it was accepted: a mail goes to the new address, and nothing changes before its "
        "link is opened. An address gets at most five mails an hour.",
        default=False,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="What came with the link in the mail.")
class ConfirmEmailChangeInput:
    token: str = strawberry.field(description=_TOKEN)


@strawberry.type(description="What confirmEmailChange answers: sign in with the new address from now on.")
class ConfirmEmailChangePayload(Payload):
    ok: bool = strawberry.field(description="Whether the address was changed.", default=False)
    viewer: refs.Viewer | None = result(
        User, "The viewer with the new address; null unless they are who opened the link."
    )
