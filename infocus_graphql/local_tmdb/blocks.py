"""The blocks that TMDB appends to a title: made-up people, offers and videos."""

import random
from collections.abc import Callable, Mapping
from typing import Final
from zlib import crc32

from infocus_graphql.local_tmdb.facts import Fact
from infocus_graphql.local_tmdb.lists import COUNTRIES, OFFER_TYPES, SERVICES, Json, provider

PEOPLE: Final = 3_000_000  # ids of made-up people begin here
_FIRST_CAST: Final = 100
_FIRST_CREATOR: Final = 10_000
_FIRST_KEYWORD: Final = 9_000_000
_MADE_UP_IDS: Final = 1_000_000_000
_GIVEN: Final = ("Ada", "Ben", "Cleo", "Dara", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lea")
_FAMILY: Final = ("Adler", "Brook", "Costa", "Dahl", "Engel", "Ferro", "Grant", "Holm", "Ito", "Jansen")
_CERTIFICATIONS: Final = {"US": "R", "GB": "15", "DE": "16", "FR": "12"}
_FOR_CHILDREN: Final = {"US": "PG", "GB": "PG", "DE": "6", "FR": "TP"}
_CHILDREN: Final = {"Family", "Kids"}
_COUNTRIES: Final = {"en": "US", "ja": "JP", "ko": "KR"}


def overview(fact: Fact, language: str) -> str:
    """A made-up text in English, and in German if the title has a translation; else an empty one."""
    code = language.partition("-")[0]
    if code in fact.overviews:
        return fact.overviews[code]
    if code == "en":
        english = f"The local TMDB has no real text about {fact.title}."
        return english if fact.overview is None else fact.overview
    if code == "de" and "de" in fact.titles:
        return f"Das lokale TMDB hat keinen echten Text über {fact.titles['de']}."
    return ""


def made_up_name(number: int) -> str:
    """The name of a made-up person."""
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number // len(_GIVEN) % len(_FAMILY)]}"


def creators(fact: Fact) -> list[Json]:
    """The directors of a film or the creators of a series; a name has the same id in all titles."""
    return [{"id": _person_id(name), "name": name} for name in fact.creators]


def _person_id(name: str) -> int:
    return PEOPLE + _FIRST_CREATOR + crc32(name.encode()) % _MADE_UP_IDS


def _cast(fact: Fact) -> list[Json]:
    if fact.cast is not None:
        people = fact.cast
    else:
        chance = random.Random(fact.id)  # noqa: S311 - made-up data
        drawn = enumerate(chance.sample(range(len(_GIVEN) * len(_FAMILY)), 12))
        people = tuple((PEOPLE + _FIRST_CAST + n, made_up_name(n), f"Role {i}") for i, n in drawn)
    return [
        {"id": number, "name": name, "order": order, "profile_path": None, "character": character}
        for order, (number, name, character) in enumerate(people)
    ]


def _credits(fact: Fact) -> Json:
    cast = [each | {"credit_id": f"{fact.id}-c{each['id']}"} for each in _cast(fact)]
    crew = [
        each | {"credit_id": f"{fact.id}-d{each['id']}", "department": "Directing", "job": "Director"}
        for each in creators(fact)
    ]
    return {"cast": cast, "crew": crew}


def _aggregate_credits(fact: Fact) -> Json:
    episodes = sum(fact.seasons)
    cast = []
    for each in _cast(fact):
        role = {
            "credit_id": f"{fact.id}-c{each['id']}",
            "character": each.pop("character"),
            "episode_count": episodes,
        }
        cast.append(each | {"roles": [role], "total_episode_count": episodes})
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
            for country, rating in certifications_of(fact).items()
        ]
    }


def certifications_of(fact: Fact) -> Mapping[str, str]:
    """The certification of a title in each country."""
    if fact.certifications is not None:
        return fact.certifications
    return _CERTIFICATIONS if _CHILDREN.isdisjoint(fact.genres) else _FOR_CHILDREN


def _content_ratings(fact: Fact) -> Json:
    """France is there twice, if at all."""
    ratings = certifications_of(fact)
    found = [{"iso_3166_1": country, "rating": rating} for country, rating in ratings.items()]
    if "FR" in ratings:
        found.append({"iso_3166_1": "FR", "rating": "16"})
    return {"id": fact.id, "results": found}


def _external_ids(fact: Fact) -> Json:
    return {
        "imdb_id": fact.imdb_id,
        "wikidata_id": fact.wikidata,
        "facebook_id": None,
        "tvdb_id": fact.tvdb if fact.type == "tv" else None,
    }


def _keywords(fact: Fact) -> Json:
    found = [{"id": _keyword_id(name), "name": name} for name in fact.keywords]
    return {"results" if fact.type == "tv" else "keywords": found}


def _keyword_id(name: str) -> int:
    return _FIRST_KEYWORD + crc32(name.encode()) % _MADE_UP_IDS


def _translations(fact: Fact) -> Json:
    """The translation into the original language has no title of its own."""
    member = "name" if fact.type == "tv" else "title"
    texts = {"en": fact.title, fact.language: "", **fact.titles}
    if fact.language == "en":
        texts["en"] = fact.title
    return {
        "translations": [
            {
                "iso_639_1": language.partition("-")[0],
                "iso_3166_1": _COUNTRIES.get(language, language.upper().rpartition("-")[2]),
                "name": language,
                "data": {
                    member: text,
                    "overview": overview(fact, language),
                    "homepage": "",
                    "tagline": fact.tagline if language == "en" else "",
                },
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
    return {
        "results": {
            country: {"link": f"https://www.themoviedb.org/{fact.type}/{fact.id}/watch?locale={country}"}
            | {kind: [provider(number) for number in numbers] for kind, numbers in offers.items()}
            for country, offers in offers_of(fact).items()
        }
    }


def offers_of(fact: Fact) -> Mapping[str, Mapping[str, tuple[int, ...]]]:
    """The ids of the services that offer a title, by country and type of offer."""
    if fact.offers is not None:
        return fact.offers
    chance = random.Random(fact.id)  # noqa: S311 - made-up data
    numbers = [number for number, _, _ in SERVICES]
    return {
        country: {
            kind: tuple(chance.sample(numbers, 2))
            for kind in chance.sample(OFFER_TYPES, chance.randint(0, 3))
        }
        for country in COUNTRIES
    }


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
}
