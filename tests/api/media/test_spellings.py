"""Genres and services have one spelling in the whole catalogue."""
# ruff: noqa: RUF001 - the tests are about letters that look alike

import asyncio
from typing import Any

from sqlalchemy import text

from infocus_graphql.domains.media.details import Genre, GenreName
from infocus_graphql.graph.context import Services
from tests.api.media.test_title_details import reader
from tests.support.client import Api
from tests.support.factories import Factories


async def staff_of(api: Api, make: Factories) -> Api:
    return api.as_(await make.user(is_staff=True), is_staff=True)


async def save(staff: Api, number: int, *genres: str) -> list[str]:
    """Saves a title with these genres and returns its genres."""
    given = {"tmdb": {"type": "MOVIE", "id": number}, "title": f"Title {number}", "genres": list(genres)}
    payload = await staff.change("saveMediaItem", given, fields="mediaItem { genres }")
    assert payload["errors"] == []
    found: list[str] = payload["mediaItem"]["genres"]
    return found


async def test_the_first_spelling_of_a_genre_is_used_for_all_titles(api: Api, make: Factories) -> None:
    staff = await staff_of(api, make)
    assert await save(staff, 1, "Drama", "Comédie") == ["Drama", "Comédie"]
    assert await save(staff, 2, "comedie", "ＤＲＡＭＡ", " dráma ") == ["Comédie", "Drama"]
    assert await save(staff, 2, "Crime", "drama", "Crime") == ["Crime", "Drama"]
    query = (
        "query ($filter: MediaItemFilter) { discoverMedia(filter: $filter) { totalCount nodes { title } } }"
    )
    for genres, titles in (
        (["drama"], ["Title 1", "Title 2"]),
        (["COMEDIE", "crime "], ["Title 1", "Title 2"]),
        (["crIme"], ["Title 2"]),
    ):
        found = await staff.data(query, filter={"genres": genres})
        assert [each["title"] for each in found["nodes"]] == titles, genres


async def test_lists_are_filtered_by_genres_in_any_spelling(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    family = await make.family(ann)
    await make.entry(ann, await make.media("A", genres=["Sci-Fi"]))
    await make.entry(ann, await make.media("B", genres=["Drama"]))
    query = """query ($id: ID!, $genres: [String!]) {
        viewer { watchlist(filter: {genres: $genres}) { nodes { mediaItem { title } } } }
        family(id: $id) { titles(filter: {genres: $genres}) { nodes { mediaItem { title } } }
            watchlist(filter: {genres: $genres}) { nodes { mediaItem { title } } } } }"""
    data = await api.as_(ann).data(query, id=family.id, genres=["sci‐fi"])
    only: dict[str, Any] = {"nodes": [{"mediaItem": {"title": "A"}}]}
    assert data == {"viewer": {"watchlist": only}, "family": {"titles": only, "watchlist": only}}


async def test_genres_are_found_by_their_names_in_the_language_of_the_viewer(
    api: Api, make: Factories
) -> None:
    german, other = await reader(make, "de-AT"), await make.user()
    genre = await make.row(Genre(tmdb_id=990_035, name="Slapstick", for_movies=True, for_series=False))
    await make.row(GenreName(genre_id=genre.id, language="de", name="Klamauk & Späße"))
    item = await make.media("A", genres=["Slapstick", "Drama"])
    await make.entry(german, item)
    query = """query ($some: [String!], $all: [String!]) {
        discoverMedia(filter: {genres: $some, allGenres: $all}) { nodes { title } }
        viewer { watchlist(filter: {genres: $some}) { totalCount } } }"""
    for some in ("klamauk & spasse", "slapstick", "SLAPSTICK"):
        found = await api.as_(german).data(query, some=[some], all=[some, "drama"])
        assert found["discoverMedia"]["nodes"] == [{"title": "A"}], some
        assert found["viewer"]["watchlist"]["totalCount"] == 1, some
    for user in (other, None):
        client = api.as_(user) if user else api
        (error,) = (
            await client.result("""{ discoverMedia(filter: {genres: ["Klamauk & Späße"]}) { totalCount } }""")
        )["errors"]
        assert "is not a genre of this catalogue" in error["message"]


async def test_services_with_other_spellings_are_the_same(api: Api, make: Factories) -> None:
    staff = await staff_of(api, make)
    film, other = await make.media("A"), await make.media("B")
    offer = "streamingProvider { id provider regions }"
    made = []
    for media, name, regions in (
        (film, "Netflix", ["DE"]),
        (film, "NETFLIX ", ["AT"]),
        (other, "netflix", ["DE"]),
    ):
        given = {"media": {"id": media.id}, "provider": name, "regions": regions}
        made.append((await staff.change("saveStreamingProvider", given, fields=offer))["streamingProvider"])
    assert [each["provider"] for each in made] == ["Netflix"] * 3
    assert made[0]["id"] == made[1]["id"] != made[2]["id"]
    assert made[1]["regions"] == ["AT"]
    for name in ("Zeta", "apple TV", "Ärte"):
        await make.provider(film, name)
    shown = await staff.data(
        "query ($id: ID!) { mediaItem(ref: {id: $id}) { streamingProviders { provider } } }", id=film.id
    )
    assert [each["provider"] for each in shown["streamingProviders"]] == [
        "apple TV",
        "Ärte",
        "Netflix",
        "Zeta",
    ]


async def test_concurrent_titles_with_a_new_genre_agree_on_its_spelling(api: Api, make: Factories) -> None:
    staff = await staff_of(api, make)
    names = ["Film noir", "film noir", "FILM NOIR", "Film Noir", "film Noir"]
    found = await asyncio.gather(*(save(staff, number, name) for number, name in enumerate(names, 1)))
    assert len({genre for genres in found for genre in genres}) == 1


async def test_the_statement_in_the_operations_guide_changes_a_spelling(
    api: Api, make: Factories, services: Services
) -> None:
    staff = await staff_of(api, make)
    assert await save(staff, 1, "film noir", "Drama") == ["film noir", "Drama"]
    async with services.database.engines.write.begin() as connection:
        await connection.execute(text("UPDATE spellings SET name = 'Film Noir' WHERE name = 'film noir'"))
        await connection.execute(
            text("UPDATE media_items SET genres = genres WHERE 'film noir' = ANY (genres)")
        )
    data = await staff.data("{ discoverMedia { nodes { genres } } }")
    assert data["nodes"] == [{"genres": ["Film Noir", "Drama"]}]
