"""Mutations on the catalogue, by staff: titles and streaming providers."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.graph.context import Services
from tests.support.client import Api
from tests.support.factories import Factories

TITLE = """mediaItem { id tmdbId tmdbType title description posterPath backdropPath releaseDate rating genres
  creators }"""
OFFER = "streamingProvider { id provider offerType url regions mediaItem { id } }"
FULL: dict[str, Any] = {
    "title": "Fight Club",
    "description": "Soap.",
    "posterPath": "/p.jpg",
    "backdropPath": "/b.jpg",
    "releaseDate": "1999-10-15",
    "rating": 8.4,
    "genres": ["Drama", "Action"],
    "creators": ["David Fincher"],
}
EMPTY: dict[str, Any] = {
    "description": None,
    "posterPath": None,
    "backdropPath": None,
    "releaseDate": None,
    "rating": None,
    "genres": [],
    "creators": [],
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def staff(api: Api, make: Factories) -> Api:
    """A client of a staff user."""
    return api.as_(await make.user(is_staff=True), is_staff=True)


async def save(staff: Api, number: int = 550, kind: str = "MOVIE", **given: Any) -> Any:
    """Calls saveMediaItem and returns the payload."""
    return await staff.change("saveMediaItem", {"tmdb": {"type": kind, "id": number}, **given}, fields=TITLE)


async def test_only_staff_change_the_catalogue(api: Api, make: Factories, staff: Api) -> None:
    item = await make.media("Kept", tmdb_id=550)
    offer = await make.provider(item)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("saveMediaItem", {"tmdb": {"type": "MOVIE", "id": 550}, "title": "Changed"}),
        ("saveStreamingProvider", {"media": {"id": item.id}, "provider": "New"}),
        ("deleteStreamingProvider", {"id": offer.id}),
        ("deleteMediaItem", {"id": item.id}),
    ]
    for client, code in ((api, "UNAUTHENTICATED"), (api.as_(await make.user()), "FORBIDDEN")):
        for name, given in changes:
            kind = f"{name[0].upper()}{name[1:]}Input!"
            query = f"mutation ($input: {kind}) {{ {name}(input: $input) {{ errors {{ code }} }} }}"
            result = await client.result(query, input=given)
            assert [error["extensions"]["code"] for error in result["errors"]] == [code], name
    shown = "query ($id: ID!) { mediaItem(ref: {id: $id}) { title streamingProviders { id } } }"
    assert await api.data(shown, id=item.id) == {"title": "Kept", "streamingProviders": [{"id": offer.id}]}
    for name, given in changes:
        assert (await staff.change(name, given))["errors"] == [], name


async def test_a_new_title_has_the_given_values(staff: Api) -> None:
    made = (await save(staff, **FULL))["mediaItem"]
    assert made.pop("id").startswith("mi")
    assert made == {"tmdbId": 550, "tmdbType": "MOVIE", **FULL}
    bare = (await save(staff, 551, title="  Bare "))["mediaItem"]
    assert bare.pop("id") != ""
    assert bare == {"tmdbId": 551, "tmdbType": "MOVIE", "title": "Bare", **EMPTY}


async def test_absent_fields_keep_their_value_and_null_clears(staff: Api) -> None:
    made = (await save(staff, **FULL))["mediaItem"]
    for name in ("title", "description", "releaseDate", "rating", "genres", "posterPath"):
        changed: dict[str, Any] = {
            "title": "Other",
            "description": "d",
            "releaseDate": "0002-01-01",
            "rating": 0.5,
            "genres": ["x"],
            "posterPath": "/q",
        }
        made |= {name: changed[name]}
        assert await save(staff, **{name: changed[name]}) == {"mediaItem": made, "errors": []}
    assert await save(staff) == {"mediaItem": made, "errors": []}
    nothing: dict[str, Any] = dict.fromkeys(EMPTY)
    assert await save(staff, **nothing) == {"mediaItem": {**made, **EMPTY}, "errors": []}
    blank = await save(staff, description=" ", posterPath="", backdropPath="\n", genres=[], creators=[])
    assert blank == {"mediaItem": {**made, **EMPTY}, "errors": []}
    assert (await save(staff, title=None))["errors"][0]["code"] == "REQUIRED"


async def test_updated_at_changes_only_if_the_data_changes(staff: Api, make: Factories) -> None:
    item = await make.media(tmdb_id=550, updated_at=LONG_AGO, created_at=LONG_AGO)
    query = "query ($id: ID!) { mediaItem(ref: {id: $id}) { createdAt updatedAt } }"
    await save(staff)
    await save(staff, title=item.title)
    unchanged = await staff.data(query, id=item.id)
    assert {datetime.fromisoformat(value) for value in unchanged.values()} == {LONG_AGO}
    await save(staff, rating=5)
    changed = await staff.data(query, id=item.id)
    assert datetime.fromisoformat(changed["createdAt"]) == LONG_AGO
    assert datetime.fromisoformat(changed["updatedAt"]) > LONG_AGO


async def test_a_film_and_a_series_with_one_tmdb_id_are_two_titles(staff: Api) -> None:
    film = (await save(staff, 1396, "MOVIE", title="Mirror"))["mediaItem"]
    series = (await save(staff, 1396, "TV", title="Breaking Bad"))["mediaItem"]
    again = (await save(staff, 1396, "TV", rating=8.9))["mediaItem"]
    assert film["id"] != series["id"] == again["id"]
    assert (film["title"], again["title"]) == ("Mirror", "Breaking Bad")


WRONG_TITLES: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "REQUIRED", ["title"]),
    ({"description": "no title"}, "REQUIRED", ["title"]),
    ({"title": None}, "REQUIRED", ["title"]),
    ({"title": " "}, "REQUIRED", ["title"]),
    ({"title": "t" * 501}, "TOO_LONG", ["title"]),
    ({"description": "d" * 10_001}, "TOO_LONG", ["description"]),
    ({"posterPath": "p" * 501}, "TOO_LONG", ["posterPath"]),
    ({"backdropPath": "p" * 501}, "TOO_LONG", ["backdropPath"]),
    ({"rating": -0.1}, "OUT_OF_RANGE", ["rating"]),
    ({"rating": 10.01}, "OUT_OF_RANGE", ["rating"]),
    ({"rating": 1e308}, "OUT_OF_RANGE", ["rating"]),
    ({"genres": ["g"] * 51}, "TOO_LONG", ["genres"]),
    ({"genres": ["good", "g" * 101]}, "TOO_LONG", ["genres", "1"]),
    ({"creators": ["good", "good", " "]}, "REQUIRED", ["creators", "2"]),
    ({"creators": ["c"] * 4_000}, "TOO_LONG", ["creators"]),
    ({"tmdb": {"type": "MOVIE", "id": 0}}, "OUT_OF_RANGE", ["tmdb", "id"]),
    ({"tmdb": {"type": "MOVIE", "id": -1}}, "OUT_OF_RANGE", ["tmdb", "id"]),
]


async def test_invalid_data_of_a_title_changes_nothing(staff: Api, make: Factories) -> None:
    old = await make.media("Old", tmdb_id=550)
    shown = "{ discoverMedia { nodes { id title description rating genres creators posterPath } } }"
    before = await staff.data(shown)
    for given, code, path in WRONG_TITLES:
        for number in (550, 551):
            if given.get("title", old.title) == old.title and number == 550 and path == ["title"]:
                continue  # an existing title needs no title text
            whole = {"tmdb": {"type": "MOVIE", "id": number}, **given}
            if path != ["title"] and number == 551:
                whole["title"] = "New"
            assert await staff.refused("saveMediaItem", whole) == (code, ["input", *path]), (given, number)
    assert await staff.data(shown) == before


async def test_values_at_the_limits_are_saved(staff: Api) -> None:
    given: dict[str, Any] = {
        "title": "🎬" * 500,
        "description": "d" * 10_000,
        "posterPath": "p" * 500,
        "rating": 10,
        "genres": ["g" * 100] * 50,
        "releaseDate": "9998-12-31",
    }
    assert (await save(staff, 2**31 - 1, **given))["errors"] == []
    assert (await save(staff, 1, title="t", rating=0.001, releaseDate="0002-01-01"))["errors"] == []


async def test_invalid_numbers_and_dates_are_bad_input(staff: Api) -> None:
    query = "mutation ($input: SaveMediaItemInput!) { saveMediaItem(input: $input) { errors { code } } }"
    tmdb = {"type": "MOVIE", "id": 1}
    wrong: list[dict[str, Any]] = [
        {"tmdb": {"type": "MOVIE", "id": 2**31}},
        {"tmdb": {"type": "MOVIE", "id": -(2**31) - 1}},
        {"tmdb": {"type": "MOVIE", "id": 10**30}},
        {"tmdb": tmdb, "rating": "8"},
        {"tmdb": tmdb, "releaseDate": "1999-02-30"},
        {"tmdb": tmdb, "releaseDate": "0001-01-01"},
        {"tmdb": tmdb, "releaseDate": "9999-12-31"},
        {"tmdb": tmdb, "releaseDate": "-0001-01-01"},
        {"tmdb": tmdb, "genres": [None]},
        {"tmdb": None},
        {},
    ]
    for given in wrong:
        result = await staff.result(query, input={"title": "x", **given})
        assert "data" not in result, given
        assert "INTERNAL" not in {error["extensions"]["code"] for error in result["errors"]}
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        given = {"tmdb": tmdb, "title": "x", "rating": "?"}
        body = json.dumps({"query": query, "variables": {"input": given}}).replace('"?"', number)
        headers = {**staff.headers, "Content-Type": "application/json"}
        response = await staff.http.post("/graphql", content=body, headers=headers)
        assert response.status_code == 400, number
        assert "data" not in response.json()
        literal = f'{{tmdb: {{type: MOVIE, id: 1}}, title: "x", rating: {number}}}'
        result = await staff.result(f"mutation {{ saveMediaItem(input: {literal}) {{ errors {{ code }} }} }}")
        assert "data" not in result, number
        assert result["errors"][0]["extensions"]["code"] != "INTERNAL"


async def test_a_title_is_deleted_with_its_streaming_providers(staff: Api, make: Factories) -> None:
    item, other = await make.media(), await make.media()
    offer, kept = await make.provider(item), await make.provider(other)
    payload = await staff.change("deleteMediaItem", {"id": item.id}, fields="deletedId")
    assert payload == {"deletedId": item.id, "errors": []}
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await staff.data(query, ids=[item.id, offer.id, kept.id]) == [None, None, {"id": kept.id}]
    for unknown in (item.id, kept.id, "", "x" * 10_000):
        assert await staff.refused("deleteMediaItem", {"id": unknown}) == ("NOT_FOUND", ["input", "id"])


async def test_a_title_in_use_can_not_be_deleted(staff: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    tracked, recommended = await make.media(), await make.media()
    offer = await make.provider(tracked)
    await make.entry(ann, tracked)
    await make.recommendation(ann, bob, recommended)
    for item in (tracked, recommended):
        payload = await staff.change("deleteMediaItem", {"id": item.id}, fields="deletedId")
        assert (payload["deletedId"], payload["errors"][0]["code"]) == (None, "IN_USE")
        assert await staff.refused("deleteMediaItem", {"id": item.id}) == ("IN_USE", ["input", "id"])
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert None not in await staff.data(query, ids=[tracked.id, recommended.id, offer.id])


async def test_a_streaming_provider_is_created_and_updated_by_title_service_and_offer(
    staff: Api, make: Factories
) -> None:
    item = await make.media(tmdb_id=7, tmdb_type=MediaType.TV, release_date=date(2008, 1, 20))

    async def offer(**given: Any) -> Any:
        whole = {"media": {"id": item.id}, "provider": "Streamio", **given}
        payload = await staff.change("saveStreamingProvider", whole, fields=OFFER)
        assert payload["errors"] == []
        return payload["streamingProvider"]

    made = await offer()
    assert made == {
        "id": made["id"],
        "provider": "Streamio",
        "offerType": "SUBSCRIPTION",
        "url": None,
        "regions": [],
        "mediaItem": {"id": item.id},
    }
    given = {"url": "https://streamio.example/t?a=1", "regions": ["DE", "AT", "DE"]}
    full = {**made, "url": given["url"], "regions": ["AT", "DE"]}
    assert await offer(**given, media={"tmdb": {"type": "TV", "id": 7}}, provider=" Streamio ") == full
    assert await offer() == full
    assert await offer(url="http://streamio.example") == {**full, "url": "http://streamio.example"}
    assert await offer(regions=["US"]) == {**full, "url": "http://streamio.example", "regions": ["US"]}
    assert await offer(url=None, regions=None) == made
    rent = await offer(offerType="RENT")
    assert rent["id"] != made["id"]
    query = "query ($id: ID!) { mediaItem(ref: {id: $id}) { streamingProviders { id } } }"
    assert len((await staff.data(query, id=item.id))["streamingProviders"]) == 2


async def test_invalid_streaming_providers_are_rejected(staff: Api, make: Factories) -> None:
    item = await make.media()
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"media": {"id": "mi" + "0" * 25}}, "NOT_FOUND", "media"),
        ({"media": {"tmdb": {"type": "TV", "id": item.tmdb_id}}}, "NOT_FOUND", "media"),
        ({"provider": ""}, "REQUIRED", "provider"),
        ({"provider": " \t"}, "REQUIRED", "provider"),
        ({"provider": "p" * 101}, "TOO_LONG", "provider"),
        ({"url": "javascript:alert(1)"}, "INVALID", "url"),
        ({"url": "ftp://streamio.example"}, "INVALID", "url"),
        ({"url": "streamio.example"}, "INVALID", "url"),
        ({"url": "https://"}, "INVALID", "url"),
        ({"url": "https:///path"}, "INVALID", "url"),
        ({"url": "https://a b"}, "INVALID", "url"),
        ({"url": "https://x/" + "a" * 2048}, "TOO_LONG", "url"),
        ({"regions": ["DE"] * 301}, "TOO_LONG", "regions"),
    ]
    for given, code, path in wrong:
        whole = {"media": {"id": item.id}, "provider": "Streamio", **given}
        assert await staff.refused("saveStreamingProvider", whole) == (code, ["input", path]), given
    query = """mutation ($input: SaveStreamingProviderInput!) { saveStreamingProvider(input: $input) {
      errors { code } } }"""
    for regions in (["de"], ["DEU"], ["D"], [""], ["D1"], ["ÄÖ"], [None], [1]):
        whole = {"media": {"id": item.id}, "provider": "Streamio", "regions": regions}
        result = await staff.result(query, input=whole)
        assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"], regions
    assert (await staff.data("{ discoverMedia { nodes { streamingProviders { id } } } }"))["nodes"] == [
        {"streamingProviders": []}
    ]


async def test_a_streaming_provider_is_removed_once(staff: Api, make: Factories) -> None:
    item = await make.media()
    offer = await make.provider(item)
    payload = await staff.change("deleteStreamingProvider", {"id": offer.id}, fields="deletedId")
    assert payload == {"deletedId": offer.id, "errors": []}
    for unknown in (offer.id, item.id, "", "x" * 10_000):
        assert await staff.refused("deleteStreamingProvider", {"id": unknown}) == (
            "NOT_FOUND",
            ["input", "id"],
        )
    assert (await staff.data("query ($id: ID!) { mediaItem(ref: {id: $id}) { id } }", id=item.id)) is not None


async def test_a_rating_of_zero_is_stored_as_null(staff: Api, services: Services) -> None:
    for zero in (0, 0.0, -0.0, 5e-324):
        assert (await save(staff, title="New", rating=7))["mediaItem"]["rating"] == 7
        assert (await save(staff, rating=zero))["mediaItem"]["rating"] is None
        response = await staff.post("{ discoverMedia(filter: {ratedAtLeast: 0}) { totalCount } }")
        assert response.json()["data"]["discoverMedia"] == {"totalCount": 0}
    for stored in ("0", "'-0'", "-0.1", "'NaN'", "10.1"):
        with pytest.raises(IntegrityError, match="rating_range"):
            async with services.database.engines.write.begin() as connection:
                await connection.execute(text(f"UPDATE media_items SET rating = {stored}"))
