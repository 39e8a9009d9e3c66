"""Settings of the keys that sign tokens."""

import secrets
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from infocus_graphql.settings.errors import UnusableSetting

MIN_KEY_BYTES: Final = 32


class KeySettings(BaseSettings):
    """Signing keys."""

    jwt_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="Signing keys as `kid:secret`, separated by commas; the first signs, all verify. "
        "At least 32 bytes each. Required in production.",
    )
    jwt_key_files: Annotated[dict[str, Path], NoDecode] = Field(
        default_factory=dict,
        description="Private keys (PEM; Ed25519, or RSA of at least 2048 bits) as `kid:path`, separated by "
        "commas. If set, the first one signs instead of INFOCUS_JWT_KEYS, and the public keys are published "
        "at `/.well-known/jwks.json`. Requires `pip install 'infocus-graphql[asymmetric]'`.",
    )
    jwt_issuer: str = Field("infocus", description="The `iss` claim of access tokens.")
    jwt_audience: str = Field("infocus-api", description="The `aud` claim of access tokens.")

    @field_validator("jwt_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return _pairs(
            value, "write each key as kid:secret, separated by commas", "two keys have the same kid"
        )

    @field_validator("jwt_keys")
    @classmethod
    def _long_keys(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for kid, secret in value.items():
            if len(secret.get_secret_value().encode()) < MIN_KEY_BYTES:
                raise ValueError(f"key {kid!r} is shorter than {MIN_KEY_BYTES} bytes")
        return value

    @field_validator("jwt_key_files", mode="before")
    @classmethod
    def _split_key_files(cls, value: object) -> object:
        form = "write each key file as kid:path, separated by commas"
        return _pairs(value, form, "two key files have the same kid")


def _pairs(value: object, form: str, twice: str) -> object:
    """Parses `name:value,name:value`; returns a value that is not text unchanged."""
    if not isinstance(value, str):
        return value
    pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
    if any(not name or not text for name, _, text in pairs):
        raise ValueError(form)
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise ValueError(twice)
    return {name: text for name, _, text in pairs}


def load_or_create_key(path: Path) -> bytes:
    """Reads the key in `path`, or creates it; processes that start at the same time agree on one key."""
    try:
        return _load_or_create_key(path)
    except OSError as error:
        raise UnusableSetting(
            f"INFOCUS_DATA_DIR: the development key in {path} can't be read or written: {error.strerror}."
        ) from error


def _load_or_create_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_hex(MIN_KEY_BYTES).encode()
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(fresh)
    try:
        path.hardlink_to(draft)  # fails if another process was first: then its key is used
    except FileExistsError:
        kept = path.read_bytes()
        if len(kept) < MIN_KEY_BYTES:
            raise UnusableSetting(f"{path} is damaged: delete it to generate a new key.") from None
        return kept
    finally:
        draft.unlink()
    return fresh
