"""Passkey settings, and the WebAuthn relying party that follows from them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from infocus_graphql.settings.http import listed, usable_port

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"localhost|(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_WEB: Final = re.compile(rf"(https://({_LABEL}\.)*{_LABEL}|http://({_LABEL}\.)*localhost)(:\d{{1,5}})?")
_APP: Final = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The WebAuthn relying party: its id (a domain), its name, and the origins that may use passkeys."""

    id: str
    name: str
    origins: tuple[str, ...]


class PasskeySettings(BaseSettings):
    """Passkeys."""

    passkey_domain: str | None = Field(
        None,
        description="Relying party id: the domain for passkeys, such as `example.org`. They work on it and "
        "its subdomains. Changing it invalidates all passkeys. Default: the domain of INFOCUS_WEB_URL; "
        "outside production also `localhost`. Requires `pip install 'infocus-graphql[passkeys]'`.",
    )
    passkey_name: str = Field(
        "InFocus", min_length=1, max_length=64, description="The name that browsers show for this server."
    )
    passkey_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins of the pages that may use passkeys, separated by commas; Android apps as "
        "`android:apk-key-hash:…`. Default: the origins of INFOCUS_WEB_URL and INFOCUS_CORS_ORIGINS within "
        "the domain.",
    )

    @field_validator("passkey_domain")
    @classmethod
    def _a_domain(cls, value: str | None) -> str | None:
        if value is not None and not _DOMAIN.fullmatch(value):
            raise ValueError("write a domain such as example.org, without https:// and without a port")
        return value

    @field_validator("passkey_origins", mode="before")
    @classmethod
    def _split_passkey_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        for each in (origins := listed(value)):
            if not (_APP.fullmatch(each) or (_WEB.fullmatch(each) and usable_port(each))):
                form = "write each one as https://app.example.org, separated by commas"
                raise ValueError(f"{each!r} is not an origin; {form}")
        return origins

    def party_for(self, pages: Sequence[str]) -> RelyingParty | None:
        """The relying party, with the known `pages` (URLs) as default origins; None if no domain is known.

        Raises ValueError if a configured origin is outside the domain.
        """
        domain = self.passkey_domain or next(_domains(pages), None)
        if domain is None:
            return None
        outside = [
            each for each in self.passkey_origins if not _APP.fullmatch(each) and not _in(domain, each)
        ]
        if outside:
            raise ValueError(f"{outside[0]} is not in INFOCUS_PASSKEY_DOMAIN ({domain})")
        known = tuple(dict.fromkeys(_origin(each) for each in pages if _in(domain, each)))
        return RelyingParty(
            domain, self.passkey_name, self.passkey_origins or known or (f"https://{domain}",)
        )


def _domains(pages: Iterable[str]) -> Iterator[str]:
    """The hosts of pages that can be relying party ids: domains with a dot, and `localhost`."""
    for page in pages:
        host = urlsplit(page).hostname or ""
        if _DOMAIN.fullmatch(host) and not _is_address(host):
            yield host


def _in(domain: str, page: str) -> bool:
    host = urlsplit(page).hostname or ""
    return host == domain or host.endswith(f".{domain}")


def _origin(page: str) -> str:
    """The origin of a page as browsers serialise it, without a default port."""
    parts = urlsplit(page)
    usual = parts.port is None or parts.port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}" + ("" if usual else f":{parts.port}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
