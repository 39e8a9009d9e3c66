"""Environment variables with our prefix that are not settings: misspelled, or from another version."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import structlog
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

from infocus_graphql.settings.errors import PREFIX, UnusableSetting, variable

log = structlog.get_logger("infocus.settings")


@dataclass(frozen=True, slots=True)
class UnknownSetting:
    """A variable with our prefix that is not a setting, and the closest setting, if any."""

    name: str
    suggestion: str | None

    def __str__(self) -> str:
        meant = f"; did you mean {self.suggestion}?" if self.suggestion else "."
        return f"{self.name} is not a setting{meant}"


def unknown_settings(settings: type[BaseSettings]) -> list[UnknownSetting]:
    """The unknown variables in the environment and in `.env`, sorted by name."""
    found = {*EnvSettingsSource(settings).env_vars, *_in_file(settings)}
    known = [variable(name) for name in settings.model_fields]
    names = sorted({name.upper() for name in found if name.upper().startswith(PREFIX)} - set(known))
    return [UnknownSetting(name, _closest(name, known)) for name in names]


def warn_of_unknown_settings(settings: type[BaseSettings]) -> None:
    """Logs a warning for each variable with our prefix that is not a setting."""
    for each in unknown_settings(settings):
        log.warning("unknown setting", variable=each.name, suggestion=each.suggestion)


def refuse_unreadable_file(settings: type[BaseSettings]) -> None:
    """Raises UnusableSetting if `.env` exists but can't be read."""
    _in_file(settings)


def _in_file(settings: type[BaseSettings]) -> Iterable[str]:
    try:
        return DotEnvSettingsSource(settings).env_vars
    except OSError as error:
        raise UnusableSetting(f"{Path('.env').resolve()} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableSetting(f"{Path('.env').resolve()} can't be read: it is not UTF-8.") from error


def _closest(name: str, known: list[str]) -> str | None:
    # Compared without the common prefix, which would make all names look similar.
    bare = {each.removeprefix(PREFIX): each for each in known}
    close = get_close_matches(name.removeprefix(PREFIX), bare, n=1)
    return bare[close[0]] if close else None
