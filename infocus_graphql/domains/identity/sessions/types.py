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
from infocus_graphql.graph.connection import Connection, Orders
from infocus_graphql.graph.fields import column, computed, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
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
    """One signed-in device of the viewer's. Its token is never readable."""

    user: refs.User = relation(models.Session.user, "Whose session it is: the viewer's.")
    device: str | None = column(models.Session.device, "What the client said it is.")
    ip_prefix: str | None = column(
        models.Session.ip_prefix, "The network it was opened from, not the full address."
    )
    created_at: datetime = column(models.Session.created_at, "When it was opened.")
    last_seen_at: datetime = column(
        models.Session.last_seen_at, "When it was last in use, to a minute or two."
    )
    expires_at: datetime = column(models.Session.expires_at, "When it ends, however often it is refreshed.")
    revoked_at: datetime | None = column(models.Session.revoked_at, "When it was ended before its time.")
    refresh_tokens: Connection[refs.RefreshToken] | None = page(
        models.Session.refresh_tokens,
        "The chain of its refresh tokens, the oldest first.",
        orders=Orders(Order("CREATED_AT", (SortKey(lambda token: token.created_at),))),
        default=INNER_PAGE,
    )

    is_current: bool = computed(models.Session, _is_current, "Whether this request belongs to it.")


@row_type(models.RefreshToken)
class RefreshToken(Node):
    """That there is a refresh token, and what became of it; never the token itself."""

    user: refs.User = relation(models.RefreshToken.user, "Whose token it is: the viewer's.")
    session: refs.Session = relation(models.RefreshToken.session, "The session that it keeps alive.")
    created_at: datetime = column(models.RefreshToken.created_at, "When it was made.")
    expires_at: datetime = column(models.RefreshToken.expires_at, "Until when it could be used.")
    revoked: bool = computed(models.RefreshToken, _is_revoked, "Whether it was used or ended.")
    revoked_at: datetime | None = column(models.RefreshToken.revoked_at, "When it was used or ended.")
    replaced_by: refs.RefreshToken | None = relation(
        models.RefreshToken.replaced_by, "The next one of the chain."
    )


_DEVICE = (
    f"What to call this client in the list of sessions, at most {models.MAX_DEVICE} characters; "
    "by default what the client calls itself (`User-Agent`)."
)
_COOKIE = (
    "Where the refresh token goes: `true` for an HttpOnly cookie alone, `false` for the response's body "
    "alone. By default browsers get it in the cookie alone, and other clients in both, so that those without "
    "cookies have it too."
)


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(description="The e-mail address; compared without regard to case.")
    password: str = strawberry.field(description="8-256 characters that are hard to guess; no other rules.")
    name: str | None = strawberry.field(description="The name to go by, 1-100 characters.", default=None)
    invitation_token: str | None = strawberry.field(
        description="The token of an invitation of this address to a family; some servers want one. The "
        "invitation stays open, for `acceptFamilyInvitation`.",
        default=None,
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="Credentials.")
class SignInInput:
    email: str = strawberry.field(description="The e-mail address.")
    password: str = strawberry.field(description="The password.")
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="The challenge that signIn answered with, and a code.")
class SignInWithSecondFactorInput:
    challenge: str = strawberry.field(description="The challenge from signIn.")
    code: str = strawberry.field(
        description="The six digits that the app shows, or a backup code. Each is good once."
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="What the browser gave for the options of startPasskeySignIn.")
class SignInWithPasskeyInput:
    credential: JSONObject = strawberry.field(
        description="The `PublicKeyCredential` that `navigator.credentials.get` gave, as its `toJSON()` "
        "has it."
    )
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.input(description="The refresh token, unless it is in the cookie.")
class RefreshSessionInput:
    refresh_token: str | None = strawberry.field(
        description="The refresh token; its successor comes in the answer's body, and the cookie is left "
        "alone. Null to use the cookie: its successor then comes in the cookie and never in the body, so "
        "that no script can get at it.",
        default=None,
    )


@strawberry.input(description="What to end: by default the session of the access token and of the cookie.")
class SignOutInput:
    everywhere: bool = strawberry.field(
        description="End all sessions of the same person too; not with a session that has ended before.",
        default=False,
    )
    refresh_token: str | None = strawberry.field(
        description="A refresh token whose session is ended too: for clients without the cookie whose access "
        "token may have expired.",
        default=None,
    )


@strawberry.input(description="Which session to end.")
class RevokeSessionInput:
    id: strawberry.ID = strawberry.field(description="One of the viewer's sessions.")


@strawberry.input(description="The current password and the next.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The password as it is now.")
    new_password: str = strawberry.field(
        description="8-256 characters that are hard to guess; no other rules."
    )
    keep_other_sessions: bool = strawberry.field(
        description="Whether the viewer's other sessions go on, instead of ending.", default=False
    )


@strawberry.type(description="A living session and the tokens to use it with.")
class SessionPayload(Payload):
    """Common fields of the payloads that issue or renew a session."""

    access_token: str | None = strawberry.field(
        description="Send it as `Authorization: Bearer …`. It lives for some minutes; keep it in memory.",
        default=None,
    )
    access_token_expires_at: datetime | None = strawberry.field(
        description="When the access token ends.", default=None
    )
    refresh_token: str | None = strawberry.field(
        description="For refreshSession, once; null when it went into the cookie alone.", default=None
    )
    session: refs.Session | None = result(models.Session, "The session.")
    viewer: refs.Viewer | None = result(User, "The person signed in.")


@strawberry.input(description="What came with the link in the mail.")
class VerifyEmailInput:
    token: str = strawberry.field(description="The token from the link.")
    device: str | None = strawberry.field(description=_DEVICE, default=None)
    use_cookie: bool | None = strawberry.field(description=_COOKIE, default=None)


@strawberry.type(
    description="The new account's first session; without one, a mail is on its way: see `message`."
)
class RegisterPayload(SessionPayload):
    message: str | None = strawberry.field(
        description="What to tell the person when there is neither a session nor an error: where to look for "
        "the mail with which registering goes on. The same whether the address has an account or not.",
        default=None,
    )


@strawberry.type(
    description="What was confirmed: a registration, which signs in, or the address of an account."
)
class VerifyEmailPayload(SessionPayload):
    ok: bool = strawberry.field(description="Whether the address is confirmed.", default=False)


@strawberry.type(description="The new session; with a second factor, only a challenge for the next step.")
class SignInPayload(SessionPayload):
    challenge: str | None = strawberry.field(
        description="For `signInWithSecondFactor`, when the password was right and a code is needed too; "
        "there is no session yet.",
        default=None,
    )
    challenge_expires_at: datetime | None = strawberry.field(
        description="When the challenge ends: after five minutes.", default=None
    )


@strawberry.type(description="The new session.")
class SignInWithSecondFactorPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="The new session.")
class SignInWithPasskeyPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="The session with new tokens.")
class RefreshSessionPayload(SessionPayload):
    """Has the fields of `SessionPayload`."""


@strawberry.type(description="What signOut answers. Logging out without a session is fine.")
class SignOutPayload(Payload):
    ok: bool = strawberry.field(description="True: whatever there was to end has ended.", default=True)


@strawberry.type(description="The session that has ended.")
class RevokeSessionPayload(Payload):
    session: refs.Session | None = result(models.Session, "The session, with the time of its end.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The person whose password it is.")
class ChangePasswordPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer.")
