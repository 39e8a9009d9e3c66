"""The root fields from which users choose: genres, countries and languages."""

import pytest

from infocus_graphql.core.countries import COUNTRIES
from infocus_graphql.core.languages import LANGUAGES
from tests.api.media.test_title_details import reader
from tests.support.client import Api
from tests.support.factories import Factories


async def test_genres_are_listed_by_type(api: Api) -> None:
    query = "query ($types: [MediaType!]) { genres(types: $types) { totalCount nodes { name tmdbId } } }"
    every = [each["name"] for each in (await api.data(query))["nodes"]]
    films = [each["name"] for each in (await api.data(query, types=["MOVIE"]))["nodes"]]
    series = [each["name"] for each in (await api.data(query, types=["TV"]))["nodes"]]
    assert every == sorted(every) and len(every) > 20
    assert set(films) | set(series) == set(every)
    assert "Kids" in series and "Kids" not in films
    assert "Horror" in films and "Horror" not in series
    assert {"Drama"} <= set(films) & set(series)
    both = [each["name"] for each in (await api.data(query, types=["MOVIE", "TV"]))["nodes"]]
    assert both == every


async def test_countries_and_languages_have_names_in_each_language(api: Api) -> None:
    query = """query ($language: LanguageTag!) {
        countries(language: $language) { code name } languages(language: $language) { tag name } }"""
    for language, germany, turkish in (
        ("en", "Germany", "Turkish"),
        ("de-AT", "Deutschland", "Türkisch"),
        ("ja", "ドイツ", "トルコ語"),
        ("pt-BR", "Alemanha", "turco"),
        ("zh-TW", "德國", "土耳其文"),
        ("aa", "Germany", "Turkish"),  # a language without names
    ):
        found = (await api.result(query, language=language))["data"]
        countries = {each["code"]: each["name"] for each in found["countries"]}
        languages = {each["tag"]: each["name"] for each in found["languages"]}
        assert (countries["DE"], languages["tr"]) == (germany, turkish), language
        assert set(countries) == set(COUNTRIES) and set(languages) == set(LANGUAGES)
    names = [each["name"] for each in await api.data("{ countries { name } }")]
    # Sorted without regard to accents, so Åland is not the last.
    assert names[:2] == ["Afghanistan", "Åland Islands"]


async def test_names_are_in_the_language_of_the_viewer(api: Api, make: Factories) -> None:
    query = "{ countries { code name } languages { tag name } }"
    for language, germany, turkish in (("de-AT", "Deutschland", "Türkisch"), (None, "Germany", "Turkish")):
        found = await api.as_(await reader(make, language)).data(query)
        assert {"code": "DE", "name": germany} in found["countries"]
        assert {"tag": "tr", "name": turkish} in found["languages"]


@pytest.mark.parametrize("field", ["countries { name }", "languages { name }"])
async def test_an_unknown_language_is_an_error(api: Api, field: str) -> None:
    query = field.replace(" {", '(language: "tlh") {')
    (error,) = (await api.result(f"{{ {query} }}"))["errors"]
    assert "“tlh” is not a language" in error["message"]
