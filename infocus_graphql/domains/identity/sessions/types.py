"""GraphQL types of sessions and sign-in. Only the mutations that issue tokens return them."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement

from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.sessions import models
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.fields import column, computed, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders
from infocus_graphql.graph.root import Payload, result, secret_result
from infocus_graphql.graph.scalars import JSONObject


def _is_revoked(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    revoked: ColumnElement[bool] = row.revoked_at.is_not(None)
    return revoked


def _is_current(session: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    # Unlike `=`, IS NOT DISTINCT FROM is false, not NULL, for viewers without a session.
    current: ColumnElement[bool] = session.id.is_not_distinct_from(viewer.session_id)
    return current


@row_type(models.Session)
class Session(Node):
    """A session of the viewer: a signed-in client."""

    user: refs.User = relation(models.Session.user, "The user; always the viewer.")
    device: str | None = column(models.Session.device, "The name of the client; null if unknown.")
    ip_prefix: str | None = column(
        models.Session.ip_prefix,
        "The network from which the session was started, such as `203.0.113.0/24`; null if unknown.",
    )
    created_at: datetime = column(models.Session.created_at, "When the session was started.")
    last_seen_at: datetime = column(
        models.Session.last_seen_at, "When the session was last used, accurate to two minutes."
    )
    expires_at: datetime = column(
        models.Session.expires_at, "When the session expires. Refreshing does not extend it."
    )
    revoked_at: datetime | None = column(
        models.Session.revoked_at, "When the session was ended before `expiresAt`; null if it was not."
    )
    refresh_tokens: Connection[refs.RefreshToken] | None = page(
        models.Session.refresh_tokens,
        "The refresh tokens of the session, oldest first.",
        orders=Orders(Order("CREATED_AT", (SortKey(lambda token: token.created_at),))),
        default=INNER_PAGE,
    )

    is_current: bool = computed(models.Session, _is_current, "Whether this request belongs to the session.")


@row_type(models.RefreshToken)
class RefreshToken(Node):
    """A refresh token of one of the viewer's sessions, without the token itself."""

    user: refs.User = relation(models.RefreshToken.user, "The user; always the viewer.")
    session: refs.Session = relation(models.RefreshToken.session, "The session of the token.")
    created_at: datetime = column(models.RefreshToken.created_at, "When the token was issued.")
    expires_at: datetime = column(models.RefreshToken.expires_at, "When the token expires.")
    revoked: bool = computed(models.RefreshToken, _is_revoked, "Whether the token was used or revoked.")
    revoked_at: datetime | None = column(
        models.RefreshToken.revoked_at, "When the token was used or revoked; null if it is valid."
    )
    replaced_by: refs.RefreshToken | None = relation(
        models.RefreshToken.replaced_by, "The token that replaced this one; null if it was not used."
    )


_DEVICE = (
    f"The name of this client in the list of sessions, at most {models.MAX_DEVICE} characters. The default "
    "is the `User-Agent` header."
)
_COOKIE = (
    "Whether to return the refresh token in an HttpOnly cookie only (`true`) or in the "
    "response body only (`false`). By default browsers get the cookie only, and other "
    "clients get both."
)


@strawberry.input(description="Input of `register`.")
class RegisterInput:
    email: str = strawberry.field(description="The e-mail address. Case is ignored.")
    password: str = strawberry.field(description="The new password: 8-256 characters, not easy to guess.")
    name: str | None = strawberry.field(description="The name of the user, 1-100 characters.", default=None)
    invitation_token: str | None = strawberry.field(
        description="The token of a family invitation to this e-mail address. Required if "
        "`serverInfo.registration` is INVITE. The invitation stays open; accept it with "
        "`acceptFamilyInvitation`.",
        default=None,
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="Input of `signIn`.")
class SignInInput:
    email: str = strawberry.field(description="The e-mail address.")
    password: str = strawberry.field(description="The password.")
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="Input of `signInWithSecondFactor`.")
class SignInWithSecondFactorInput:
    challenge: str = strawberry.field(description="The challenge from `signIn`.")
    code: str = strawberry.field(
        description="The six-digit code from the authenticator app, or a backup code. Each code can be "
        "used once."
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="Input of `signInWithPasskey`.")
class SignInWithPasskeyInput:
    credential: JSONObject = strawberry.field(
        description="The `PublicKeyCredential` from `navigator.credentials.get`, converted with `toJSON()`."
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="Input of `refreshSession`. Without a token, the refresh cookie is used.")
class RefreshSessionInput:
    refresh_token: str | None = strawberry.field(
        description="The refresh token. The new one is returned in the response body; the cookie is not "
        "changed. If null, the token from the cookie is used, and the new one is set as a "
        "cookie only, so that scripts can't read it.",
        default=None,
    )


