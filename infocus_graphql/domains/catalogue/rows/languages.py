"""Languages of TMDB, and the country whose translation is the default of a language."""

import re
from typing import Final

_CODE: Final = re.compile(r"[a-z]{2}", re.ASCII)
# Codes of TMDB that are not in ISO 639-1: Cantonese, Serbo-Croatian, Moldavian, and "no language".
_OTHERS: Final = {"cn": "zh", "sh": "sr", "mo": "ro", "xx": None}
# Where several countries have a translation of a language. A language that is not here has its default in the
# country with the same code, such as DE for German.
_COUNTRIES: Final = {
    "ar": "SA", "ca": "ES", "cs": "CZ", "da": "DK", "el": "GR", "en": "US", "et": "EE", "eu": "ES",
    "fa": "IR", "gl": "ES", "he": "IL", "hi": "IN", "ja": "JP", "ka": "GE", "ko": "KR", "ms": "MY",
    "nb": "NO", "no": "NO", "sl": "SI", "sq": "AL", "sr": "RS", "sv": "SE", "uk": "UA", "vi": "VN",
    "zh": "CN",
}  # fmt: skip


def language(code: str | None) -> str | None:
    """A language code of ISO 639-1; None for an unknown one."""
    if code is None or not _CODE.fullmatch(code):
        return None
    return _OTHERS.get(code, code)


def default_country(language: str) -> str:
    """The country whose translation is the default of the language."""
    return _COUNTRIES.get(language, language.upper())
