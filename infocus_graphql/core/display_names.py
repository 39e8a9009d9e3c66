"""Names of countries and languages, and the languages of countries, from Unicode's CLDR in Babel."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from infocus_graphql.core.countries import COUNTRIES
from infocus_graphql.core.folding import search_form
from infocus_graphql.core.languages import LANGUAGES

if TYPE_CHECKING:
    from babel import Locale

_ENGLISH: Final = "en"
_KEPT: Final = 64  # lists of names, of 10 kB each


@lru_cache(_KEPT)
def country_names(language: str) -> tuple[tuple[str, str], ...]:
    """The codes of all countries with their names in `language` (such as `de-AT`), sorted by name.

    A name that is unknown in the language is in English.
    """
    return _sorted(COUNTRIES, dict(_locale(_ENGLISH).territories), dict(_locale(language).territories))


@lru_cache(_KEPT)
def language_names(language: str) -> tuple[tuple[str, str], ...]:
    """The codes of all languages with their names in `language`, sorted by name."""
    return _sorted(LANGUAGES, dict(_locale(_ENGLISH).languages), dict(_locale(language).languages))


@lru_cache
def official_languages(country: str) -> frozenset[str]:
    """The codes of the official languages of a country, also of its regions."""
    from babel.languages import get_official_languages  # noqa: PLC0415 - as in `_locale`

    tags = get_official_languages(country, regional=True, de_facto=True)
    return frozenset(tag.partition("_")[0] for tag in tags)


def _sorted(codes: frozenset[str], *names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    known = {code: name for each in names for code, name in each.items()}
    found = [(code, known.get(code, code)) for code in codes]
    return tuple(sorted(found, key=lambda pair: (search_form(pair[1]), pair[0])))


def _locale(tag: str) -> "Locale":
    """The locale of a tag, or else of its language, or else the English one."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - it takes 60 ms, which few processes need

    for identifier in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(identifier, sep="-")
        except UnknownLocaleError:
            continue
    return Locale(_ENGLISH)
