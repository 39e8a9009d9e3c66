"""Passkeys (public keys only) and pending WebAuthn challenges."""

import enum
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Boolean, Enum, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    key_text,
    length_check,
    secret,
    timestamptz,
    unique,
)
from infocus_graphql.security.webauthn_responses import MAX_ID

MAX_NAME, MAX_PASSKEYS = 100, 20
MAX_PUBLIC_KEY = 1024  # an RSA key of 4,096 bits takes 700 characters


class PasskeyTransport(enum.Enum):
    """How a browser can communicate with the authenticator of a passkey (WebAuthn `transports`)."""

    INTERNAL = "internal"
    HYBRID = "hybrid"
    USB = "usb"
    NFC = "nfc"
    BLE = "ble"
    SMART_CARD = "smart_card"


class PasskeyPurpose(enum.Enum):
    """The purpose of a challenge. A response to it is valid for this purpose only."""

    ADDING = "adding"
    SIGNING_IN = "signing_in"
    PROVING = "proving"


class Passkey(Base):
    """A user's WebAuthn credential. Removing it deletes the row."""

    __tablename__ = "passkeys"

    id: Mapped[str] = id_column("pk")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    name: Mapped[str] = mapped_column(Text)
    # Both in base64url. Not confidential, but `secret` because no field needs to return them.
    credential_id: Mapped[str] = secret(mapped_column(key_text()))
    public_key: Mapped[str] = secret(mapped_column(key_text()))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    # WebAuthn's flags BE and BS: the credential may be synced to other devices, and is.
    backup_eligible: Mapped[bool] = mapped_column(Boolean)
    backed_up: Mapped[bool] = mapped_column(Boolean)
    transports: Mapped[list[PasskeyTransport]] = mapped_column(
        ARRAY(
            Enum(
                PasskeyTransport,
                name="passkey_transport",
                values_callable=lambda transports: [each.value for each in transports],
            )
        )
    )
    created_at: Mapped[datetime] = created_at_column()
    last_used_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        unique(
            "credential_id",
            refusal=ErrorCode.ALREADY_EXISTS,
            path=("credential",),
            message="This passkey already exists.",
        ),
        length_check("name", MAX_NAME, minimum=1),
        length_check("credential_id", MAX_ID, minimum=1),
        length_check("public_key", MAX_PUBLIC_KEY, minimum=1),
        Index("ix_passkeys_user_id_created_at", "user_id", "created_at", "id"),
    )


class PasskeyChallenge(Base):
    """A pending WebAuthn challenge: valid once, for one purpose, for `CHALLENGE_LIFETIME`.

    It is bound to the user and the session that requested it, except for sign-in.
    """

    __tablename__ = "passkey_challenges"

    id: Mapped[str] = id_column("pc")
    purpose: Mapped[PasskeyPurpose] = enum_column(PasskeyPurpose, "passkey_purpose")
    challenge_hash: Mapped[str] = secret(mapped_column(Text))
    user_id: Mapped[str | None] = foreign_key("users.id", ondelete="CASCADE", nullable=True)
    session_id: Mapped[str | None] = mapped_column(key_text())
    expires_at: Mapped[datetime] = timestamptz()

    __table_args__ = (
        unique("challenge_hash", refusal=ErrorCode.ALREADY_EXISTS),
        Index("ix_passkey_challenges_expires_at", "expires_at"),
    )
