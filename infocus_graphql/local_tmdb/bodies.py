"""The JSON that TMDB sends for a title: its members, and its ways to write "unknown"."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from infocus_graphql.local_tmdb.blocks import BLOCKS, PEOPLE, Json, made_up_name, overview
from infocus_graphql.local_tmdb.catalogue import GENRES, Fact

_VOTES_FOR_EACH_POINT: Final = 150
_SPECIALS: Final = 2


def details(fact: Fact, language: str, appended: Iterable[str]) -> Json:
    """The body of `/movie/{id}` or `/tv/{id}`. Unknown blocks and seasons that don't exist are left out."""
    series = fact.type == "tv"
    translated = fact.title_in(language)
    body: Json = {
        "adult": False,
        "backdrop_path": f"/b{fact.id}.jpg",
        "genres": [{"id": GENRES[fact.type][name], "name": name} for name in fact.genres],
        "homepage": "",
        "id": fact.id,
        "origin_country": ["US"],
        "original_language": fact.language,
        "overview": overview(fact, language),
        "popularity": fact.popularity,
        "poster_path": f"/p{fact.id}.jpg",
        "tagline": "",
        "vote_average": fact.rating,
        "vote_count": _votes(fact),
        "a_new_member": {"that no client": "knows"},
    }
    if series:
        body |= {
            "name": translated,
            "original_name": fact.original_title or fact.title,
            "first_air_date": fact.date,
            "last_air_date": fact.date,
            "episode_run_time": [],
            "created_by": [{"id": PEOPLE + i, "name": name} for i, name in enumerate(fact.creators)],
            "number_of_seasons": len(fact.seasons),
            "number_of_episodes": sum(fact.seasons),
            "next_episode_to_air": None,
            "seasons": [_season(fact, number, with_episodes=False) for number in _season_numbers(fact)],
            "status": "Ended",
        }
    else:
        body |= {
            "title": translated,
            "original_title": fact.original_title or fact.title,
            "release_date": fact.date,
            "runtime": fact.runtime,
            "imdb_id": f"tt{fact.id:07}",
            "belongs_to_collection": None,
            "status": "Released",
            "video": False,
        }
    for name in appended:
        if name.startswith("season/"):
            number = int(name.removeprefix("season/"))
            if series and number in _season_numbers(fact):
                body[name] = _season(fact, number, with_episodes=True)
        elif (block := BLOCKS.get(name)) is not None:
            body[name] = block(fact)
    return body


def season(fact: Fact, number: int) -> Json | None:
    """The body of `/tv/{id}/season/{number}`, if there is such a season."""
    return _season(fact, number, with_episodes=True) if number in _season_numbers(fact) else None


def summary(fact: Fact, language: str) -> Json:
    """A title in a page of results. Series have a null date where films have an empty one."""
    names = ("name", "original_name") if fact.type == "tv" else ("title", "original_title")
    dates = {"first_air_date": fact.date or None} if fact.type == "tv" else {"release_date": fact.date}
    return {
        "media_type": fact.type,
        "id": fact.id,
        names[0]: fact.title_in(language),
        names[1]: fact.original_title or fact.title,
        "original_language": fact.language,
        "overview": overview(fact, language),
        "genre_ids": [GENRES[fact.type][name] for name in fact.genres],
        "popularity": fact.popularity,
        "poster_path": f"/p{fact.id}.jpg",
        "backdrop_path": None,
        "vote_average": fact.rating,
        "vote_count": _votes(fact),
        **dates,
    }


def person(number: int) -> Json:
    """A person in a page of results."""
    return {"media_type": "person", "id": PEOPLE + number, "name": made_up_name(number), "known_for": []}


def page(results: list[Json], number: int, size: int = 20) -> Json:
    """A page of results. Without any result TMDB says that there is one page."""
    start = (number - 1) * size
    return {
        "page": number,
        "results": results[start : start + size],
        "total_pages": max(1, -(-len(results) // size)),
        "total_results": len(results),
    }


def _votes(fact: Fact) -> int:
    return int(fact.rating * fact.popularity * _VOTES_FOR_EACH_POINT)


def _season_numbers(fact: Fact) -> range:
    return range(len(fact.seasons) + 1) if fact.seasons else range(0)


def _season(fact: Fact, number: int, *, with_episodes: bool) -> Json:
    count = fact.seasons[number - 1] if number else _SPECIALS
    started = date.fromisoformat(fact.date) if fact.date else None
    aired = started + timedelta(days=365 * (number - 1)) if started and number else None
    body: Json = {
        "id": fact.id * 100 + number,
        "season_number": number,
        "name": f"Season {number}" if number else "Specials",
        "overview": "",
        "air_date": aired.isoformat() if aired else None,
        "poster_path": None,
    }
    if not with_episodes:
        return body | {"episode_count": count}
    return body | {
        "_id": f"{fact.id:024x}",
        "episodes": [_episode(fact, number, n, aired) for n in range(1, count + 1)],
    }


def _episode(fact: Fact, season_number: int, number: int, started: date | None) -> Json:
    aired = (started + timedelta(days=7 * (number - 1))).isoformat() if started else ""
    return {
        "id": (fact.id * 100 + season_number) * 100 + number,
        "season_number": season_number,
        "episode_number": number,
        "name": f"Episode {number}",
        "overview": "",
        "air_date": aired,
        "runtime": fact.runtime if season_number else None,
        "still_path": None,
        "vote_average": 0,
        "vote_count": 0,
        "crew": [],
        "guest_stars": [],
    }
