"""TOTP codes, with the test vectors of RFC 6238."""

from base64 import b32encode

import pytest

from infocus_graphql.security.totp import code_of, matching_step, new_totp_secret, otpauth_url, step_at

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_match_the_rfc_vectors(seconds: int, code: str) -> None:
    assert code_of(SECRET, step_at(seconds)) == code


def test_a_code_is_valid_one_step_before_and_after_its_time() -> None:
    code, at = code_of(SECRET, 100), 100 * 30 + 15
    found = [matching_step(SECRET, code, at=at + shift * 30, after=None) for shift in (-2, -1, 0, 1, 2)]
    assert found == [None, 100, 100, 100, None]


def test_a_used_step_is_rejected() -> None:
    code, at = code_of(SECRET, 100), 100 * 30.0
    assert matching_step(SECRET, code, at=at, after=99) == 100
    assert matching_step(SECRET, code, at=at, after=100) is None
    assert matching_step(SECRET, code, at=at, after=101) is None


@pytest.mark.parametrize("wrong", ["", "0", "x" * 6, "é²३", "0" * 1000])
def test_malformed_codes_are_rejected(wrong: str) -> None:
    assert matching_step(SECRET, wrong, at=59.0, after=None) is None


def test_secrets_have_160_bits_and_urls_are_quoted() -> None:
    secret = new_totp_secret()
    assert len(secret) == 32 and secret != new_totp_secret()
    link = otpauth_url(secret, "a b&c@example.com")
    assert link.startswith("otpauth://totp/InFocus%3Aa%20b%26c%40example.com?secret=")
