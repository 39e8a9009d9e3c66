"""The titles of the local TMDB."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final

from infocus_graphql.local_tmdb.facts import EpisodeFact, Fact
from infocus_graphql.local_tmdb.made_up import made_up, oddities

MADE_UP_TITLES: Final = 20_000
_SIMILAR: Final = 5

Key = tuple[str, int]


class Catalogue:
    """All titles, by type and id. They are made when they are first asked for."""

    def __init__(self, made_up: int = MADE_UP_TITLES) -> None:
        self._made_up = made_up
        self._names: dict[Key, tuple[Fact, tuple[str, ...]]] = {}

    @cached_property
    def _original(self) -> dict[Key, Fact]:
        facts = [*_known(), *oddities(), *map(made_up, range(self._made_up))]
        return {(each.type, each.id): each for each in facts}

    @cached_property
    def _titles(self) -> dict[Key, Fact]:
        return dict(self._original)

    def reset(self) -> None:
        """Takes back all changes."""
        self.__dict__.pop("_titles", None)

    def __len__(self) -> int:
        return len(self._titles)

    def all(self) -> list[Fact]:
        """All titles."""
        return list(self._titles.values())

    def get(self, kind: str, tmdb_id: int) -> Fact | None:
        """The title, if there is one."""
        return self._titles.get((kind, tmdb_id))

    def put(self, fact: Fact) -> None:
        """Adds or replaces a title."""
        self._titles[fact.type, fact.id] = fact

    def change(self, kind: str, tmdb_id: int, **values: Any) -> None:
        """Changes facts of a title."""
        self.put(replace(self._titles[kind, tmdb_id], **values))

    def remove(self, kind: str, tmdb_id: int) -> None:
        """Removes a title; its id is not found any more."""
        del self._titles[kind, tmdb_id]

    def change_episodes(
        self, series_id: int, change: Callable[[tuple[EpisodeFact, ...]], Iterable[EpisodeFact]]
    ) -> None:
        """Replaces the episodes of a series by those that `change` makes of them."""
        episodes = change(self._titles["tv", series_id].all_episodes())
        ordered = sorted(episodes, key=lambda each: (each.season, each.number))
        self.change("tv", series_id, episodes=tuple(ordered))

    def search(self, query: str, kinds: Iterable[str] = ("movie", "tv")) -> list[Fact]:
        """Titles with all words of the query in one of their titles: exact ones first, then by popularity."""
        wanted, kinds, found = query.casefold(), set(kinds), []
        words = wanted.split()
        if not words:
            return []
        for fact in self.all():
            names = self._folded(fact)
            if fact.type in kinds and any(all(word in name for word in words) for name in names):
                found.append((wanted not in names, -fact.popularity, fact.id, fact))
        return [each[-1] for each in sorted(found, key=lambda each: each[:-1])]

    def _folded(self, fact: Fact) -> tuple[str, ...]:
        """Its titles in all languages without capitals, which are made once."""
        held = self._names.get((fact.type, fact.id))
        if held is None or held[0] is not fact:
            names = {fact.title, fact.original_title or "", *fact.titles.values()}
            held = self._names[fact.type, fact.id] = (fact, tuple(name.casefold() for name in names))
        return held[1]

    def by_popularity(self, kinds: Iterable[str] = ("movie", "tv")) -> list[Fact]:
        """All titles that are not for adults only, the most popular first."""
        kinds = set(kinds)
        found = (fact for fact in self.all() if fact.type in kinds and not fact.adult)
        return sorted(found, key=lambda fact: (-fact.popularity, fact.id))

    def similar(self, fact: Fact) -> list[Fact]:
        """Well-known titles of the same type and the same first genre."""
        found = (
            each
            for each in _known()
            if each.type == fact.type and each.id != fact.id and each.genres[:1] == fact.genres[:1]
        )
        return [self._titles.get((each.type, each.id), each) for each in found][:_SIMILAR]


@cache
def _known() -> tuple[Fact, ...]:
    text = resources.files(__package__).joinpath("titles.json").read_text("utf-8")
    found = json.loads(text)
    return tuple(
        Fact(
            **{
                **each,
                "genres": tuple(each["genres"]),
                "creators": tuple(each["creators"]),
                "seasons": tuple(each.get("seasons", ())),
                "popularity": round(200 - 190 * place / len(found), 3),
            }
        )
        for place, each in enumerate(found)
    )
