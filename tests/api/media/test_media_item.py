"""One title: lookup, and its relations."""

from datetime import UTC, date, datetime
from typing import Any

from infocus_graphql.domains.media.models import MediaType, OfferType
from tests.support.client import Api
from tests.support.factories import Factories

BY_REF = "query ($ref: MediaRef!) { mediaItem(ref: $ref) { id } }"


async def test_a_title_is_found_by_id_and_by_tmdb_type_and_id(api: Api, make: Factories) -> None:
    ann = await make.user()
    film = await make.media("Some film", tmdb_id=1396)
    series = await make.media("Breaking Bad", tmdb_id=1396, tmdb_type=MediaType.TV)
    refs: list[tuple[dict[str, Any], str | None]] = [
        ({"id": film.id}, film.id),
        ({"id": series.id}, series.id),
        ({"tmdb": {"type": "MOVIE", "id": 1396}}, film.id),
        ({"tmdb": {"type": "TV", "id": 1396}}, series.id),
        ({"tmdb": {"type": "TV", "id": 1397}}, None),
        ({"id": ann.id}, None),
        ({"id": ""}, None),
        ({"id": "x" * 10_000}, None),
        ({"id": film.id + " "}, None),
    ]
    for client in (api, api.as_(ann)):
        for ref, expected in refs:
            found = await client.data(BY_REF, ref=ref)
            assert (found and found["id"]) == expected, ref


async def test_an_impossible_tmdb_id_is_bad_input(api: Api) -> None:
    for number in (0, -(2**31)):
        result = await api.result(BY_REF, ref={"tmdb": {"type": "TV", "id": number}})
        (error,) = result["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["variable"] == ["ref", "tmdb", "id"]


async def test_a_wrong_reference_is_bad_input(api: Api) -> None:
    tmdb = {"type": "TV", "id": 1}
    wrong: list[Any] = [
        {},
        {"id": "a", "tmdb": tmdb},
        {"id": None},
        {"tmdb": None},
        {"id": "a", "tmdb": None},
        {"tmdb": {"type": "TV"}},
        {"tmdb": {"type": "BOOK", "id": 1}},
        {"tmdb": {"type": "tv", "id": 1}},
        {"tmdb": {"type": "TV", "id": 2**31}},
        {"tmdb": {"type": "TV", "id": 1.5}},
        {"tmdb": {"type": "TV", "id": "1"}},
        {"tmdb": {"type": "TV", "id": 1, "title": "x"}},
        {"id": ["a"]},
        "a",
        None,
    ]
    for ref in wrong:
        response = await api.post(BY_REF, ref=ref)
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", ref
        assert "data" not in response.json()


async def test_the_catalogue_is_public_and_entries_are_filtered_by_visibility(
    api: Api, make: Factories
) -> None:
    ann, bob, eve = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob)
    film = await make.media(
        "Fight Club",
        tmdb_id=550,
        description="Soap.",
        poster_path="/p.jpg",
        backdrop_path="/b.jpg",
        release_date=date(1999, 10, 15),
        rating=8.4,
        genres=["Drama", "Action"],
        creators=["David Fincher"],
    )
    entries = {user.id: await make.entry(user, film, notes="mine") for user in (ann, bob, eve)}
    await make.recommendation(bob, ann, film)
    query = """query ($id: ID!, $members: [ID!]) { node(id: $id) { ... on MediaItem {
      tmdbId tmdbType title description posterPath backdropPath releaseDate rating genres creators
      viewerEntry { id notes } entries(userIds: $members) { totalCount nodes { id } }
      recommendations { totalCount } } } }"""
    people: list[tuple[Api, list[str], int]] = [
        (api, [], 0),
        (api.as_(ann), [ann.id, bob.id], 1),
        (api.as_(bob), [ann.id, bob.id], 1),
        (api.as_(eve), [eve.id], 0),
        (api.as_(await make.user()), [], 0),
    ]
    for client, whose, recommended in people:
        found = await client.data(query, id=film.id)
        own, seen = found.pop("viewerEntry"), found.pop("entries")
        assert {entry["id"] for entry in seen["nodes"]} == {entries[user_id].id for user_id in whose}
        assert seen["totalCount"] == len(whose)
        assert found.pop("recommendations") == {"totalCount": recommended}
        if own is not None:
            assert own["notes"] == "mine"
        assert found == {
            "tmdbId": 550,
            "tmdbType": "MOVIE",
            "title": "Fight Club",
            "description": "Soap.",
            "posterPath": "/p.jpg",
            "backdropPath": "/b.jpg",
            "releaseDate": "1999-10-15",
            "rating": 8.4,
            "genres": ["Drama", "Action"],
            "creators": ["David Fincher"],
        }
    for client, user in ((api.as_(ann), ann), (api.as_(eve), eve)):
        assert (await client.data(query, id=film.id))["viewerEntry"]["id"] == entries[user.id].id
    for members, count in (([bob.id], 1), ([bob.id, ann.id], 2), (None, 2)):
        found = await api.as_(ann).data(query, id=film.id, members=members)
        assert found["entries"]["totalCount"] == count


