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
    "How a browser communicates with an authenticator; see `AuthenticatorTransport` of "
    "WebAuthn. New values may be added.",
    {
        PasskeyTransport.INTERNAL: "The authenticator is part of the device.",
        PasskeyTransport.HYBRID: "Another device nearby, such as a phone.",
        PasskeyTransport.USB: "A security key connected by USB.",
        PasskeyTransport.NFC: "A security key connected by NFC.",
        PasskeyTransport.BLE: "A security key connected by Bluetooth.",
        PasskeyTransport.SMART_CARD: "A smart card in a reader.",
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
    "A kind of authenticator that the browser should offer first; see `PublicKeyCredentialHint` of WebAuthn.",
    {
        Hint.CLIENT_DEVICE: "An authenticator on the client's device.",
        Hint.HYBRID: "A phone, connected by a QR code.",
        Hint.SECURITY_KEY: "A security key.",
    },
    name="PasskeyHint",
)

_HINTS = "The kinds of authenticators that the browser should offer first, in the order of preference."
_PROOF = (
    "The password of the account. Not needed within ten minutes after "
    "`verifySecondFactor` or `verifyPasskey` in this session. Not sufficient for accounts "
    "with a second factor."
)
_NAME = "The name of the passkey, such as the name of the device, 1-100 characters."
_USED = "The `PublicKeyCredential` from `navigator.credentials.get`, converted with `toJSON()`."
_EXPIRES = "When the options expire: after five minutes."


@row_type(models.Passkey)
class Passkey(Node):
    """A passkey of the viewer, for signing in without a password."""

    name: str = column(models.Passkey.name, "The name that the viewer chose.")
    created_at: datetime = column(models.Passkey.created_at, "When the passkey was created.")
    last_used_at: datetime | None = column(
        models.Passkey.last_used_at, "When the passkey was last used; null if never."
    )
    backed_up: bool = column(
        models.Passkey.backed_up,
        "Whether the passkey is backed up, so that it survives the loss of the device. "
        "Updated when the passkey is used.",
    )
    transports: list[refs.PasskeyTransport] = column(
        models.Passkey.transports, "The transports that the browser reported when the passkey was created."
    )


@strawberry.input(description="Input of `startPasskeyRegistration`.")
class StartPasskeyRegistrationInput:
    password: str | None = strawberry.field(description=_PROOF, default=None)
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="Result of `startPasskeyRegistration`.")
class StartPasskeyRegistrationPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="The options for `navigator.credentials.create`. Convert them with "
        "`PublicKeyCredential.parseCreationOptionsFromJSON` and pass the result as "
        "`publicKey`. Null on failure.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `finishPasskeyRegistration`.")
class FinishPasskeyRegistrationInput:
    credential: JSONObject = strawberry.field(
        description="The `PublicKeyCredential` from `navigator.credentials.create`, converted with "
        "`toJSON()`."
    )
    name: str = strawberry.field(description=_NAME)


@strawberry.type(description="Result of `finishPasskeyRegistration`.")
class FinishPasskeyRegistrationPayload(Payload):
    passkey: refs.Passkey | None = result(models.Passkey, "The passkey.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `startPasskeySignIn`.")
class StartPasskeySignInInput:
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="Result of `startPasskeySignIn`. It does not depend on any account.")
class StartPasskeySignInPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="The options for `navigator.credentials.get`. Convert them with "
        "`PublicKeyCredential.parseRequestOptionsFromJSON` and pass the result as "
        "`publicKey`. No e-mail address is needed. Null on failure.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)


@strawberry.input(description="Input of `startPasskeyVerification`.")
class StartPasskeyVerificationInput:
    hints: list[PasskeyHint] | None = strawberry.field(description=_HINTS, default=None)


@strawberry.type(description="Result of `startPasskeyVerification`.")
class StartPasskeyVerificationPayload(Payload):
    options: JSONObject | None = strawberry.field(
        description="The options for `navigator.credentials.get`, restricted to the viewer's passkeys; "
        "see `startPasskeySignIn`. Null on failure.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description=_EXPIRES, default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `verifyPasskey`.")
class VerifyPasskeyInput:
    credential: JSONObject = strawberry.field(description=_USED)


@strawberry.type(description="Result of `verifyPasskey`.")
class VerifyPasskeyPayload(Payload):
    passkey: refs.Passkey | None = result(models.Passkey, "The verified passkey; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `renamePasskey`.")
class RenamePasskeyInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's passkeys.")
    name: str = strawberry.field(description=_NAME)


@strawberry.type(description="Result of `renamePasskey`.")
class RenamePasskeyPayload(Payload):
    passkey: refs.Passkey | None = result(models.Passkey, "The passkey.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `removePasskey`.")
class RemovePasskeyInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's passkeys.")
    password: str | None = strawberry.field(description=_PROOF, default=None)


@strawberry.type(description="Result of `removePasskey`.")
class RemovePasskeyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted passkey; null on failure. Sessions that were started with it "
        "continue.",
        default=None,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")
