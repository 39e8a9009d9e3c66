"""What browsers are asked for passkeys, and whether their answers are good, after WebAuthn.

The one file that knows the library, which is an extra and slow to load: see `load_webauthn`.
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
    """The options and the checks of one relying party."""

    def __init__(self, party: RelyingParty, seconds: float) -> None:
        self._party = party
        self._milliseconds = round(seconds * 1000)

    def registration_options(
        self, challenge: bytes, owner: WebAuthnUser, known: Mapping[str, Sequence[str]], hints: Sequence[str]
    ) -> dict[str, Any]:
        """What `PublicKeyCredential.parseCreationOptionsFromJSON` takes.

        The new passkey can be found without a name, checks who uses it, and is none of the `known` ones
        (ids, each with its transports).
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
    ) -> dict[str, Any]:
        """What `PublicKeyCredential.parseRequestOptionsFromJSON` takes; for any passkey, or the `known`."""
        options = generate_authentication_options(
            rp_id=self._party.id,
            challenge=challenge,
            timeout=self._milliseconds,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _json(options, hints)

    def verify_registration(self, answer: CredentialResponse, challenge: bytes) -> RegisteredCredential:
        """The passkey that was made for this challenge. Raises BadCredential if it is not good."""
        try:
            # No attestation was asked for: certificates that come nevertheless are not even read.
            statement = parse_attestation_object(decoded(answer.parts["attestationObject"]))
            bare = statement.fmt == AttestationFormat.NONE
            if not bare and (statement.fmt != AttestationFormat.PACKED or statement.att_stmt.x5c):
                raise InvalidCredential("an attestation that was not asked for")
            made = verify_registration_response(
                credential=answer.as_json(),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
            _check_key(made.credential_public_key)
        except InvalidCredential:
            raise
        except Exception as error:  # the library raises nearly anything over bytes that it can't read
            raise InvalidCredential(f"{type(error).__name__}: {error}") from error
        if _text(made.credential_id) != answer.id or len(answer.id) > MAX_ID:
            raise InvalidCredential("it has another id than it says")
        return RegisteredCredential(
            answer.id,
            _text(made.credential_public_key),
            made.sign_count,
            made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            made.credential_backed_up,
            answer.transports,
        )

    def verify_authentication(
        self, answer: CredentialResponse, challenge: bytes, public_key: str
    ) -> AssertionResult:
        """How the passkey with this public key was used. Raises BadCredential if it was not.

        Its counter is for the caller to compare, which takes a good signature first.
        """
        try:
            found = verify_authentication_response(
                credential=answer.as_json(),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                credential_public_key=decoded(public_key),
                credential_current_sign_count=0,  # any counter will do
                require_user_verification=True,
            )
        except Exception as error:  # as above
            raise InvalidCredential(f"{type(error).__name__}: {error}") from error
        eligible = found.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        return AssertionResult(found.new_sign_count, eligible, found.credential_backed_up)


def _check_key(public_key: bytes) -> None:
    """Refuses keys that are not what their algorithm says, weak ones, and those that are slow to use."""
    said = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(said)
    if isinstance(key, EllipticCurvePublicKey):
        good = said.alg == _ES256 and isinstance(key.curve, SECP256R1)
    elif isinstance(key, RSAPublicKey):
        small = key.public_numbers().e < _MAX_EXPONENT
        good = said.alg == _RS256 and key.key_size in _RSA_BITS and small
    else:
        good = said.alg == _EDDSA and isinstance(key, Ed25519PublicKey)
    if not good:
        raise InvalidCredential("a key that is not what its algorithm says")


def _described(known: Mapping[str, Sequence[str]]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=decoded(each), transports=[AuthenticatorTransport(name) for name in transports] or None
        )
        for each, transports in known.items()
    ]


def _json(options: Any, hints: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = options_to_json_dict(options=options)
    return {**found, "hints": list(hints)} if hints else found


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
