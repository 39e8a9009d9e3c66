"""Settings: the only reader of the environment. Each field is one variable `INFOCUS_<NAME>`."""

from enum import Enum
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from infocus_graphql.settings.database import DatabaseSettings
from infocus_graphql.settings.errors import PREFIX, variable
from infocus_graphql.settings.http import HttpSettings
from infocus_graphql.settings.live import LiveSettings
from infocus_graphql.settings.mail import MailBackend, MailSettings
from infocus_graphql.settings.operations import OperationSettings
from infocus_graphql.settings.passkeys import PasskeySettings, RelyingParty
from infocus_graphql.settings.rate_limits import RateSettings, RateStore
from infocus_graphql.settings.retention import RetentionSettings
from infocus_graphql.settings.sessions import SessionSettings
from infocus_graphql.settings.signing_keys import KeySettings, load_or_create_key
from infocus_graphql.settings.tmdb import TmdbSettings

# Not allowed in the web application's URL: queries, fragments, credentials, and unsafe characters.
_FORBIDDEN: Final = frozenset('?#@ "<>\\^`{|}')


class Environment(Enum):
    """The environment: `development` has convenient defaults, `production` requires configuration."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    TEST = "test"


class Registration(Enum):
    """Who can create an account, and under which condition."""

    OPEN = "open"
    VERIFIED = "verified"
    INVITE = "invite"
    CLOSED = "closed"


class Settings(
    RetentionSettings,
    RateSettings,
    TmdbSettings,
    OperationSettings,
    PasskeySettings,
    SessionSettings,
    KeySettings,
    MailSettings,
    DatabaseSettings,
    LiveSettings,
    HttpSettings,
):
    """All settings, read once at start-up and immutable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # error messages must not contain a mistyped key
    )

    env: Environment = Field(Environment.DEVELOPMENT, description="`development`, `production` or `test`.")
    web_url: str | None = Field(
        None,
        description="URL of the web application that links in mails point to, such as "
        "`https://infocus.example.org`. Default: this server. Required in production if mail is on.",
    )
    api_url: str | None = Field(
        None,
        description="Public URL of this API, for the links in e-mails that turn notifications off without "
        "signing in. Default: INFOCUS_WEB_URL, whose server then has to pass `/unsubscribe` on to this one.",
    )
    registration: Registration | None = Field(
        None,
        description="Who can register. `open`: everyone, at once; `verified`: after confirming the e-mail "
        "address; `invite`: only with an invitation to a family; `closed`: no one. Default: `open`; in "
        "production `verified`, or `invite` if mail is off.",
    )
    graphiql: bool | None = Field(
        None, description="Serve the GraphiQL explorer at `/graphiql`. Default: true except in production."
    )
    data_browser: bool | None = Field(
        None,
        description="Serve the data browser for staff at `/admin`. Default: true except in production.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Log level: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto",
        description="Log format: `json`, `console`, or `auto` (`json` in production, else `console`).",
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("web_url", "api_url")
    @classmethod
    def _one_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
            right = right and value.isprintable() and not _FORBIDDEN.intersection(value)
        except ValueError:  # an invalid port
            right = False
        if not right:
            raise ValueError("write a URL such as https://infocus.example.org, optionally with a path")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _mails_prove_addresses(self) -> Self:
        if self.registration is Registration.VERIFIED and self.mail_backend is MailBackend.OFF:
            raise ValueError("INFOCUS_REGISTRATION=verified requires mail: choose invite, open or closed")
        return self

    @model_validator(mode="after")
    def _passkeys_are_for_our_pages(self) -> Self:
        _ = self.relying_party  # raises ValueError if an origin is outside the domain
        return self

    @model_validator(mode="after")
    def _production_is_configured(self) -> Self:
        if self.production:
            missing = [variable(name) for name in ("database_url", "jwt_keys") if not getattr(self, name)]
            if self.mail is None and self.mail_host is None:
                missing.append("INFOCUS_MAIL_HOST (or INFOCUS_MAIL=off)")
            if self.web_url is None and self.mail_backend is MailBackend.SMTP:
                missing.append("INFOCUS_WEB_URL")
            if missing:
                raise ValueError(f"production requires {' and '.join(missing)}")
        return self

    @property
    def production(self) -> bool:
        """Whether this is a production server."""
        return self.env is Environment.PRODUCTION

    @property
    def web_address(self) -> str:
        """The base URL of links in mails, without a trailing slash."""
        return self.web_url or f"http://{self.host}:{self.port}"

    @property
    def api_address(self) -> str:
        """The public base URL of this API, without a trailing slash."""
        return self.api_url or self.web_address

    @property
    def relying_party(self) -> RelyingParty | None:
        """The WebAuthn relying party; None if no domain is known, which disables passkeys."""
        local = () if self.production else (f"http://localhost:{self.port}",)
        return self.party_for((*((self.web_url,) if self.web_url else ()), *local, *self.cors_origins))

    @property
    def registration_mode(self) -> Registration:
        """The registration mode, with the default applied."""
        if self.registration is not None:
            return self.registration
        if not self.production:
            return Registration.OPEN
        return Registration.INVITE if self.mail_backend is MailBackend.OFF else Registration.VERIFIED

    @property
    def rate_store(self) -> RateStore:
        """The store of rate limit counters, with the default applied; `off` by default outside production."""
        if self.rate_limits is not None:
            return self.rate_limits
        if not self.production:
            return RateStore.OFF
        return RateStore.MEMORY if self.workers == 1 else RateStore.DATABASE

    @property
    def allows_local_pages(self) -> bool:
        """Whether web pages on this machine may use the API, on any port."""
        if self.cors_local_pages is None:
            return self.env is Environment.DEVELOPMENT
        return self.cors_local_pages

    @property
    def serves_graphiql(self) -> bool:
        """Whether the GraphiQL explorer is served."""
        return not self.production if self.graphiql is None else self.graphiql

    @property
    def serves_data_browser(self) -> bool:
        """Whether the data browser is served."""
        return not self.production if self.data_browser is None else self.data_browser

    @property
    def allows_introspection(self) -> bool:
        """Whether introspection is enabled."""
        return not self.production if self.introspection is None else self.introspection

    @property
    def makes_suggestions(self) -> bool:
        """Whether validation errors may suggest names from the schema."""
        return not self.production if self.suggestions is None else self.suggestions

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are marked `Secure` (HTTPS only)."""
        return self.production if self.cookie_secure is None else self.cookie_secure

    @property
    def signing_keys(self) -> dict[str, bytes]:
        """Keys by key id, the signing key first; in development one is generated and stored in `data_dir`."""
        if self.jwt_keys:
            return {kid: key.get_secret_value().encode() for kid, key in self.jwt_keys.items()}
        return {"development": load_or_create_key(self.data_dir / "development.key")}
