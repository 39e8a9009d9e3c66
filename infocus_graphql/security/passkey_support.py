"""Loads the WebAuthn library, an optional extra, only when a passkey is used."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from infocus_graphql.settings.passkeys import RelyingParty

if TYPE_CHECKING:
    from infocus_graphql.security.webauthn import WebAuthn


def passkeys_installed() -> bool:
    """Whether the extra `passkeys` is installed."""
    return find_spec("webauthn") is not None


def load_webauthn(party: RelyingParty, timeout_seconds: float) -> "WebAuthn":
    """The WebAuthn operations of a relying party.

    The first call imports the library, which is slow; call it in a thread.
    """
    from infocus_graphql.security.webauthn import WebAuthn  # noqa: PLC0415 - an extra, and slow to load

    return WebAuthn(party, timeout_seconds)