@strawberry.input(
    description="Input of `signOut`. By default it ends the session of the access token and the "
    "session of the cookie."
)
class SignOutInput:
    everywhere: bool = strawberry.field(
        description="Whether to end all sessions of the user. Ignored if the session has already ended.",
        default=False,
    )
    refresh_token: str | None = strawberry.field(
        description="A refresh token whose session is ended, for clients without cookies whose access "
        "token may have expired.",
        default=None,
    )


@strawberry.input(description="Input of `revokeSession`.")
class RevokeSessionInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's sessions.")


@strawberry.input(description="Input of `changePassword`.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The current password.")
    new_password: str = strawberry.field(description="The new password: 8-256 characters, not easy to guess.")
    keep_other_sessions: bool = strawberry.field(
        description="Whether to keep the viewer's other sessions. By default they are ended.", default=False
    )


@strawberry.type(description="Result of `session`.")
class SessionPayload(Payload):
    """Common fields of the payloads that issue or renew a session."""

    access_token: str | None = secret_result(
        "The access token, to be sent as `Authorization: Bearer …`. It is valid for some "
        "minutes; keep it in memory. Null if no session was created."
    )
    access_token_expires_at: datetime | None = strawberry.field(
        description="When the access token expires.", default=None
    )
    refresh_token: str | None = secret_result(
        "The refresh token, for one use with `refreshSession`; null if it is only in the cookie."
    )
    session: refs.Session | None = result(models.Session, "The session.")
    viewer: refs.Viewer | None = result(User, "The signed-in viewer; null if no session was created.")


@strawberry.input(description="Input of `verifyEmail`.")
class VerifyEmailInput:
    token: str = strawberry.field(description="The token from the link in the e-mail.")
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.type(
    description="Result of `register`. If there is no session and no error, the registration "
    "continues by e-mail; see `message`."
)
class RegisterPayload(SessionPayload):
    message: str | None = strawberry.field(
        description="A message for the user if the registration continues by e-mail; null otherwise. It "
        "does not depend on whether the e-mail address has an account.",
        default=None,
    )


@strawberry.type(
    description="Result of `verifyEmail`. It has a session only if the token completed a registration."
)
class VerifyEmailPayload(SessionPayload):
    ok: bool = strawberry.field(description="Whether the e-mail address is verified.", default=False)


@strawberry.type(
    description="Result of `signIn`: a session, or a challenge if the account has a second factor."
)
class SignInPayload(SessionPayload):
    challenge: str | None = secret_result(
        "The challenge for `signInWithSecondFactor`, if the account has a second factor; null "
        "otherwise. There is no session yet."
    )
    challenge_expires_at: datetime | None = strawberry.field(
        description="When the challenge expires: after five minutes.", default=None
    )


@strawberry.type(description="Result of `signInWithSecondFactor`.")
class SignInWithSecondFactorPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="Result of `signInWithPasskey`.")
class SignInWithPasskeyPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="Result of `refreshSession`.")
class RefreshSessionPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="Result of `signOut`.")
class SignOutPayload(Payload):
    ok: bool = strawberry.field(description="Always true.", default=True)


@strawberry.type(description="Result of `revokeSession`.")
class RevokeSessionPayload(Payload):
    session: refs.Session | None = result(models.Session, "The revoked session; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `changePassword`.")
class ChangePasswordPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")
