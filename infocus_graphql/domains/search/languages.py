"""The language in which a search asks TMDB.

TMDB's search has a parameter for the language, and none for the country. The country chooses between the
titles of one language: with `en` and GB, the search is in `en-GB`, where a film is called “… and the
Philosopher's Stone”.
"""

from functools import lru_cache
from typing import Final

from infocus_graphql.core.display_names import official_languages
from infocus_graphql.domains.catalogue.rows.languages import default_country
from infocus_graphql.domains.identity.user_settings.reads import FALLBACK_LANGUAGE

ENGLISH: Final = FALLBACK_LANGUAGE


@lru_cache(1_000)
def search_language(language: str | None, region: str | None) -> str:
    """Returns the tag for TMDB: the language, with a country if its titles differ from the usual ones.

    A region counts if the language is official there, and the language has no country of its own. `de-DE` is
    `de`, so that both share the cache.
    """
    code, _, country = (language or ENGLISH).partition("-")
    if not country and region is not None and code in official_languages(region):
        country = region
    return code if country in {"", default_country(code)} else f"{code}-{country}"