async def test_entries_of_a_title_are_paged_newest_first(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob, cid)
    film = await make.media()
    days = {user.id: datetime(2024, 1, day, tzinfo=UTC) for day, user in ((2, ann), (3, bob), (1, cid))}
    for user in (ann, bob, cid):
        await make.entry(user, film, date_added=days[user.id])
    query = """query ($id: ID!, $after: String) { mediaItem(ref: {id: $id}) {
      entries(first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { user { id } } } } }"""
    first = (await api.as_(ann).data(query, id=film.id))["entries"]
    second = (await api.as_(ann).data(query, id=film.id, after=first["pageInfo"]["endCursor"]))["entries"]
    assert [node["user"]["id"] for node in first["nodes"] + second["nodes"]] == [bob.id, ann.id, cid.id]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_streaming_providers_are_filtered_by_region_and_offer_and_sorted(
    api: Api, make: Factories
) -> None:
    film, other = await make.media(), await make.media()
    await make.provider(film, "Zeta", regions=["DE"])
    await make.provider(film, "Alpha", regions=["US", "DE"], offer_type=OfferType.RENT)
    await make.provider(film, "Alpha", regions=["US"], offer_type=OfferType.BUY)
    await make.provider(film, "Mid", regions=[], offer_type=OfferType.ADS)
    await make.provider(other, "Elsewhere", regions=["DE"])
    query = """query ($id: ID!, $region: CountryCode, $kinds: [OfferType!]) { mediaItem(ref: {id: $id}) {
      streamingProviders(region: $region, offerTypes: $kinds) { provider offerType } } }"""
    chosen: list[tuple[dict[str, Any], str]] = [
        ({}, "Alpha Alpha Mid Zeta"),
        ({"region": None, "kinds": None}, "Alpha Alpha Mid Zeta"),
        ({"region": "DE"}, "Alpha Zeta"),
        ({"region": "US"}, "Alpha Alpha"),
        ({"region": "FR"}, ""),
        ({"kinds": ["RENT"]}, "Alpha"),
        ({"kinds": ["RENT", "ADS", "RENT"]}, "Alpha Mid"),
        ({"kinds": ["FREE"]}, ""),
        ({"region": "US", "kinds": ["BUY", "SUBSCRIPTION"]}, "Alpha"),
        ({"region": "DE", "kinds": ["BUY"]}, ""),
    ]
    for given, expected in chosen:
        found = (await api.data(query, id=film.id, **given))["streamingProviders"]
        assert " ".join(offer["provider"] for offer in found) == expected, given
    for wrong in (
        {"region": "de"},
        {"region": "DEU"},
        {"region": ""},
        {"region": 49},
        {"kinds": ["LOAN"]},
    ):
        result = await api.result(query, id=film.id, **wrong)
        assert result["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", wrong


async def test_a_streaming_provider_refers_to_its_title(api: Api, make: Factories) -> None:
    film = await make.media()
    offer = await make.provider(film, "Zeta", regions=["DE", "AT"], url=None)
    query = """query ($id: ID!) { node(id: $id) { ... on StreamingProvider {
      provider offerType url regions mediaItem { id } addedAt } } }"""
    found = await api.data(query, id=offer.id)
    assert datetime.fromisoformat(found.pop("addedAt")).tzinfo is not None
    assert found == {
        "provider": "Zeta",
        "offerType": "SUBSCRIPTION",
        "url": None,
        "regions": ["DE", "AT"],
        "mediaItem": {"id": film.id},
    }
