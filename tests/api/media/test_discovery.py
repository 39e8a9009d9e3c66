"""Titles are found by genre, votes, runtime, language, streaming service, certification and watchlist."""

from datetime import UTC, datetime
from typing import Any

from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings
from infocus_graphql.domains.media.details import Genre, MediaCertification, MediaTranslation
from infocus_graphql.domains.streaming.models import StreamingService
from tests.support.client import Api
from tests.support.factories import Factories

TITLES = "query ($f: MediaItemFilter) { discoverMedia(filter: $f) { totalCount nodes { title } } }"


async def titles(api: Api, **given: Any) -> str:
    """The titles that meet the conditions, in order."""
    found = await api.data(TITLES, f=given)
    assert found["totalCount"] == len(found["nodes"])
    return " ".join(each["title"] for each in found["nodes"])


async def test_conditions_on_facts_of_titles(api: Api, make: Factories) -> None:
    await make.media("A", genres=["Drama", "Noir"], vote_count=10, runtime_minutes=90, original_language="de")
    await make.media("B", genres=["Drama"], vote_count=500, runtime_minutes=120, original_language="ja")
    await make.media("C", genres=["Farce"])
    noir, farce = Genre(tmdb_id=999_998, name="Noir"), Genre(tmdb_id=999_999, name="Farce")
    await make.rows(noir, farce)
    for given, found in (
        ({"genres": ["drama", "farce"]}, "A B C"),
        ({"allGenres": ["noir", "DRAMA"]}, "A"),
        ({"allGenres": ["Drama", "Western"]}, ""),
        ({"genreIds": [farce.id, noir.id]}, "A C"),
        ({"votesAtLeast": 11}, "B"),
        ({"votesAtLeast": 0}, "A B C"),
        ({"runtimeAtLeast": 90, "runtimeAtMost": 119}, "A"),
        ({"runtimeAtMost": 120}, "A B"),
        ({"originalLanguages": ["JA", "fr"]}, "B"),
    ):
        assert await titles(api, **given) == found, given


async def test_services_and_certifications_count_in_the_region(api: Api, make: Factories) -> None:
    some, other = StreamingService(slug="some", name="Some"), StreamingService(slug="other", name="Other")
    await make.rows(some, other)
    first, second = await make.media("A"), await make.media("B")
    await make.provider(first, "Some", regions=["DE"], streaming_service_id=some.id)
    await make.provider(first, "Other", regions=["US"], streaming_service_id=other.id)
    await make.provider(second, "Other", regions=["DE", "US"], streaming_service_id=other.id)
    await make.rows(
        MediaCertification(media_item_id=first.id, country="DE", label="16", minimum_age=16),
        MediaCertification(media_item_id=first.id, country="US", label="PG", minimum_age=8),
        MediaCertification(media_item_id=second.id, country="DE", label="12", minimum_age=12),
    )
    ann = await make.user("Ann")
    await make.rows(
        UserSettings(user_id=ann.id, region="DE"), UserService(user_id=ann.id, streaming_service_id=other.id)
    )
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"streamingServiceIds": [some.id]}, "A", "A"),
        ({"streamingServiceIds": [other.id]}, "A B", "B"),
        ({"streamingServiceIds": [other.id], "region": "US"}, "A B", "A B"),
        ({"streamingServiceIds": [some.id], "region": "US"}, "", ""),
        ({"onlyMine": True}, "", "B"),
        ({"onlyMine": True, "region": "US"}, "", "A B"),
        ({"onlyMine": False}, "A B", "A B"),
        ({"suitableForAge": 12}, "A B", "B"),
        ({"suitableForAge": 12, "region": "US"}, "A", "A"),
        ({"suitableForAge": 16, "region": "DE"}, "A B", "A B"),
        ({"region": "FR"}, "A B", "A B"),
    ]
    for given, anonymously, for_ann in cases:
        assert await titles(api, **given) == anonymously, given
        assert await titles(api.as_(ann), **given) == for_ann, given
    await make.entry(ann, second)
    assert await titles(api.as_(ann), hideTracked=True) == "A"
    assert await titles(api.as_(ann), hideTracked=False) == "A B"
    assert await titles(api, hideTracked=True) == "A B"


async def test_a_title_that_tmdb_removed_is_on_watchlists_only(api: Api, make: Factories) -> None:
    ann, removed = await make.user("Ann"), await make.media("Removed", removed_at=datetime.now(UTC))
    family = await make.family(ann)
    await make.media("Listed")
    await make.entry(ann, removed)
    assert await titles(api.as_(ann)) == "Listed"
    assert await titles(api.as_(ann), query="removed") == ""
    for path in ("viewer { watchlist", f'family(id: "{family.id}") {{ titles'):
        query = f"{{ {path} {{ nodes {{ mediaItem {{ title removedAt }} }} }} }} }}"
        (found,) = (await api.as_(ann).data(query)).values()
        (item,) = [each["mediaItem"] for each in found["nodes"]]
        assert item["title"] == "Removed"
        assert item["removedAt"] is not None


