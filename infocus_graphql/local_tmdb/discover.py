"""The filters and orders of `/discover`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from infocus_graphql.local_tmdb.blocks import certifications_of, offers_of
from infocus_graphql.local_tmdb.bodies import votes
from infocus_graphql.local_tmdb.facts import Fact
from infocus_graphql.local_tmdb.genres import GENRES
from infocus_graphql.local_tmdb.lists import CERTIFICATIONS, OFFER_TYPES

Test = Callable[[Fact], bool]
_DATES: Final = {"movie": "primary_release_date", "tv": "first_air_date"}
# A value that a title can't have: TMDB finds nothing then.
_NOTHING: Final = "\0"


def discovered(titles: Iterable[Fact], kind: str, params: Mapping[str, str]) -> list[Fact]:
    """The titles of a type that match all parameters, in the order that they ask for."""
    tests = _tests(kind, params)
    found = [fact for fact in titles if fact.type == kind and all(test(fact) for test in tests)]
    name, _, direction = params.get("sort_by", "popularity.desc").partition(".")
    keys: dict[str, Callable[[Fact], Any]] = {
        "popularity": lambda fact: fact.popularity,
        "vote_average": lambda fact: fact.rating,
        "vote_count": votes,
        _DATES[kind]: lambda fact: fact.date,
        "title" if kind == "movie" else "name": lambda fact: fact.title,
    }
    key = keys.get(name, keys["popularity"])
    found.sort(key=lambda fact: fact.id)
    found.sort(key=key, reverse=direction != "asc")
    return found


def _tests(kind: str, params: Mapping[str, str]) -> list[Test]:
    """The cheap ones first."""
    tests: list[Test] = []
    if params.get("include_adult") != "true":
        tests.append(lambda fact: not fact.adult)
    if language := params.get("with_original_language"):
        tests.append(lambda fact: fact.language in language.split("|"))
    ranges: dict[str, Callable[[Fact], Any]] = {
        "vote_average": lambda fact: fact.rating,
        "vote_count": votes,
        "with_runtime": lambda fact: fact.runtime,
    }
    for name, value in ranges.items():
        tests += _range(name, value, params, float)
    # A title without a date is in no period.
    tests += _range(_DATES[kind], lambda fact: fact.date or _NOTHING, params, str)
    if genres := params.get("with_genres"):
        tests.append(_any_or_all(genres, lambda fact: {str(GENRES[kind][name]) for name in fact.genres}))
    if genres := params.get("without_genres"):
        has = _any_or_all(genres.replace(",", "|"), lambda f: {str(GENRES[kind][name]) for name in f.genres})
        tests.append(lambda fact: not has(fact))
    if kind == "movie" and (country := params.get("certification_country")):
        tests += _certification(country, params)
    if region := params.get("watch_region"):
        tests += _offered(region, params)
    return tests


def _range(
    name: str, value: Callable[[Fact], Any], params: Mapping[str, str], read: Callable[[str], Any]
) -> list[Test]:
    tests: list[Test] = []
    if (least := params.get(f"{name}.gte")) is not None:
        tests.append(lambda fact: value(fact) >= read(least))
    if (most := params.get(f"{name}.lte")) is not None:
        tests.append(lambda fact: value(fact) != _NOTHING and value(fact) <= read(most))
    return tests


def _any_or_all(wanted: str, value: Callable[[Fact], set[str]]) -> Test:
    """`,` is and, `|` is or."""
    if "|" in wanted:
        return lambda fact: not value(fact).isdisjoint(wanted.split("|"))
    return lambda fact: value(fact).issuperset(wanted.split(","))


def _certification(country: str, params: Mapping[str, str]) -> list[Test]:
    order = {rating: rank for rank, rating in enumerate(CERTIFICATIONS["movie"].get(country, ()))}
    most = order.get(params.get("certification.lte", _NOTHING))
    if most is None:
        return []
    return [lambda fact: 0 < order.get(certifications_of(fact).get(country, _NOTHING), 0) <= most]


def _offered(region: str, params: Mapping[str, str]) -> list[Test]:
    kinds = params.get("with_watch_monetization_types", "|".join(OFFER_TYPES)).split("|")

    def services(fact: Fact) -> set[str]:
        offers = offers_of(fact).get(region, {})
        return {str(number) for kind in kinds for number in offers.get(kind, ())}

    if wanted := params.get("with_watch_providers"):
        return [_any_or_all(wanted, services)]
    if "with_watch_monetization_types" in params:
        return [lambda fact: bool(services(fact))]
    return []
