"""The blocks that TMDB appends to a title: made-up people, offers and videos."""

import random
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from infocus_graphql.local_tmdb.catalogue import Fact

Json: TypeAlias = dict[str, Any]

PEOPLE: Final = 3_000_000  # ids of made-up people begin here
# Brands with several ids, and names with a blank at the end, as TMDB has them.
SERVICES: Final = (
    (8, "Netflix"), (9, "Amazon Prime Video"), (119, "Amazon Prime Video"),
    (337, "Disney Plus "), (2, "Apple TV"), (350, "Apple TV Plus"), (1899, "Max"), (15, "Hulu"),
    (11, "MUBI"), (30, "WOW"),
)  # fmt: skip
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
_COUNTRIES: Final = ("US", "GB", "DE", "AT", "FR", "TR", "JP")
_OFFER_TYPES: Final = ("flatrate", "free", "ads", "rent", "buy")
_GIVEN: Final = ("Ada", "Ben", "Cleo", "Dara", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lea")
_FAMILY: Final = ("Adler", "Brook", "Costa", "Dahl", "Engel", "Ferro", "Grant", "Holm", "Ito", "Jansen")
_CERTIFICATIONS: Final = {"US": "R", "GB": "15", "DE": "16", "FR": "12"}


def overview(fact: Fact, language: str) -> str:
    """A made-up text, in English only: in other languages TMDB has an empty one."""
    return f"The local TMDB has no real text about {fact.title}." if language.startswith("en") else ""


def made_up_name(number: int) -> str:
    """The name of a made-up person."""
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number // len(_GIVEN) % len(_FAMILY)]}"


def _cast(fact: Fact) -> list[Json]:
    chance = random.Random(fact.id)  # noqa: S311 - made-up data
    found = []
    for order, number in enumerate(chance.sample(range(120), 12)):
        found.append(
            {"id": PEOPLE + 100 + number, "name": made_up_name(number), "order": order, "profile_path": None}
        )
    return found


def _credits(fact: Fact) -> Json:
    cast = [each | {"credit_id": f"{fact.id}-c{i}", "character": ""} for i, each in enumerate(_cast(fact))]
    crew = [
        {
            "id": PEOPLE + i,
            "name": name,
            "credit_id": f"{fact.id}-d{i}",
            "department": "Directing",
            "job": "Director",
        }
        for i, name in enumerate(fact.creators)
    ]
    return {"cast": cast, "crew": crew}


def _aggregate_credits(fact: Fact) -> Json:
    episodes = sum(fact.seasons)
    cast = [
        each
        | {
            "roles": [{"credit_id": f"{fact.id}-c{i}", "character": f"Role {i}", "episode_count": episodes}],
            "total_episode_count": episodes,
        }
        for i, each in enumerate(_cast(fact))
    ]
    return {"cast": cast, "crew": []}


def _release_dates(fact: Fact) -> Json:
    """A festival without a certification, and two releases that disagree."""
    when = f"{fact.date or '2000-01-01'}T00:00:00.000Z"
    return {
        "results": [
            {
                "iso_3166_1": country,
                "release_dates": [
                    {"certification": "", "release_date": when, "type": 1, "note": ""},
                    {"certification": "NR", "release_date": when, "type": 5, "descriptors": []},
                    {"certification": f"{rating} ", "release_date": when, "type": 3},
                ],
            }
            for country, rating in _CERTIFICATIONS.items()
        ]
    }


def _content_ratings(fact: Fact) -> Json:
    found = [{"iso_3166_1": country, "rating": rating} for country, rating in _CERTIFICATIONS.items()]
    return {"id": fact.id, "results": [*found, {"iso_3166_1": "FR", "rating": "16"}]}


def _external_ids(fact: Fact) -> Json:
    return {"imdb_id": f"tt{fact.id:07}", "wikidata_id": "", "facebook_id": None, "tvdb_id": None}


def _keywords(fact: Fact) -> Json:
    return {"results" if fact.type == "tv" else "keywords": [{"id": 9_000_001, "name": "made up"}]}


def _translations(fact: Fact) -> Json:
    member = "name" if fact.type == "tv" else "title"
    texts = {"en": fact.title, fact.language: "", **fact.titles}
    return {
        "translations": [
            {
                "iso_639_1": language,
                "iso_3166_1": "US" if language == "en" else language.upper(),
                "name": language,
                "data": {member: text, "overview": overview(fact, language), "homepage": ""},
            }
            for language, text in texts.items()
        ]
    }


def _videos(fact: Fact) -> Json:
    video = {
        "site": "YouTube",
        "key": f"made-up-{fact.id}",
        "type": "Trailer",
        "official": True,
        "iso_639_1": "en",
    }
    return {"results": [video | {"name": "Trailer", "published_at": "2024-12-01 10:00:00 UTC"}]}


def _offers(fact: Fact) -> Json:
    """A service may offer a title in several ways, and some countries have only the link."""
    chance = random.Random(fact.id)  # noqa: S311 - made-up data
    results: Json = {}
    for country in _COUNTRIES:
        offers: Json = {"link": f"https://www.themoviedb.org/{fact.type}/{fact.id}/watch?locale={country}"}
        for kind in chance.sample(_OFFER_TYPES, chance.randint(0, 3)):
            offers[kind] = [
                {
                    "provider_id": number,
                    "provider_name": name,
                    "logo_path": f"/l{number}.jpg",
                    "display_priority": 1,
                }
                for number, name in chance.sample(SERVICES, 2)
            ]
        results[country] = offers
    return {"results": results}


def _recommendations(fact: Fact) -> Json:
    member = "name" if fact.type == "tv" else "title"
    similar = {"id": fact.id + 1, "media_type": fact.type, member: f"After {fact.title}", "adult": False}
    return {"page": 1, "results": [similar], "total_pages": 1, "total_results": 1}


BLOCKS: Final[dict[str, Callable[[Fact], Json]]] = {
    "credits": _credits,
    "aggregate_credits": _aggregate_credits,
    "release_dates": _release_dates,
    "content_ratings": _content_ratings,
    "external_ids": _external_ids,
    "keywords": _keywords,
    "translations": _translations,
    "videos": _videos,
    "watch/providers": _offers,
    "recommendations": _recommendations,
}
