"""Language tags of BCP 47: a language of ISO 639-1, alone or with a country."""

import re
from typing import Final

from infocus_graphql.core.countries import COUNTRIES, likely_country
from infocus_graphql.core.wording import suggestion

LANGUAGES: Final = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii
    ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi
    mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw
    sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk
    ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)
# Common codes of other standards, and country codes that are mistaken for languages.
_MISTAKEN: Final = {
    "cn": "zh",
    "cz": "cs",
    "deu": "de",
    "dk": "da",
    "eng": "en",
    "fra": "fr",
    "ger": "de",
    "gr": "el",
    "in": "id",
    "ita": "it",
    "iw": "he",
    "jp": "ja",
    "jpn": "ja",
    "kr": "ko",
    "spa": "es",
    "tur": "tr",
    "ua": "uk",
}
_SEPARATORS: Final = re.compile("[-_]")
_LONGEST_SHOWN: Final = 20


def canonical_language(value: str) -> str | None:
    """Returns the tag in its usual case, `de-AT` for `DE-at`; None if the tag is unknown.

    RFC 5646 says that the case of a tag has no meaning.
    """
    language, dash, country = value.partition("-")
    if not value.isascii() or language.lower() not in LANGUAGES:
        return None
    if dash and country.upper() not in COUNTRIES:
        return None
    return f"{language.lower()}{dash}{country.upper()}"


def language_error(value: str) -> str:
    """Returns the error message for a tag without a canonical form, with a suggestion if there is one."""
    shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    text = f"“{shown}” is not a language of ISO 639-1, alone or with a country, such as de or de-AT."
    meant = _likely_language(value) if len(value) <= _LONGEST_SHOWN else None
    return text + (suggestion([meant]) if meant else "")


def _likely_language(value: str) -> str | None:
    """Returns the tag that an invalid one stands for: `de-AT` for `de_AT`, `en-GB` for `eng-UK`."""
    language, *rest = _SEPARATORS.split(value)
    countries = [country for part in rest if (country := likely_country(part))]
    return canonical_language("-".join([_MISTAKEN.get(language.lower(), language), *countries[:1]]))