async def test_watchlists_and_family_titles_have_these_conditions(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    family = await make.family(ann)
    service = StreamingService(slug="some", name="Some")
    drama = Genre(tmdb_id=999_999, name="Telenovela")
    await make.rows(service, drama)
    short = await make.media("Short", runtime_minutes=20, genres=["Telenovela"])
    long = await make.media("Long", runtime_minutes=200)
    await make.provider(long, "Some", regions=["FR"], streaming_service_id=service.id)
    await make.rows(UserService(user_id=ann.id, streaming_service_id=service.id))
    await make.entry(ann, short)
    await make.entry(ann, long)
    for given, found in (
        ({"runtimeAtMost": 60}, "Short"),
        ({"runtimeAtLeast": 60}, "Long"),
        ({"genreIds": [drama.id]}, "Short"),
        ({"onlyMine": True}, "Long"),
    ):
        for kind, path in (
            ("WatchlistFilter", "viewer { watchlist(filter: $f)"),
            ("FamilyTitleFilter", f'family(id: "{family.id}") {{ titles(filter: $f)'),
        ):
            query = f"query ($f: {kind}) {{ {path} {{ nodes {{ mediaItem {{ title }} }} }} }} }}"
            (nodes,) = (await api.as_(ann).data(query, f=given)).values()
            assert [each["mediaItem"]["title"] for each in nodes["nodes"]] == [found], (kind, given)


async def test_titles_are_ordered_by_popularity(api: Api, make: Factories) -> None:
    for title, popularity in (("A", 1.0), ("B", None), ("C", 5.0)):
        await make.media(title, popularity=popularity)
    for direction, found in (("DESC", "C A B"), ("ASC", "A C B")):
        order = f"orderBy: {{field: POPULARITY, direction: {direction}}}"
        data = await api.data(f"{{ discoverMedia({order}) {{ nodes {{ title }} }} }}")
        assert " ".join(each["title"] for each in data["nodes"]) == found


async def test_unknown_values_are_errors(api: Api) -> None:
    for given, words in (
        ({"streamingServiceIds": ["ss" + "0" * 25]}, "is not a streaming service of this catalogue"),
        ({"genreIds": ["ge" + "0" * 25]}, "is not a genre of this catalogue"),
        ({"allGenres": ["Darma"]}, "Did you mean “Drama”?"),
        ({"region": "UK"}, "Did you mean “GB”?"),
        ({"originalLanguages": ["jp"]}, "Did you mean “ja”?"),
        ({"runtimeAtLeast": 9, "runtimeAtMost": 8}, "is more than runtimeAtMost"),
        ({"suitableForAge": 22}, "must be from 0 to 21"),
    ):
        (error,) = (await api.result(TITLES, f=given))["errors"]
        assert words in error["message"], error
        assert error["extensions"]["variable"][:2] == ["f", next(iter(given))], error


async def test_a_text_is_searched_in_all_languages_by_words(api: Api, make: Factories) -> None:
    item = await make.media("The Shawshank Redemption", popularity=1.0, genres=["Drama"])
    await make.media("Redemption", popularity=9.0, genres=["Drama"])
    await make.media("The Dog", popularity=5.0)
    await make.row(
        MediaTranslation(media_item_id=item.id, language="de", country="DE", title="Die Verurteilten")
    )
    query = """query ($text: String!) { discoverMedia(
        filter: {query: $text, genres: ["Drama"]}, orderBy: {field: POPULARITY, direction: DESC}
    ) { totalCount nodes { title } } }"""
    shawshank, redemption = "The Shawshank Redemption", "Redemption"
    for text, expected in [
        ("redemption", [redemption, shawshank]),
        ("redemption shaw", [shawshank]),
        ("SHÄWSHANK", [shawshank]),
        ("verurteilt", [shawshank]),
        ("theshaw", [shawshank]),
        ("shawshenk redemtion", [shawshank]),
        ("dog", []),
        ("re", [redemption]),  # the beginning of a title
        ("dogg", []),  # like `dog`, which is no drama
        ("awshank", [shawshank]),  # a misspelt word
        ("hawsh", []),
        ("", [redemption, shawshank]),
        ("' & | !:* \\ (", []),
    ]:
        found = await api.data(query, text=text)
        assert [each["title"] for each in found["nodes"]] == expected, text
        assert found["totalCount"] == len(expected), text
    (error,) = (await api.result(query, text="x" * 201))["errors"]
    assert error["message"] == "The search text must have at most 200 characters."
    assert error["extensions"]["argument"] == ["filter", "query"]
