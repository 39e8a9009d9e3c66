"""`searchMedia` in a language and a region. TMDB returns texts in it, the catalogue keeps English ones."""

from typing import Any

import pytest

from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.search.languages import search_language
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from tests.support.client import Api
from tests.support.factories import Factories

SEARCH = """query ($text: String!, $language: LanguageTag, $region: CountryCode, $after: String) {
    searchMedia(query: $text, language: $language, region: $region, first: 1, after: $after) {
        nodes {
            title english: title(language: "en") german: title(language: "de")
            british: title(language: "en-GB") german_text: description(language: "de")
        }
        pageInfo { endCursor hasNextPage } stale
    }
}"""


@pytest.fixture
async def ann(make: Factories) -> User:
    """A signed-in user."""
    return await make.user("Ann")


async def test_texts_of_results_are_stored_in_english_and_in_the_language_of_the_search(
    api: Api, ann: User, tmdb: LocalTmdb
) -> None:
    found = await api.as_(ann).data(SEARCH, text="die verurteilten", language="de")
    (node,) = found["nodes"]
    assert node["title"] == node["english"] == "The Shawshank Redemption"
    assert node["german"] == "Die Verurteilten"
    assert tmdb.faults.languages == ["de", "en"]
    # The translation is searched, too. Both languages are cached, each for itself.
    assert (await api.data(SEARCH, text="verurteilten"))["nodes"] == [node]
    await api.as_(ann).data(SEARCH, text="Die Verurteilten", language="de-DE")
    assert tmdb.faults.languages == ["de", "en"]
    await api.as_(ann).data(SEARCH, text="Die Verurteilten", language="tr")
    assert tmdb.faults.languages == ["de", "en", "tr"]
    (again,) = (await api.as_(ann).data(SEARCH, text="die verurteilten", language="de"))["nodes"]
    assert again == node


async def test_a_title_that_was_found_in_english_gets_its_translation(api: Api, ann: User) -> None:
    found = await api.as_(ann).data(SEARCH, text="shawshank")
    assert found["nodes"][0]["german"] == "The Shawshank Redemption"
    found = await api.as_(ann).data(SEARCH, text="shawshank", language="de")
    assert found["nodes"][0]["german"] == "Die Verurteilten"


async def test_without_english_texts_a_title_has_its_original_title(
    api: Api, ann: User, tmdb: LocalTmdb
) -> None:
    tmdb.faults.plan(Fault.SERVER_ERROR, language="en")
    found = await api.as_(ann).data(SEARCH, text="die fabelhafte welt", language="de")
    assert [each["title"] for each in found["nodes"]] == ["Le Fabuleux Destin d'Amélie Poulain"]
    assert found["nodes"][0]["german"] == "Die fabelhafte Welt der Amélie"
    assert found["stale"] is False


async def test_the_viewers_settings_are_the_defaults(
    api: Api, ann: User, tmdb: LocalTmdb, make: Factories
) -> None:
    tmdb.edit("movie", 278, titles={"en-GB": "The Shawshank Affair", "de": "Die Verurteilten"})
    await make.rows(UserSettings(user_id=ann.id, language="en", region="GB"))
    found = await api.as_(ann).data(SEARCH, text="shawshank")
    assert tmdb.faults.languages == ["en-GB", "en"]
    assert found["nodes"][0]["british"] == "The Shawshank Affair"
    assert found["nodes"][0]["title"] == found["nodes"][0]["german"] == "The Shawshank Redemption"
    await api.as_(ann).data(SEARCH, text="shawshank", region="US")
    await api.as_(ann).data(SEARCH, text="shawshank", language="de")  # not spoken in the region
    assert tmdb.faults.languages == ["en-GB", "en", "de"]


async def test_trending_titles_have_texts_in_the_language_of_the_viewer(
    api: Api, ann: User, tmdb: LocalTmdb, make: Factories
) -> None:
    await make.rows(UserSettings(user_id=ann.id, language="de", region="DE"))
    query = '{ trendingMedia { stale nodes { tmdbId title english: title(language: "en") } } }'
    for client, titles in (
        (api.as_(ann), ("Die Verurteilten", "The Shawshank Redemption")),
        (api, ("The Shawshank Redemption", "The Shawshank Redemption")),
    ):
        found = await client.data(query)
        (film,) = [each for each in found["nodes"] if each["tmdbId"] == 278]
        assert (film["title"], film["english"], found["stale"]) == (*titles, False)
    assert tmdb.faults.languages == ["en", "de"]
    await api.as_(ann).data(query)
    assert tmdb.faults.languages == ["en", "de"]


async def test_languages_and_regions_are_checked_and_belong_to_cursors(api: Api, ann: User) -> None:
    client = api.as_(ann)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"region": "UK"}, "GB"),
        ({"region": "XX"}, "“XX” is not a country code"),
        ({"language": "jp"}, "ja"),
        ({"language": "xx"}, "“xx” is not a language"),
    ]
    for arguments, message in cases:
        (error,) = (await client.result(SEARCH, text="dark", **arguments))["errors"]
        assert message in error["message"] and next(iter(arguments)) in error["message"], arguments
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    cursor = (await client.data(SEARCH, text="toy", language="de"))["pageInfo"]["endCursor"]
    assert (await client.data(SEARCH, text="toy", language="de", after=cursor))["nodes"]
    for other in ({"language": "fr"}, {"language": "de", "region": "AT"}):
        assert "errors" in await client.result(SEARCH, text="toy", after=cursor, **other)


def test_a_region_completes_a_language_that_is_official_there() -> None:
    for language, region, tag in [
        (None, None, "en"),
        (None, "GB", "en-GB"),
        (None, "DE", "en"),
        ("en", "US", "en"),
        ("en-US", "GB", "en"),
        ("de", "AT", "de-AT"),
        ("de-DE", "AT", "de"),
        ("de", "US", "de"),
        ("pt", "BR", "pt-BR"),
        ("zh", "TW", "zh-TW"),
    ]:
        assert search_language(language, region) == tag, (language, region)
