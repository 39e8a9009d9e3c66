"""The lists of the local TMDB: streaming services, regions, certifications, and the configuration."""

from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]

# Ids, names and the country in which each has the first place. Brands with several ids, and names with a
# blank at the end, as TMDB has them.
SERVICES: Final = (
    (8, "Netflix", "US"), (9, "Amazon Prime Video", "US"), (119, "Amazon Prime Video", "DE"),
    (337, "Disney Plus ", "GB"), (390, "Disney Plus", "JP"), (2, "Apple TV", "AT"),
    (350, "Apple TV Plus", "FR"), (1899, "Max", "US"), (15, "Hulu", "US"), (11, "MUBI", "TR"),
    (30, "WOW", "DE"), (2100, "Amazon Prime Video with Ads", "US"),
)  # fmt: skip
SERVICE_NAMES: Final = {number: name for number, name, _ in SERVICES}
COUNTRIES: Final = {
    "US": "United States of America", "GB": "United Kingdom", "DE": "Germany", "AT": "Austria",
    "FR": "France", "TR": "Turkey", "JP": "Japan",
}  # fmt: skip
OFFER_TYPES: Final = ("flatrate", "free", "ads", "rent", "buy")

# By country, in order; NR has the order 0.
CERTIFICATIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "movie": {
        "US": ("NR", "G", "PG", "PG-13", "R", "NC-17"), "GB": ("", "U", "PG", "12A", "12", "15", "18"),
        "DE": ("", "0", "6", "12", "16", "18"), "FR": ("", "TP", "12", "16", "18"),
    },
    "tv": {
        "US": ("NR", "TV-Y", "TV-Y7", "TV-G", "TV-PG", "TV-14", "TV-MA"),
        "DE": ("", "0", "6", "12", "16", "18"), "FR": ("NR", "10", "12", "16", "18"),
    },
}  # fmt: skip
CONFIGURATION: Final[Json] = {
    "images": {
        "base_url": "http://image.tmdb.org/t/p/",
        "secure_base_url": "https://image.tmdb.org/t/p/",
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
    }
}


def provider(number: int) -> Json:
    """A service in an offer."""
    return {
        "provider_id": number,
        "provider_name": SERVICE_NAMES[number],
        "logo_path": f"/l{number}.jpg",
        "display_priority": 1,
    }


def providers(region: str | None) -> Json:
    """The list of services; with their ranks by country, or those of one region."""
    found = []
    for place, (number, _, first) in enumerate(SERVICES):
        ranks = {country: 0 if country == first else place + 1 for country in COUNTRIES}
        if region is None or region in ranks:
            found.append(provider(number) | {"display_priority": place, "display_priorities": ranks})
    return {"results": found}


def regions() -> Json:
    """The countries for which offers are known."""
    return {
        "results": [
            {"iso_3166_1": code, "english_name": name, "native_name": name}
            for code, name in COUNTRIES.items()
        ]
    }


def certifications(kind: str) -> Json:
    """The certifications of each country with their rank."""
    return {
        "certifications": {
            country: [
                {"certification": rating, "meaning": "", "order": order}
                for order, rating in enumerate(ratings)
                if rating
            ]
            for country, ratings in CERTIFICATIONS[kind].items()
        }
    }
