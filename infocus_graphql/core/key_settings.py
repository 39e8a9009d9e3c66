"""The settings of asymmetric signing keys."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode


class KeySettings(BaseSettings):
    """A part of `Settings`."""

    jwt_key_files: Annotated[dict[str, Path], NoDecode] = Field(
        default_factory=dict,
        description="Private keys (Ed25519, or RSA of 2048 bits or more, PEM) as `kid:path`, separated by "
        "commas. With any, the first signs instead of INFOCUS_JWT_KEYS, and the public halves are at "
        "`/.well-known/jwks.json`. Needs `pip install 'infocus-graphql[asymmetric]'`.",
    )

    @field_validator("jwt_key_files", mode="before")
    @classmethod
    def _split_key_files(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
        if any(not kid or not path for kid, _, path in pairs):
            raise ValueError("write each key file as kid:path, separated by commas")
        if len({kid for kid, _, _ in pairs}) < len(pairs):
            raise ValueError("two key files have the same kid")
        return {kid: path for kid, _, path in pairs}
