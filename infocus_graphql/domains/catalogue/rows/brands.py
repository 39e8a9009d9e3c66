"""Brands of streaming services. TMDB has several provider ids, and several spellings, for some."""

import re
from typing import Final

from infocus_graphql.core.folding import input_search_form
from infocus_graphql.domains.catalogue.rows.values import line
from infocus_graphql.domains.streaming.models import MAX_NAME, MAX_SLUG

# TMDB's provider ids of one brand, where the names differ or could be those of two brands. Providers whose
# names have one search form are one brand anyway. Channels ("… Amazon Channel") stay services of their own:
# they need another subscription.
_IDS: Final = {
    8: "Netflix",
    1796: "Netflix",  # Netflix basic with Ads
    9: "Amazon Prime Video",
    119: "Amazon Prime Video",
    2100: "Amazon Prime Video",  # Amazon Prime Video with Ads
    10: "Amazon Video",
    337: "Disney Plus",
    390: "Disney Plus",
    350: "Apple TV Plus",
    384: "HBO Max",
    1899: "HBO Max",
    531: "Paramount Plus",
    1770: "Paramount Plus",  # with Showtime
    2303: "Paramount Plus",  # Premium
    2616: "Paramount Plus",  # Essential
    386: "Peacock",  # Premium
    387: "Peacock",  # Premium Plus
}
# Search forms of other names.
_NAMES: Final = {
    "amazon prime": "Amazon Prime Video",
    "prime video": "Amazon Prime Video",
    "disney+": "Disney Plus",
    "apple tv+": "Apple TV Plus",
    "paramount+": "Paramount Plus",
    "max": "HBO Max",
    "netflix basic with ads": "Netflix",
    "netflix standard with ads": "Netflix",
    "amazon prime video with ads": "Amazon Prime Video",
}
_NO_SLUG: Final = re.compile(r"[^0-9a-z]+")


def brand(provider_id: int, name: str) -> str | None:
    """The name of the brand of a provider; None if the name is empty."""
    if provider_id in _IDS:
        return _IDS[provider_id]
    found = line(name, MAX_NAME)
    return None if found is None else _NAMES.get(input_search_form(found), found)


def slug(name: str) -> str:
    """A short name for URLs: `disney-plus`. Names without Latin letters and digits have none of their own."""
    plain = input_search_form(name).replace("+", " plus ").replace("&", " and ")
    return _NO_SLUG.sub("-", plain).strip("-")[:MAX_SLUG].strip("-") or "service"
