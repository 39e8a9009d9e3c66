"""Asymmetric signing keys: others can verify tokens with the public keys but not sign."""

import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings, strategies
from jwt.utils import base64url_encode
from pydantic import SecretStr, ValidationError

from infocus_graphql.app import create_app
from infocus_graphql.core.viewer import TokenFault, Viewer
from infocus_graphql.security.access_tokens import AccessTokens
from infocus_graphql.security.signing_keys import UnusableKey
from infocus_graphql.settings import Environment, Settings
from tests.support.ids import SESSION, USER

SECRET = {"old": SecretStr("a shared key, which is long enough")}
ED, RSA = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
INVALID = Viewer(fault=TokenFault.INVALID)


def pem(key: Any) -> bytes:
    """Returns a private key in PEM format, as written by OpenSSL."""
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Creates a file for each kind of key."""
    kinds = {"ed": ED, "rsa": RSA, "ec": ec.generate_private_key(ec.SECP256R1())}
    kinds["weak"] = rsa.generate_private_key(65537, 1024)
    paths = {kid: tmp_path / f"{kid}.pem" for kid in kinds}
    for kid, key in kinds.items():
        paths[kid].write_bytes(pem(key))
    return paths


def configured(**values: Any) -> Settings:
    """Returns settings with these keys."""
    return Settings(_env_file=None, env=Environment.TEST, **{"jwt_keys": SECRET, **values})


def token_of(tokens: AccessTokens) -> str:
    """Returns an access token."""
    return tokens.access_token(user_id=USER, session_id=SESSION, is_staff=False).text


@pytest.mark.parametrize(("kid", "algorithm"), [("ed", "EdDSA"), ("rsa", "RS256")])
def test_tokens_can_be_verified_with_the_published_keys(
    files: dict[str, Path], kid: str, algorithm: str
) -> None:
    tokens = AccessTokens(configured(jwt_key_files={kid: files[kid]}))
    text = token_of(tokens)
    assert jwt.get_unverified_header(text) == {"alg": algorithm, "typ": "at+jwt", "kid": kid}
    assert tokens.verify(text) == Viewer(USER, SESSION)
    (published,) = tokens.public_keys
    assert {"kid", "alg", "use", "kty"} < set(published)
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(published)
    key = jwt.PyJWK(dict(published))
    assert jwt.decode(text, key, algorithms=[algorithm], audience="infocus-api")["sub"] == USER


def test_switching_to_a_private_key_keeps_sessions_valid(files: dict[str, Path]) -> None:
    before, after = AccessTokens(configured()), AccessTokens(configured(jwt_key_files={"ed": files["ed"]}))
    old = token_of(before)
    assert after.verify(old) == Viewer(USER, SESSION)
    assert after.derive_successors("a refresh token") == before.derive_successors("a refresh token")
    next_one = AccessTokens(configured(jwt_key_files={"rsa": files["rsa"], "ed": files["ed"]}))
    assert next_one.verify(token_of(after)) == Viewer(USER, SESSION)
    assert jwt.get_unverified_header(token_of(next_one))["kid"] == "rsa"
    assert [key["kid"] for key in next_one.public_keys] == ["rsa", "ed"]
    assert before.public_keys == []


def test_published_keys_can_not_sign(files: dict[str, Path]) -> None:
    tokens = AccessTokens(configured(jwt_key_files={"ed": files["ed"], "rsa": files["rsa"]}))
    claims = jwt.decode(token_of(tokens), options={"verify_signature": False})
    for kid, key in (("ed", ED), ("rsa", RSA)):
        public = key.public_key()
        raw = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        shown = json.dumps(next(each for each in tokens.public_keys if each["kid"] == kid)).encode()
        for secret in (raw, shown, b"k" * 32):
            # Signed manually, because the library rejects public keys as shared secrets.
            parts = ({"alg": "HS256", "typ": "at+jwt", "kid": kid}, claims)
            signed = b".".join(base64url_encode(json.dumps(each).encode()) for each in parts)
            signature = base64url_encode(hmac.digest(secret, signed, "sha256"))
            forged = (signed + b"." + signature).decode()
            assert tokens.verify(forged) == INVALID
    # Each key has its own algorithm, regardless of the header.
    for key, kid in ((ED, "rsa"), (RSA, "ed"), (ED, "old")):
        algorithm = "EdDSA" if key is ED else "RS256"
        forged = jwt.encode(claims, key, algorithm, headers={"kid": kid, "typ": "at+jwt"})
        assert tokens.verify(forged) == INVALID
    for algorithm in ("RS512", "PS256"):
        other = jwt.encode(claims, RSA, algorithm, headers={"kid": "rsa", "typ": "at+jwt"})
        assert tokens.verify(other) == INVALID


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=strategies.data())
def test_a_token_with_any_change_is_rejected(tmp_path_factory: Any, data: strategies.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "one.pem"
    path.write_bytes(pem(ED))
    tokens = AccessTokens(configured(jwt_key_files={"ed": path}))
    text = token_of(tokens)
    at = data.draw(strategies.integers(0, len(text) - 1))
    new = data.draw(strategies.sampled_from("ABCXYZabcxyz0189-_.=+/ \n\0é") | strategies.just(""))
    changed = text[:at] + new + text[at + data.draw(strategies.integers(0, 3)) :]
    assert (tokens.verify(changed) == INVALID) is (changed != text)


def test_errors_about_unusable_keys_do_not_contain_them(files: dict[str, Path], tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("swordfish, not a key")
    for path in (files["ec"], files["weak"], text, tmp_path / "missing.pem", tmp_path):
        with pytest.raises(UnusableKey) as error:
            AccessTokens(configured(jwt_key_files={"one": path}))
        assert str(path) in str(error.value)
        assert "swordfish" not in str(error.value) and "PRIVATE" not in str(error.value)
    with pytest.raises(UnusableKey, match="both have a key with the kid old"):
        AccessTokens(configured(jwt_key_files={"old": files["ed"]}))


def test_key_files_are_read_from_one_variable(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFOCUS_JWT_KEY_FILES", f"b:{files['ed']}, a:{files['rsa']}")
    assert configured().jwt_key_files == {"b": files["ed"], "a": files["rsa"]}
    for bad in ("ed", "ed:", ":/x", f"a:{files['ed']},a:{files['rsa']}"):
        monkeypatch.setenv("INFOCUS_JWT_KEY_FILES", bad)
        with pytest.raises(ValidationError):
            configured()


async def test_the_jwks_endpoint_exists_only_with_public_keys(files: dict[str, Path]) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    for keys, status in (({"ed": files["ed"]}, 200), ({}, 404)):
        app = create_app(configured(jwt_key_files=keys), database_url=nowhere)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            response = await http.get("/.well-known/jwks.json")
        assert response.status_code == status
        if keys:
            assert response.json() == {"keys": app.state.services.tokens.public_keys}
            assert response.headers["cache-control"] == "public, max-age=300"
