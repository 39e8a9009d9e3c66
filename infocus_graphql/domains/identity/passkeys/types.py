"""GraphQL types of passkeys. WebAuthn options and responses are JSON, as browsers define them."""

import enum
from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.passkeys import models
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import JSONObject

PasskeyTransport: TypeAlias = models.PasskeyTransport
publish_enum(
    PasskeyTransport,
    "How a browser gets at a passkey. The list may grow.",
    {
        PasskeyTransport.INTERNAL: "It is on the device itself.",
        PasskeyTransport.HYBRID: "By another device nearby, such as a telephone.",
        PasskeyTransport.USB: "By a security key that is plugged in.",
        PasskeyTransport.NFC: "By a security key that is held to the device.",
        PasskeyTransport.BLE: "By Bluetooth.",
        PasskeyTransport.SMART_CARD: "By a card in a reader.",
    },
)


class Hint(enum.Enum):
    """What a browser should offer first."""

    CLIENT_DEVICE = "client-device"
    HYBRID = "hybrid"
    SECURITY_KEY = "security-key"


PasskeyHint: TypeAlias = Hint
publish_enum(
    PasskeyHint,
    "Which kind of passkey a browser should offer first.",
    {
        Hint.CLIENT_DEVICE: "One that the device keeps itself.",
        Hint.HYBRID: "One on a telephone.",
        Hint.SECURITY_KEY: "One on a security key.",
    },
    name="PasskeyHint",
)

_HINTS = "What the browser should offer first, the first hint before the others; it may do otherwise."
_PASSWORD = (
    "The account's password. It is not needed in the ten minutes after a code or a passkey was shown in this "  # noqa: S105 - a description
    "session; where there is a second factor, that is the only way."
)
_NAME = "What to call it, such as the device that keeps it: 1-100 characters."
_USED = "The `PublicKeyCredential` that `navigator.credentials.get` gave, as its `toJSON()` has it."
_EXPIRES = "Until when the answer must be here: five minutes."


@row_type(models.Passkey)
class Passkey(Node):
    """A key on somebody's devices that signs in without a password. Only its public half is here."""

    name: str = column(models.Passkey.name, "What the person calls it.")
    created_at: datetime = column(models.Passkey.created_at, "When it was added.")
    last_used_at: datetime | None = column(
        models.Passkey.last_used_at, "When it was last used; null for never."
    )
    backed_up: bool = column(
        models.Passkey.backed_up,
        "Whether it is kept in more than one place, so that it outlives the device. As of its last use.",
    )
    transports: list[refs.PasskeyTransport] = column(
        models.Passkey.transports, "How browsers get at it, as far as they told."
    )


@strawberry.input(description="Proof that it is the person, and not only their session.")
class StartPasskeyRegistrationInput:
    password: str | None = strawberry.field(description=_PASSWORD, default=None)
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="What to ask the browser for.")
class StartPasskeyRegistrationPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="For `PublicKeyCredential.parseCreationOptionsFromJSON`, and then as `publicKey` for "
        "`navigator.credentials.create`.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="What the browser gave for the options of startPasskeyRegistration.")
class FinishPasskeyRegistrationInput:
    credential: JSONObject = strawberry.field(
        description="The `PublicKeyCredential` that `navigator.credentials.create` gave, as its `toJSON()` "
        "has it."
    )
    name: str = strawberry.field(description=_NAME)


@strawberry.type(description="The passkey, which signs in from now on.")
class FinishPasskeyRegistrationPayload(Payload):
    passkey: refs.Passkey | None = result(models.Passkey, "The passkey.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Nothing is needed.")
class StartPasskeySignInInput:
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="What to ask the browser for; the same for everybody.")
class StartPasskeySignInPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="For `PublicKeyCredential.parseRequestOptionsFromJSON`, and then as `publicKey` for "
        "`navigator.credentials.get`. No address is needed: the browser knows whose passkeys it has.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)


@strawberry.input(description="Nothing is needed.")
class StartPasskeyVerificationInput:
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="What to ask the browser for.")
class StartPasskeyVerificationPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="As for signing in, but for the viewer's passkeys alone.", default=None
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="What the browser gave for the options of startPasskeyVerification.")
class VerifyPasskeyInput:
    credential: JSONObject = strawberry.field(description=_USED)


@strawberry.type(description="Whether sensitive changes are allowed in this session now.")
class VerifyPasskeyPayload(Payload):
    ok: bool = strawberry.field(
        description="Whether the passkey was good: for ten minutes, what answers SECOND_FACTOR_REQUIRED is "
        "allowed in this session.",
        default=False,
    )
    passkey: refs.Passkey | None = result(models.Passkey, "The passkey that was used.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Which passkey, and its new name.")
class RenamePasskeyInput:
    id: strawberry.ID = strawberry.field(description="One of the viewer's passkeys.")
    name: str = strawberry.field(description=_NAME)


@strawberry.type(description="The passkey with its new name.")
class RenamePasskeyPayload(Payload):
    passkey: refs.Passkey | None = result(models.Passkey, "The passkey.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Which passkey, and proof that it is the person.")
class RemovePasskeyInput:
    id: strawberry.ID = strawberry.field(description="One of the viewer's passkeys.")
    password: str | None = strawberry.field(description=_PASSWORD, default=None)


@strawberry.type(description="What was removed.")
class RemovePasskeyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of what is gone. It signs in no more; sessions that it has opened go on.",
        default=None,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")
