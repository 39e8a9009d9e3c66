"""Access tokens with any change of their text, segments or claims are rejected."""

import base64
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings, strategies
from pydantic import SecretStr

from infocus_graphql.core.viewer import TokenFault, Viewer
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.settings import Environment, Settings
from tests.support.ids import SESSION, USER

SECRETS = {"first": "the first key, which is long enough", "second": "the second key, which is long enough"}
VALUES = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(max_size=20),
    lambda inner: (
        strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=5), inner)
    ),
    max_leaves=4,
)
CLAIMS = ("iss", "aud", "sub", "sid", "jti", "iat", "exp", "nbf", "staff")
STRICT = settings(max_examples=80, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> AccessTokens:
    """Token verification with two shared keys and a private one, which signs."""
    path: Path = tmp_path_factory.mktemp("keys") / "ed.pem"
    key = ed25519.Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return AccessTokens(
        Settings(
            _env_file=None,
            env=Environment.TEST,
            jwt_keys={kid: SecretStr(key) for kid, key in SECRETS.items()},
            jwt_key_files={"ed": path},
        )
    )


@pytest.fixture(scope="module")
def good(tokens: AccessTokens) -> str:
    """A valid token."""
    return tokens.access_token(user_id=USER, session_id=SESSION, is_staff=False).text


def refused(tokens: AccessTokens, text: str) -> bool:
    """Whether a token is rejected."""
    viewer: Viewer = tokens.verify(text)
    return viewer.fault is not None and viewer.id is None and not viewer.is_staff


def decoded(part: str) -> bytes:
    """Returns the bytes of a segment."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(value: Any) -> str:
    """Returns the segment for bytes, or for the JSON of a value."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(header: Any, claims: Any, secret: str = SECRETS["first"], digest: str = "sha256") -> str:
    """Returns a token with any header and claims, signed with a valid key."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(hmac.digest(secret.encode(), text.encode(), digest))}"


HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": "first"}


def claims_of(token: str) -> dict[str, Any]:
    """Returns the claims of a token."""
    found: dict[str, Any] = json.loads(decoded(token.split(".")[1]))
    return found


@STRICT
@given(part=strategies.integers(0, 2), at=strategies.integers(0, 10**6), bit=strategies.integers(0, 7))
def test_every_flipped_bit_is_detected(tokens: AccessTokens, good: str, part: int, at: int, bit: int) -> None:
    parts = good.split(".")
    data = bytearray(decoded(parts[part]))
    data[at % len(data)] ^= 1 << bit
    parts[part] = encoded(bytes(data))
    assert refused(tokens, ".".join(parts))
    assert tokens.verify(good).id == USER


FORMS = {
    "iss": "infocus",
    "aud": "infocus-api",
    "sub": "us[0-9a-z]{25}",
    "sid": "se[0-9a-z]{25}",
    "jti": "[A-Za-z0-9_-]{22}",
}


def is_right(claim: str, value: Any, issued: int) -> bool:
    """Whether this value of a claim is valid for a token issued at that second."""
    if claim in FORMS:
        return isinstance(value, str) and re.fullmatch(FORMS[claim], value, re.ASCII) is not None
    if claim == "staff":
        return isinstance(value, bool) or value is ...
    if value is ...:
        return claim == "nbf"
    if type(value) is not int:
        return False
    earliest, latest = {
        "iat": (issued, issued + 55),
        "nbf": (0, issued + 55),
        "exp": (issued + 5, issued + 900),
    }[claim]
    return earliest <= value <= latest


@STRICT
@given(claim=strategies.sampled_from(CLAIMS), value=VALUES | strategies.just(...))
@example(claim="sub", value="us" + "0" * 24 + "\0")
@example(claim="sid", value="se" + "0" * 24 + "\ud800")
@example(claim="sid", value="se" + "0" * 25 + "\n")
@example(claim="sub", value="se" + "0" * 25)
@example(claim="sub", value="us" + "\u0661" * 25)
@example(claim="sub", value="US" + "0" * 25)
@example(claim="aud", value=["infocus-api"])
@example(claim="aud", value=["infocus-api", "elsewhere"])
@example(claim="iat", value="1")
@example(claim="iat", value=float("nan"))
@example(claim="iat", value=float("inf"))
@example(claim="iat", value=2**63)
@example(claim="iat", value=-1)
@example(claim="iat", value=True)
@example(claim="exp", value=float("inf"))
@example(claim="exp", value=float("nan"))
@example(claim="exp", value=1e300)
@example(claim="exp", value=10**300)
@example(claim="exp", value="9999999999")
@example(claim="nbf", value=float("-inf"))
@example(claim="nbf", value="1")
@example(claim="nbf", value=None)
@example(claim="staff", value="false")
@example(claim="staff", value=None)
@example(claim="staff", value=0)
@example(claim="jti", value="j" * 21 + "\0")
def test_invalid_claims_with_a_valid_signature_are_rejected(
    tokens: AccessTokens, good: str, claim: str, value: Any
) -> None:
    claims = claims_of(good)
    whole = signed(HEADER, claims)
    assert tokens.verify(whole).id == USER
    if is_right(claim, value, claims["iat"]):
        return
    if value is ...:
        claims.pop(claim)
    else:
        claims[claim] = value
    assert refused(tokens, signed(HEADER, claims))


@STRICT
@given(key=strategies.sampled_from(["alg", "typ", "kid", "jku", "jwk", "x5u", "crit", "b64"]), value=VALUES)
def test_invalid_headers_with_a_valid_signature_are_rejected(
    tokens: AccessTokens, good: str, key: str, value: Any
) -> None:
    assert refused(tokens, signed({**HEADER, key: value}, claims_of(good)))


@pytest.mark.parametrize(
    ("claim", "seconds", "accepted"),
    [
        ("iat", 50, True), ("iat", 70, False), ("iat", 0.5, False), ("iat", -800, True), ("iat", -900, False),
        ("nbf", 50, True), ("nbf", 70, False), ("nbf", -(10**6), True),
        ("exp", 10, True), ("exp", 895, True), ("exp", 10.5, False), ("exp", 1000, False), ("exp", -1, False),
    ],
)  # fmt: skip
def test_times_are_integers_with_a_tolerance_of_a_minute(
    tokens: AccessTokens, good: str, claim: str, seconds: float, accepted: bool
) -> None:
    now = int(time.time())
    claims = claims_of(good) | {"iat": now, "exp": now + 60} | {claim: now + seconds}
    viewer = tokens.verify(signed(HEADER, claims))
    assert (viewer.id == USER) is accepted
    assert viewer.fault is (None if accepted else TokenFault.EXPIRED if seconds == -1 else TokenFault.INVALID)


def test_the_claims_must_be_a_json_object(tokens: AccessTokens, good: str) -> None:
    claims = claims_of(good)
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    for value in (
        None,
        [],
        "text",
        1,
        [claims],
        b"",
        b"{",
        b"\xff",
        b"[" * 2900,
        b'{"exp":1' + b"0" * 2000 + b"}",
    ):
        assert refused(tokens, signed(HEADER, value))
    for claim in (*claims, "further"):
        assert refused(tokens, signed(HEADER, claims | {claim: deep})) or claim == "further"


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "HS384", "HS512", "RS256", "EdDSA", "ES256", "PS256", "HS256 "]
)
def test_the_key_determines_the_algorithm(tokens: AccessTokens, good: str, alg: str) -> None:
    claims = claims_of(good)
    for kid in ("first", "ed", "unknown"):
        header = {**HEADER, "alg": alg, "kid": kid}
        digest = {"HS384": "sha384", "HS512": "sha512"}.get(alg, "sha256")
        assert refused(tokens, signed(header, claims, digest=digest))
        unsigned = f"{encoded(header)}.{encoded(claims)}."
        assert refused(tokens, unsigned) and refused(tokens, unsigned.rstrip("."))


def test_keys_can_not_be_confused(tokens: AccessTokens, good: str) -> None:
    claims = claims_of(good)
    # The public key is known to everyone and must not be accepted as a shared secret.
    (public,) = tokens.public_keys
    raw = decoded(public["x"])
    for secret in (raw, public["x"].encode(), json.dumps(public).encode(), b""):
        text = f"{encoded({**HEADER, 'kid': 'ed'})}.{encoded(claims)}"
        assert refused(tokens, f"{text}.{encoded(hmac.digest(secret or b'x', text.encode(), 'sha256'))}")
    assert refused(tokens, signed({**HEADER, "kid": "second"}, claims))
    assert tokens.verify(signed({**HEADER, "kid": "second"}, claims, SECRETS["second"])).id == USER
    foreign = jwt.encode(
        claims, ed25519.Ed25519PrivateKey.generate(), "EdDSA", {"kid": "ed", "typ": "at+jwt"}
    )
    assert refused(tokens, foreign)


def test_a_token_needs_three_segments_in_order(tokens: AccessTokens, good: str) -> None:
    head, body, signature = good.split(".")
    parts = (head, body, signature)
    spelled = {
        ".".join(each)
        for each in [
            (head, body), (head,), (), (body, head, signature), (signature, body, head), (*parts, ""),
            ("", *parts), (*parts, signature), (head, body, body, signature),
            (head, "", signature), ("", body, signature),
            (head, body, signature, "", ""), (*parts, *parts), (head, body, signature * 2),
        ]
    }  # fmt: skip
    spelled |= {good[:size] for size in range(len(good))}
    spelled |= {good + tail for tail in ("=", "==", "A", "\n", " ", "\0", ".", "%00", "é", good)}
    spelled |= {
        good.replace(".", ".."),
        good.swapcase(),
        good.replace("-", "+").replace("_", "/") + "=",
        good[::-1],
    }
    assert [text for text in spelled if not refused(tokens, text)] == []
