"""Settings: the only reader of the environment. Each field is one variable `INFOCUS_<NAME>`."""

import re
import secrets
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from infocus_graphql.core.edge_settings import EdgeSettings
from infocus_graphql.core.key_settings import KeySettings
from infocus_graphql.core.mail_settings import MailSettings, MailWay
from infocus_graphql.core.passkey_settings import PasskeySettings, RelyingParty
from infocus_graphql.core.rate_settings import RateSettings, RateStore
from infocus_graphql.core.retention_settings import RetentionSettings

MIN_KEY_BYTES = 32
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?")


class Environment(Enum):
    """Where the server runs: `development` helps, `production` refuses what is not configured."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    TEST = "test"


class Registration(Enum):
    """Who can make an account, and what it takes."""

    OPEN = "open"
    VERIFIED = "verified"
    INVITE = "invite"
    CLOSED = "closed"


_POOL_SIZE = (
    "Connections of a worker for planned reads; other reads, hot changes and transactions have half each."
)


class Settings(RateSettings, RetentionSettings, MailSettings, KeySettings, PasskeySettings, EdgeSettings):
    """Everything that can be configured, read once at start and never changed."""

    model_config = SettingsConfigDict(
        env_prefix="INFOCUS_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a mistyped key must not be printed with the complaint about it
    )

    env: Environment = Field(Environment.DEVELOPMENT, description="`development`, `production` or `test`.")
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or newer, as `postgresql://user:password@host/database`. "
        "Without it an embedded PostgreSQL is started (never in production).",
    )
    data_dir: Path = Field(
        Path(".infocus"), description="Where the embedded PostgreSQL and the development key live."
    )
    pg_bin: Path | None = Field(
        None, description="A folder with PostgreSQL's programs, for the embedded server."
    )
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the server listens on.")
    workers: int = Field(1, ge=1, le=64, description="Number of server processes.")
    web_url: str | None = Field(
        None,
        description="Address of the web application that links in mails lead to, such as "
        "`https://infocus.example.org`; by default the server's own. Required in production with mails.",
    )
    registration: Registration | None = Field(
        None,
        description="`open`: accounts at once; `verified`: when the link in a mail is opened; `invite`: only "
        "with an invitation to a family; `closed`: not at all. By default `open`; in production `verified`, "
        "or `invite` without mails.",
    )
    jwt_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="Signing keys as `kid:secret`, separated by commas; the first signs, all verify. "
        "At least 32 bytes each. Required in production.",
    )
    jwt_issuer: str = Field("infocus", description="`iss` of the access tokens.")
    jwt_audience: str = Field("infocus-api", description="`aud` of the access tokens.")
    access_token_minutes: int = Field(15, ge=1, le=15, description="Life of an access token.")
    refresh_token_days: int = Field(
        7, ge=1, le=30, description="Life of a refresh token; each use starts it anew."
    )
    session_days: int = Field(30, ge=1, le=30, description="Life of a session, however often it is used.")
    refresh_grace_seconds: int = Field(
        10, ge=0, le=10, description="How long a lost refresh answer can be asked for again."
    )
    cookie_secure: bool | None = Field(
        None, description="Whether the refresh cookie is `Secure`; by default in production only."
    )
    argon2_memory_kib: int = Field(19456, ge=8, description="Memory of one password hash.")
    argon2_time_cost: int = Field(2, ge=1, description="Passes of one password hash.")
    password_threads: int = Field(2, ge=1, le=32, description="Password hashes computed at a time.")
    password_queue: int = Field(
        100, ge=0, description="Password hashes that wait for these; those on top are refused for a moment."
    )
    pool_size: int = Field(10, ge=1, le=100, description=_POOL_SIZE)
    pool_timeout_seconds: float = Field(3, gt=0, description="Longest wait for a connection.")
    statement_timeout_ms: int = Field(4000, ge=1, description="Longest time of one SQL statement.")
    lock_timeout_ms: int = Field(2000, ge=1, description="Longest wait for a lock.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins of web pages that may use the API besides its own, separated by commas: "
        "`https://app.example.org`.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Networks of the proxies that are believed about `X-Forwarded-For`, separated by "
        "commas: `10.0.0.0/8`. Without any, the address of the connection counts.",
    )
    max_body_bytes: int = Field(262_144, ge=1024, description="Largest request body.")
    max_characters: int = Field(50_000, ge=1000, description="Longest GraphQL document.")
    max_tokens: int = Field(2000, ge=100, description="Most tokens of a GraphQL document.")
    max_depth: int = Field(12, ge=1, description="Most levels of an operation; `edges` and `node` are one.")
    max_aliases: int = Field(30, ge=0, description="Most aliases of an operation.")
    max_root_fields: int = Field(20, ge=1, description="Most root fields of an operation.")
    max_directives: int = Field(50, ge=0, description="Most directives of an operation.")
    max_repetitions: int = Field(100, ge=0, description="Most repetitions of fields in the same braces.")
    max_operations: int = Field(20, ge=1, description="Most operations of a document.")
    max_cost: int = Field(5000, ge=1, description="Most rows, weighed, that an operation may ask for.")
    shutdown_seconds: int = Field(15, ge=0, description="Time that running requests get to finish.")
    graphiql: bool | None = Field(
        None, description="Whether the explorer is served; by default outside production only."
    )
    data_browser: bool | None = Field(
        None, description="Whether staff have a data browser at `/admin`; by default outside production only."
    )
    introspection: bool | None = Field(
        None, description="Whether the schema can be asked for; by default outside production only."
    )
    suggestions: bool | None = Field(
        None,
        description='Whether errors say "Did you mean"; by default outside production only.',
    )
    persisted_queries: bool = Field(
        True, description="Whether clients may name documents by their hash (automatic persisted queries)."
    )
    trusted_documents: Path | None = Field(
        None,
        description="A file as relay-compiler or graphql-codegen write it: other documents are refused.",
    )
    log_level: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")
    log_format: str = Field(
        "auto", pattern="^(auto|json|console)$", description="`json`, `console`, or `auto` by environment."
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("write each origin as https://app.example.org, separated by commas")
        return origins

    @field_validator("jwt_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
        if any(not kid or not secret for kid, _, secret in pairs):
            raise ValueError("write each key as kid:secret, separated by commas")
        if len({kid for kid, _, _ in pairs}) < len(pairs):
            raise ValueError("two keys have the same kid")
        return {kid: secret for kid, _, secret in pairs}

    @field_validator("jwt_keys")
    @classmethod
    def _long_keys(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for kid, secret in value.items():
            if len(secret.get_secret_value().encode()) < MIN_KEY_BYTES:
                raise ValueError(f"key {kid!r} is shorter than {MIN_KEY_BYTES} bytes")
        return value

    @field_validator("web_url")
    @classmethod
    def _one_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
                raise ValueError("write it as https://infocus.example.org, or with a path")
            return value.rstrip("/")
        return value

    @model_validator(mode="after")
    def _mails_prove_addresses(self) -> Self:
        if self.registration is Registration.VERIFIED and self.mail_way is MailWay.OFF:
            raise ValueError("INFOCUS_REGISTRATION=verified needs mails: choose invite, open or closed")
        return self

    @model_validator(mode="after")
    def _passkeys_are_for_our_pages(self) -> Self:
        _ = self.relying_party  # complains of what doesn't fit
        return self

    @model_validator(mode="after")
    def _production_is_configured(self) -> Self:
        if self.production:
            missing = [
                f"INFOCUS_{name.upper()}" for name in ("database_url", "jwt_keys") if not getattr(self, name)
            ]
            if self.mail is None and self.mail_host is None:
                missing.append("INFOCUS_MAIL_HOST (or INFOCUS_MAIL=off)")
            if self.web_url is None and self.mail_way is MailWay.SMTP:
                missing.append("INFOCUS_WEB_URL")
            if missing:
                raise ValueError(f"production needs {' and '.join(missing)}")
        return self

    @property
    def production(self) -> bool:
        """Whether this is a production server."""
        return self.env is Environment.PRODUCTION

    @property
    def web_address(self) -> str:
        """Where links in mails lead, without a slash at its end."""
        return self.web_url or f"http://{self.host}:{self.port}"

    @property
    def relying_party(self) -> RelyingParty | None:
        """Whom passkeys are for; None where that is not known, and there can be none."""
        local = () if self.production else (f"http://localhost:{self.port}",)
        return self.party_for((*((self.web_url,) if self.web_url else ()), *local, *self.cors_origins))

    @property
    def registration_mode(self) -> Registration:
        """Who can make an account."""
        if self.registration is not None:
            return self.registration
        if not self.production:
            return Registration.OPEN
        return Registration.INVITE if self.mail_way is MailWay.OFF else Registration.VERIFIED

    @property
    def rate_store(self) -> RateStore:
        """Where uses are counted; nowhere outside production by default: trying things out is no abuse."""
        if self.rate_limits is not None:
            return self.rate_limits
        if not self.production:
            return RateStore.OFF
        return RateStore.MEMORY if self.workers == 1 else RateStore.DATABASE

    @property
    def allows_local_pages(self) -> bool:
        """Whether pages of this machine may use the API, on whichever port they are."""
        if self.cors_local_pages is None:
            return self.env is Environment.DEVELOPMENT
        return self.cors_local_pages

    @property
    def serves_graphiql(self) -> bool:
        """Whether the explorer is served."""
        return not self.production if self.graphiql is None else self.graphiql

    @property
    def serves_data_browser(self) -> bool:
        """Whether the data browser is served."""
        return not self.production if self.data_browser is None else self.data_browser

    @property
    def allows_introspection(self) -> bool:
        """Whether clients may ask for the schema."""
        return not self.production if self.introspection is None else self.introspection

    @property
    def makes_suggestions(self) -> bool:
        """Whether errors may name what else is in the schema."""
        return not self.production if self.suggestions is None else self.suggestions

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are for HTTPS only."""
        return self.production if self.cookie_secure is None else self.cookie_secure

    @property
    def signing_keys(self) -> dict[str, bytes]:
        """Keys by id, the signing one first; in development a random one is made and kept with the data."""
        if self.jwt_keys:
            return {kid: key.get_secret_value().encode() for kid, key in self.jwt_keys.items()}
        return {"development": _kept_key(self.data_dir / "development.key")}


def _kept_key(path: Path) -> bytes:
    """The key in `path`, made at first use; two processes that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_hex(MIN_KEY_BYTES).encode()
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(fresh)
    try:
        path.hardlink_to(draft)  # fails when another process was first: then its key counts
    except FileExistsError:
        kept = path.read_bytes()
        if len(kept) < MIN_KEY_BYTES:
            raise ValueError(f"{path} is damaged: delete it, and a new key is made") from None
        return kept
    finally:
        draft.unlink()
    return fresh
