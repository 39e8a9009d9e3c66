"""The JSON that TMDB sends for titles: their members, and its ways to write "unknown"."""

from collections.abc import Iterable
from typing import Any, Final

from infocus_graphql.local_tmdb.blocks import BLOCKS, PEOPLE, creators, made_up_name, overview
from infocus_graphql.local_tmdb.catalogue import Catalogue
from infocus_graphql.local_tmdb.facts import EpisodeFact, Fact
from infocus_graphql.local_tmdb.genres import GENRES, genre_name
from infocus_graphql.local_tmdb.lists import Json

_VOTES_FOR_EACH_POINT: Final = 150


def details(catalogue: Catalogue, fact: Fact, language: str, appended: Iterable[str]) -> Json:
    """The body of `/movie/{id}` or `/tv/{id}`. Unknown blocks and seasons that don't exist are left out."""
    genres = ((GENRES[fact.type][name], name) for name in fact.genres)
    body: Json = {
        "adult": fact.adult,
        "backdrop_path": _image(fact.backdrop, f"/b{fact.id}.jpg"),
        "genres": [{"id": number, "name": genre_name(number, name, language)} for number, name in genres],
        "homepage": fact.homepage,
        "id": fact.id,
        "origin_country": list(fact.countries),
        "original_language": fact.language,
        "overview": overview(fact, language),
        "popularity": fact.popularity,
        "poster_path": _image(fact.poster, f"/p{fact.id}.jpg"),
        "tagline": fact.tagline,
        "vote_average": fact.rating,
        "vote_count": votes(fact),
        "a_new_member": {"that no client": "knows"},
    }
    if fact.softcore:
        body["softcore"] = True
    body |= _series(fact, language) if fact.type == "tv" else _movie(fact, language)
    for name in appended:
        if name.startswith("season/"):
            found = season(fact, int(name.removeprefix("season/"))) if fact.type == "tv" else None
            if found is not None:
                body[name] = found
        elif name == "recommendations":
            body[name] = page([summary(each, language) for each in catalogue.similar(fact)], 1)
        elif (block := BLOCKS.get(name)) is not None:
            body[name] = block(fact)
    return body


def _movie(fact: Fact, language: str) -> Json:
    collection = fact.collection
    return {
        "title": fact.title_in(language),
        "original_title": fact.original_title or fact.title,
        "release_date": fact.date,
        "runtime": fact.runtime,
        "imdb_id": fact.imdb_id,
        "belongs_to_collection": collection
        and {"id": collection[0], "name": collection[1], "poster_path": None},
        "status": fact.status or "Released",
        "video": False,
    }


def _series(fact: Fact, language: str) -> Json:
    episodes = fact.all_episodes()
    aired = [each for each in episodes if each.season > 0]
    coming = [each for each in aired if (each.season, each.number) == fact.next_episode]
    return {
        "name": fact.title_in(language),
        "original_name": fact.original_title or fact.title,
        "first_air_date": fact.date,
        "last_air_date": max((each.aired or "" for each in aired), default=fact.date),
        "episode_run_time": [],
        "created_by": creators(fact),
        "number_of_seasons": len({each.season for each in aired}),
        "number_of_episodes": len(aired),
        "next_episode_to_air": _episode(coming[0]) if coming else None,
        "seasons": [_season(fact, number, episodes) for number in fact.numbers()],
        "status": fact.status or "Ended",
    }


def season(fact: Fact, number: int) -> Json | None:
    """The body of `/tv/{id}/season/{number}`, if there is such a season."""
    found = [each for each in fact.all_episodes() if each.season == number]
    if not found:
        return None
    body = _season(fact, number, found)
    del body["episode_count"]
    return body | {"_id": f"{fact.id:024x}", "episodes": [_episode(each) for each in found]}


def _season(fact: Fact, number: int, episodes: Iterable[EpisodeFact]) -> Json:
    found = [each for each in episodes if each.season == number]
    return {
        "id": fact.season_id(number),
        "season_number": number,
        "name": f"Season {number}" if number else "Specials",
        "overview": "",
        "air_date": (found[0].aired if found else None) or None,
        "poster_path": None,
        "episode_count": len(found),
    }


def _episode(fact: EpisodeFact) -> Json:
    return {
        "id": fact.id,
        "season_number": fact.season,
        "episode_number": fact.number,
        "name": fact.name,
        "overview": "",
        "air_date": fact.aired,
        "runtime": fact.runtime,
        "episode_type": fact.kind,
        "still_path": None,
        "vote_average": 0,
        "vote_count": 0,
        "crew": [],
        "guest_stars": [],
    }


def summary(fact: Fact, language: str) -> Json:
    """A title in a page of results. Series have a null date where films have an empty one."""
    names = ("name", "original_name") if fact.type == "tv" else ("title", "original_title")
    dates = {"first_air_date": fact.date or None} if fact.type == "tv" else {"release_date": fact.date}
    body = {
        "media_type": fact.type,
        "id": fact.id,
        names[0]: fact.title_in(language),
        names[1]: fact.original_title or fact.title,
        "original_language": fact.language,
        "overview": overview(fact, language),
        "genre_ids": [GENRES[fact.type][name] for name in fact.genres],
        "popularity": fact.popularity,
        "poster_path": _image(fact.poster, f"/p{fact.id}.jpg"),
        "backdrop_path": None,
        "vote_average": fact.rating,
        "vote_count": votes(fact),
        **dates,
    }
    if fact.type == "movie":
        body["adult"] = fact.adult
    if fact.softcore:
        body["softcore"] = True
    return body


def person(number: int) -> Json:
    """A person in a page of results."""
    return {"media_type": "person", "id": PEOPLE + number, "name": made_up_name(number), "known_for": []}


def found_by_id(titles: Iterable[Fact], episodes: Iterable[tuple[Fact, EpisodeFact]]) -> Json:
    """The body of `/find/{id}`: five lists."""
    summaries = [summary(each, "en") for each in titles]
    return {
        "movie_results": [each for each in summaries if each["media_type"] == "movie"],
        "person_results": [],
        "tv_results": [each for each in summaries if each["media_type"] == "tv"],
        "tv_episode_results": [_episode(episode) | {"show_id": series.id} for series, episode in episodes],
        "tv_season_results": [],
    }


def page(results: list[Json], number: int, size: int = 20) -> Json:
    """A page of results. Without any result TMDB says that there is one page."""
    start = (number - 1) * size
    return {
        "page": number,
        "results": results[start : start + size],
        "total_pages": max(1, -(-len(results) // size)),
        "total_results": len(results),
    }


def votes(fact: Fact) -> int:
    """The number of votes."""
    return int(fact.rating * fact.popularity * _VOTES_FOR_EACH_POINT) if fact.votes is None else fact.votes


def _image(path: str | None, generated: str) -> Any:
    """The path of an image; an empty text stands for none."""
    return generated if path is None else path or None
