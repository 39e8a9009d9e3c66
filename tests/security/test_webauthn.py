"""WebAuthn: the relying party, and the verification of responses."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import cbor2
import pytest
from pydantic import ValidationError

from infocus_graphql.security.webauthn import WebAuthn
from infocus_graphql.security.webauthn_responses import (
    CREATED,
    USED,
    AssertionResult,
    CredentialResponse,
    InvalidCredential,
    WebAuthnUser,
)
from infocus_graphql.settings import Environment, Settings
from infocus_graphql.settings.passkeys import RelyingParty
from tests.support.authenticator import HAS_KEY, PRESENT, VERIFIED, Authenticator, b64, eddsa, unb64

CHALLENGE = bytes(range(32))
PARTY = RelyingParty("localhost", "InFocus", ("http://localhost:8000",))
CEREMONIES = WebAuthn(PARTY, 300)
OWNER = WebAuthnUser("us" + "0" * 25, "ann@example.org", "Ann")
PRODUCTION: dict[str, Any] = {
    "env": Environment.PRODUCTION,
    "database_url": "postgresql://infocus@db/infocus",
    "jwt_keys": {"k": "k" * 32},
    "mail": "off",
}


def party(**values: Any) -> RelyingParty | None:
    """Returns the relying party for these settings."""
    return Settings(_env_file=None, **values).relying_party


# --- the relying party ---


@pytest.mark.parametrize(
    ("values", "domain", "origins"),
    [
        ({"port": 8123}, "localhost", ["http://localhost:8123"]),
        (
            {"web_url": "https://Films.example.org:443/app"},
            "films.example.org",
            ["https://films.example.org"],
        ),
        (
            {
                "web_url": "https://example.org:8443",
                "cors_origins": "https://tv.example.org,https://other.org",
            },
            "example.org",
            ["https://example.org:8443", "https://tv.example.org"],
        ),
        ({"web_url": "http://192.168.0.7:8000"}, "localhost", ["http://localhost:8000"]),
        (
            {"cors_origins": "http://localhost:5173"},
            "localhost",
            ["http://localhost:8000", "http://localhost:5173"],
        ),
        ({"passkey_domain": "example.org"}, "example.org", ["https://example.org"]),
        (
            {
                "passkey_domain": "example.org",
                "passkey_origins": f"https://a.example.org, android:apk-key-hash:{'x' * 43}",
            },
            "example.org",
            ["https://a.example.org", f"android:apk-key-hash:{'x' * 43}"],
        ),
        (
            {**PRODUCTION, "web_url": "https://films.example.org", "passkey_domain": "example.org"},
            "example.org",
            ["https://films.example.org"],
        ),
    ],
)
def test_it_is_derived_from_the_urls_or_configured(
    values: dict[str, Any], domain: str, origins: list[str]
) -> None:
    assert party(**values) == RelyingParty(domain, "InFocus", tuple(origins))


def test_in_production_passkeys_need_a_domain() -> None:
    assert party(**PRODUCTION) is None
    assert party(**PRODUCTION, web_url="https://192.0.2.7") is None
    assert party(**PRODUCTION, web_url="https://[2001:db8::1]:8000") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"passkey_domain": "https://example.org"},
        {"passkey_domain": "example.org:443"},
        {"passkey_domain": "org"},
        {"passkey_domain": "Example.org"},
        {"passkey_name": ""},
        {"passkey_origins": "http://example.org", "passkey_domain": "example.org"},
        {"passkey_origins": "https://example.org/", "passkey_domain": "example.org"},
        {"passkey_origins": "https://example.org", "passkey_domain": "films.example.org"},
        {"passkey_origins": "https://badexample.org", "passkey_domain": "example.org"},
        {"passkey_origins": "*"},
        {"passkey_origins": "android:apk-key-hash:x"},
    ],
)
def test_invalid_combinations_prevent_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        party(**wrong)


# --- responses ---


def options() -> dict[str, Any]:
    """Returns registration options."""
    return CEREMONIES.registration_options(CHALLENGE, OWNER, {}, [])


def used(credential: dict[str, Any], public_key: str) -> AssertionResult:
    """Verifies an assertion and returns the result."""
    return CEREMONIES.verify_authentication(CredentialResponse.read(credential, USED), CHALLENGE, public_key)


def made(credential: dict[str, Any]) -> Any:
    """Verifies a registration and returns the new credential."""
    return CEREMONIES.verify_registration(CredentialResponse.read(credential, CREATED), CHALLENGE)


def mutations(credential: dict[str, Any], parts: tuple[str, ...], number: int) -> Iterator[dict[str, Any]]:
    """Yields copies of the credential, each with random damage in one of its parts."""
    chance = random.Random(7)
    for _ in range(number):
        changed, part = deepcopy(credential), chance.choice(parts)
        data = bytearray(unb64(changed["response"][part]))
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                data[place : place + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\xbf\x9f\x7f\xd8"])
        if bytes(data) != unb64(credential["response"][part]):
            changed["response"][part] = b64(bytes(data))
            yield changed


def test_no_damaged_assertion_is_accepted() -> None:
    device = Authenticator(kind=eddsa)
    key = made(device.create(options())).public_key
    good = device.get(CEREMONIES.authentication_options(CHALLENGE, {}, []))
    assert used(good, key) == AssertionResult(1, False, False)
    parts = ("clientDataJSON", "authenticatorData", "signature")
    for changed in mutations(good, parts, 300):
        with pytest.raises(InvalidCredential):
            used(changed, key)


def test_damaged_registrations_cause_no_other_error_than_rejection() -> None:
    good = Authenticator(kind=eddsa).create(options())
    refused = 0
    for changed in mutations(good, ("clientDataJSON", "attestationObject"), 300):
        try:
            made(changed)
        except InvalidCredential:
            refused += 1
    # Some bits are not checked, such as the model of the device, and a damaged key is another valid key.
    assert refused > 200


def around(attested: Any) -> dict[str, Any]:
    """Returns a response with this attested data."""
    device = Authenticator()
    credential = device.create(options())
    head = unb64(b64(bytes(32))) + bytes([PRESENT | VERIFIED | HAS_KEY]) + bytes(4)
    whole = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": head + bytes(18) + attested})
    credential["response"]["attestationObject"] = b64(whole)
    return credential


NASTY = {
    "lists in lists": b"\x81" * 3000 + b"\x00",
    "maps in maps": b"\xa1" * 3000 + b"\x00",
    "a promise of much": bytes.fromhex("9bffffffffffffffff"),
    "a circle": bytes.fromhex("d81c81d81d00"),
    "a huge number": bytes.fromhex("c5821a3b9aca0001"),
    "a pattern": b"\xd8\x23" + cbor2.dumps("(a?){1000}" * 250),
    "a mail": b"\xd8\x24" + cbor2.dumps("From: a\n" * 300),
}


@pytest.mark.parametrize("attested", NASTY.values(), ids=NASTY)
def test_malicious_attested_data_is_rejected(attested: bytes) -> None:
    with pytest.raises(InvalidCredential):
        made(around(attested))


def replaced(**changes: Any) -> dict[str, Any]:
    """Returns a valid response with some parts replaced."""
    device = Authenticator(user_handle=b64(OWNER.id.encode()))
    credential = device.get(CEREMONIES.authentication_options(CHALLENGE, {}, []))
    for name, value in changes.items():
        place = credential["response"] if name in credential["response"] else credential
        place[name] = value
    return credential


def client_data(value: Any) -> str:
    """Returns a value as clientDataJSON."""
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


@pytest.mark.parametrize(
    "credential",
    [
        {},
        replaced(type="password"),
        replaced(rawId="AAAA"),
        replaced(id=None, rawId=None),
        replaced(id="a" * 1368, rawId="a" * 1368),
        replaced(id="a+b/", rawId="a+b/"),
        replaced(response=None),
        replaced(response=[]),
        replaced(signature=1),
        replaced(signature=""),
        replaced(signature="AAAAA"),
        replaced(signature="AAA="),
        replaced(signature="A" * 4000),
        replaced(authenticatorData="A" * 4000),
        replaced(userHandle="A" * 200),
        replaced(clientDataJSON="A" * 8000),
        replaced(clientDataJSON=client_data(b"\xff")),
        replaced(clientDataJSON=client_data(b"[" * 2000)),
        replaced(clientDataJSON=client_data([])),
        replaced(clientDataJSON=client_data({"challenge": 1})),
        replaced(clientDataJSON=client_data({"challenge": "é"})),
        replaced(clientDataJSON=client_data({"challenge": "AAAA", "crossOrigin": "no"})),
    ],
)
def test_responses_of_another_form_are_rejected_before_verification(credential: dict[str, Any]) -> None:
    with pytest.raises(InvalidCredential):
        CredentialResponse.read(credential, USED)
