"""WebAuthn ceremonies: options for browsers, and verification of their credential responses.

The only module that imports the `webauthn` library, an extra that is slow to import: see `load_webauthn`.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_attestation_object,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.security.webauthn_responses import (
    MAX_ID,
    AssertionResult,
    CredentialResponse,
    InvalidCredential,
    RegisteredCredential,
    WebAuthnUser,
    decoded,
)
from infocus_graphql.settings.passkeys import RelyingParty

_ES256: Final = COSEAlgorithmIdentifier.ECDSA_SHA_256
_EDDSA: Final = COSEAlgorithmIdentifier.EDDSA
_RS256: Final = COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256
_ALGORITHMS: Final = [_ES256, _EDDSA, _RS256]
_RSA_BITS: Final = range(2048, 4097)
_MAX_EXPONENT: Final = 2**32


class WebAuthn:
    """The WebAuthn ceremonies of one relying party."""

    def __init__(self, party: RelyingParty, seconds: float) -> None:
        self._party = party
        self._milliseconds = round(seconds * 1000)

    def registration_options(
        self, challenge: bytes, owner: WebAuthnUser, known: Mapping[str, Sequence[str]], hints: Sequence[str]
    ) -> JsonObject:
        """The argument of `PublicKeyCredential.parseCreationOptionsFromJSON` in the browser.

        Requests a discoverable credential with user verification, on an authenticator that has none of the
        `known` credentials (transports by id).
        """
        options = generate_registration_options(
            rp_id=self._party.id,
            rp_name=self._party.name,
            user_id=owner.id.encode(),
            user_name=owner.name,
            user_display_name=owner.shown,
            challenge=challenge,
            timeout=self._milliseconds,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(known),
            supported_pub_key_algs=_ALGORITHMS,
        )
        return _json(options, hints)

    def authentication_options(
        self, challenge: bytes, known: Mapping[str, Sequence[str]], hints: Sequence[str]
    ) -> JsonObject:
        """The argument of `PublicKeyCredential.parseRequestOptionsFromJSON`; `known` limits the passkeys."""
        options = generate_authentication_options(
            rp_id=self._party.id,
            challenge=challenge,
            timeout=self._milliseconds,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _json(options, hints)

    def verify_registration(self, response: CredentialResponse, challenge: bytes) -> RegisteredCredential:
        """Verifies a new passkey for this challenge. Raises InvalidCredential if it isn't valid."""
        try:
            # Attestation was not requested: certificates are rejected without being parsed.
            statement = parse_attestation_object(decoded(response.parts["attestationObject"]))
            bare = statement.fmt == AttestationFormat.NONE
            if not bare and (statement.fmt != AttestationFormat.PACKED or statement.att_stmt.x5c):
                raise InvalidCredential("an attestation that was not requested")
            made = verify_registration_response(
                credential=response.as_json(),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
            _check_key(made.credential_public_key)
        except InvalidCredential:
            raise
        except Exception as error:  # the library raises many types for malformed bytes
            raise InvalidCredential(f"{type(error).__name__}: {error}") from error
        if _text(made.credential_id) != response.id or len(response.id) > MAX_ID:
            raise InvalidCredential("the id does not match the credential's")
        return RegisteredCredential(
            response.id,
            _text(made.credential_public_key),
            made.sign_count,
            made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            made.credential_backed_up,
            response.transports,
        )

    def verify_authentication(
        self, response: CredentialResponse, challenge: bytes, public_key: str
    ) -> AssertionResult:
        """Verifies an assertion with the passkey's public key. Raises InvalidCredential if it isn't valid.

        The caller compares the signature counter.
        """
        try:
            found = verify_authentication_response(
                credential=response.as_json(),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                credential_public_key=decoded(public_key),
                credential_current_sign_count=0,  # accepts any counter
                require_user_verification=True,
            )
        except Exception as error:  # as above
            raise InvalidCredential(f"{type(error).__name__}: {error}") from error
        eligible = found.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        return AssertionResult(found.new_sign_count, eligible, found.credential_backed_up)


def _check_key(public_key: bytes) -> None:
    """Rejects keys that don't match their algorithm, weak keys, and keys that are slow to verify with."""
    credential_key = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(credential_key)
    if isinstance(key, EllipticCurvePublicKey):
        valid = credential_key.alg == _ES256 and isinstance(key.curve, SECP256R1)
    elif isinstance(key, RSAPublicKey):
        small = key.public_numbers().e < _MAX_EXPONENT
        valid = credential_key.alg == _RS256 and key.key_size in _RSA_BITS and small
    else:
        valid = credential_key.alg == _EDDSA and isinstance(key, Ed25519PublicKey)
    if not valid:
        raise InvalidCredential("the key does not match its algorithm, or is weak")


def _described(known: Mapping[str, Sequence[str]]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=decoded(each), transports=[AuthenticatorTransport(name) for name in transports] or None
        )
        for each, transports in known.items()
    ]


def _json(options: Any, hints: Sequence[str]) -> JsonObject:
    found: JsonObject = options_to_json_dict(options=options)
    return {**found, "hints": list(hints)} if hints else found


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
