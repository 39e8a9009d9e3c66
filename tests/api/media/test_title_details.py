"""Details of a title: texts in languages, images, ids, ratings, certifications, genres, credits, videos."""

from datetime import date
from typing import Any

import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.details import (
    Collection,
    Genre,
    GenreName,
    MediaCertification,
    MediaVideo,
    SimilarTitle,
)
from infocus_graphql.domains.media.models import MediaItem, MediaType, ProductionStatus
from infocus_graphql.domains.people.models import Credit, CreditKind, Person
from tests.support.client import Api
from tests.support.factories import Factories


async def read(api: Api, item: MediaItem, selection: str, **variables: Any) -> Any:
    """Reads fields of a title."""
    declared = "$id: ID!" + "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
    query = f"query ({declared}) {{ mediaItem(ref: {{id: $id}}) {{ {selection} }} }}"
    given = {name: value for name, (_, value) in variables.items()}
    return await api.data(query, id=item.id, **given)


async def reader(make: Factories, language: str | None, region: str | None = None) -> User:
    """Creates a user with settings."""
    user = await make.user()
    await make.row(UserSettings(user_id=user.id, language=language, region=region))
    return user


async def test_scalars_ids_and_the_last_fetch(api: Api, make: Factories) -> None:
    moment = now().replace(microsecond=0)
    item = await make.media(
        "Glass Harbour",
        original_title="Glashafen",
        original_language="de",
        end_date=date(2021, 3, 4),
        runtime_minutes=48,
        production_status=ProductionStatus.RETURNING_SERIES,
        countries=["DE", "AT"],
        popularity=12.5,
        vote_count=7,
        rating=7.5,
        imdb_id="tt0000001",
        tvdb_id=42,
        wikidata_id="Q1",
        keywords=["heist", "sea"],
        removed_at=moment,
    )
    await make.row(TitleFetch(tmdb_type=item.tmdb_type, tmdb_id=item.tmdb_id, fetched_at=moment))
    selection = """originalTitle originalLanguage endDate runtimeMinutes productionStatus countries popularity
        voteCount externalIds { imdb tvdb wikidata } keywords removedAt fetchedAt
        ratings { source value votes }"""
    shown = moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert await read(api, item, selection) == {
        "originalTitle": "Glashafen",
        "originalLanguage": "de",
        "endDate": "2021-03-04",
        "runtimeMinutes": 48,
        "productionStatus": "RETURNING_SERIES",
        "countries": ["DE", "AT"],
        "popularity": 12.5,
        "voteCount": 7,
        "externalIds": {"imdb": "tt0000001", "tvdb": 42, "wikidata": "Q1"},
        "keywords": ["heist", "sea"],
        "removedAt": shown,
        "fetchedAt": shown,
        "ratings": [{"source": "TMDB", "value": 7.5, "votes": 7}],
    }
    bare = await make.media(rating=None)
    assert await read(api, bare, selection) == {
        "originalTitle": None,
        "originalLanguage": None,
        "endDate": None,
        "runtimeMinutes": None,
        "productionStatus": None,
        "countries": [],
        "popularity": None,
        "voteCount": 0,
        "externalIds": {"imdb": None, "tvdb": None, "wikidata": None},
        "keywords": [],
        "removedAt": None,
        "fetchedAt": None,
        "ratings": [],
    }


async def test_images_have_the_smallest_size_that_is_wide_enough(api: Api, make: Factories) -> None:
    item = await make.media(poster_path="/p.jpg", backdrop_path="b.jpg")
    selection = """plain: posterUrl small: posterUrl(width: 92) next: posterUrl(width: 93)
        largest: posterUrl(width: 780) original: posterUrl(width: 781)
        backdropUrl narrow: backdropUrl(width: 1)"""
    server = "https://image.tmdb.org/t/p"
    assert await read(api, item, selection) == {
        "plain": f"{server}/w500/p.jpg",
        "small": f"{server}/w92/p.jpg",
        "next": f"{server}/w154/p.jpg",
        "largest": f"{server}/w780/p.jpg",
        "original": f"{server}/original/p.jpg",
        "backdropUrl": f"{server}/w1280/b.jpg",
        "narrow": f"{server}/w300/b.jpg",
    }
    none = await make.media(poster_path=None)
    assert await read(api, none, "posterUrl") == {"posterUrl": None}
    for width in (0, -1, 10_001):
        query = "query ($id: ID!, $width: Int!) { mediaItem(ref: {id: $id}) { posterUrl(width: $width) } }"
        result = await api.result(query, id=item.id, width=width)
        (error,) = result["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["mediaItem", "posterUrl"], "BAD_USER_INPUT")
        assert error["extensions"]["argument"] == ["width"]
        assert result["data"] == {"mediaItem": {"posterUrl": None}}


async def test_certifications_are_of_the_country_or_the_viewers_region(api: Api, make: Factories) -> None:
    item = await make.media()
    await make.rows(
        MediaCertification(media_item_id=item.id, country="DE", label="16", minimum_age=16),
        MediaCertification(media_item_id=item.id, country="US", label="NR"),
    )
    selection = "certification(country: $country) { country label minimumAge }"
    german = {"country": "DE", "label": "16", "minimumAge": 16}
    american = {"country": "US", "label": "NR", "minimumAge": None}
    in_us = api.as_(await reader(make, None, "US"))
    for client, country, expected in (
        (api, None, None),
        (api, "DE", german),
        (api, "FR", None),
        (in_us, None, american),
        (in_us, "DE", german),
        (api.as_(await make.user()), None, None),
    ):
        found = await read(client, item, selection, country=("CountryCode", country))
        assert found == {"certification": expected}, country
    (error,) = (
        await api.result(
            'query ($id: ID!) { mediaItem(ref: {id: $id}) { certification(country: "UK") { label } } }',
            id=item.id,
        )
    )["errors"]
    assert "Did you mean “GB”?" in error["message"]


async def test_genres_have_nodes_with_translated_names(api: Api, make: Factories) -> None:
    noir = Genre(id=new_id("ge"), tmdb_id=910_001, name="Noir", for_movies=True)
    zebra = Genre(id=new_id("ge"), tmdb_id=910_002, name="Zebra", for_series=True)
    await make.rows(noir, zebra)
    await make.row(GenreName(genre_id=noir.id, language="de", name="Schwarze Serie"))
    item = await make.media(genres=["Zebra", "Homemade", "Noir"])
    selection = 'genres genreNodes { tmdbId name fr: name(language: "fr") forMovies forSeries }'
    found = await read(api.as_(await reader(make, "de-AT")), item, selection)
    assert found == {
        "genres": ["Zebra", "Homemade", "Noir"],
        "genreNodes": [
            {"tmdbId": 910_002, "name": "Zebra", "fr": "Zebra", "forMovies": False, "forSeries": True},
            {
                "tmdbId": 910_001,
                "name": "Schwarze Serie",
                "fr": "Noir",
                "forMovies": True,
                "forSeries": False,
            },
        ],
    }
    names = await read(api, item, "genreNodes { name }")
    assert names == {"genreNodes": [{"name": "Zebra"}, {"name": "Noir"}]}


async def test_cast_and_crew_are_pages_of_credits(api: Api, make: Factories) -> None:
    old = await make.media("Old", release_date=date(1990, 1, 1))
    new = await make.media("New", release_date=date(2020, 1, 1))
    undated = await make.media("Undated", release_date=None)
    star = Person(id=new_id("pe"), tmdb_id=1, name="Mara Vale", profile_path="/m.jpg")
    other = Person(id=new_id("pe"), tmdb_id=2, name="Tom Quill")
    await make.rows(star, other)

    def credit(item: MediaItem, person: Person, kind: CreditKind, position: int, **values: Any) -> Credit:
        return Credit(
            id=new_id("cr"),
            media_item_id=item.id,
            person_id=person.id,
            tmdb_credit_id=new_id("tc"),
            kind=kind,
            position=position,
            **values,
        )

    await make.rows(
        credit(old, other, CreditKind.CAST, 1, character="The Guard"),
        credit(old, star, CreditKind.CAST, 0, character="The Keeper", episode_count=4),
        credit(old, star, CreditKind.CREW, 0, department="Directing", job="Director"),
        credit(undated, star, CreditKind.CAST, 0),
        credit(new, star, CreditKind.CAST, 0),
    )
    shown = (
        "nodes { creditKind character department job creditedEpisodeCount person { name tmdbId profileUrl } }"
    )
    found = await read(
        api, old, f"cast(first: 1) {{ totalCount pageInfo {{ endCursor }} {shown} }} crew {{ {shown} }}"
    )
    mara = {
        "name": "Mara Vale",
        "tmdbId": 1,
        "profileUrl": "https://image.tmdb.org/t/p/w185/m.jpg",
    }
    cast = found["cast"]
    assert (cast["totalCount"], cast["nodes"]) == (
        2,
        [
            {
                "creditKind": "CAST",
                "character": "The Keeper",
                "department": None,
                "job": None,
                "creditedEpisodeCount": 4,
                "person": mara,
            }
        ],
    )
    assert found["crew"]["nodes"] == [
        {
            "creditKind": "CREW",
            "character": None,
            "department": "Directing",
            "job": "Director",
            "creditedEpisodeCount": None,
            "person": mara,
        }
    ]
    after = await read(
        api,
        old,
        "cast(after: $after) { nodes { character person { name profileUrl(width: 400) } } }",
        after=("String", cast["pageInfo"]["endCursor"]),
    )
    assert after["cast"]["nodes"] == [
        {"character": "The Guard", "person": {"name": "Tom Quill", "profileUrl": None}}
    ]
    query = """query ($id: ID!) { node(id: $id) { ... on Person {
        profileUrl(width: 400) credits { totalCount nodes { creditKind mediaItem { title } } } } } }"""
    person = await api.data(query, id=star.id)
    assert person["profileUrl"] == "https://image.tmdb.org/t/p/h632/m.jpg"
    titles = [each["mediaItem"]["title"] for each in person["credits"]["nodes"]]
    assert (titles, person["credits"]["totalCount"]) == (["New", "Old", "Old", "Undated"], 4)


async def test_collections_videos_and_similar_titles(api: Api, make: Factories) -> None:
    trilogy = Collection(id=new_id("co"), tmdb_id=5, name="The Harbour Trilogy", poster_path="/c.jpg")
    await make.row(trilogy)
    second = await make.media("Second", collection_id=trilogy.id, release_date=date(2002, 1, 1))
    first = await make.media("First", collection_id=trilogy.id, release_date=date(2001, 1, 1))
    gone = await make.media("Gone", removed_at=now())
    series = await make.media("Series", tmdb_type=MediaType.TV)
    await make.rows(
        *(
            SimilarTitle(
                media_item_id=first.id, tmdb_type=each.tmdb_type, tmdb_id=each.tmdb_id, position=position
            )
            for position, each in enumerate((gone, series, second))
        ),
        SimilarTitle(media_item_id=first.id, tmdb_type=MediaType.MOVIE, tmdb_id=999_999, position=9),
        *(
            MediaVideo(
                id=new_id("mv"),
                media_item_id=first.id,
                site="YouTube",
                key=f"k{position}",
                name=name,
                kind="Trailer",
                official=position == 0,
                position=position,
            )
            for position, name in enumerate(("Trailer", "Teaser"))
        ),
    )
    found = await read(
        api,
        first,
        """collection { name tmdbId posterUrl mediaItems { nodes { title } } }
        videos { name site key videoKind official language publishedAt }
        similar(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { title } } }""",
    )
    assert found["collection"] == {
        "name": "The Harbour Trilogy",
        "tmdbId": 5,
        "posterUrl": "https://image.tmdb.org/t/p/w500/c.jpg",
        "mediaItems": {"nodes": [{"title": "First"}, {"title": "Second"}]},
    }
    assert [each["key"] for each in found["videos"]] == ["k0", "k1"]
    assert found["videos"][0] == {
        "name": "Trailer",
        "site": "YouTube",
        "key": "k0",
        "videoKind": "Trailer",
        "official": True,
        "language": None,
        "publishedAt": None,
    }
    similar = found["similar"]
    assert (similar["totalCount"], similar["pageInfo"]["hasNextPage"]) == (2, True)
    assert similar["edges"] == [{"node": {"title": "Series"}}]
    rest = await read(
        api,
        first,
        "similar(after: $after) { nodes { title } }",
        after=("String", similar["pageInfo"]["endCursor"]),
    )
    assert rest == {"similar": {"nodes": [{"title": "Second"}]}}
    alone = await read(api, series, "collection { name } videos { key } similar { nodes { title } }")
    assert alone == {"collection": None, "videos": [], "similar": {"nodes": []}}


@pytest.mark.parametrize("field", ["cast", "crew", "similar", "seasons", "offerHistory"])
async def test_a_wrong_page_size_is_an_error_of_its_list(api: Api, make: Factories, field: str) -> None:
    item = await make.media("Here")
    query = (
        f"query ($id: ID!) {{ mediaItem(ref: {{id: $id}}) {{ title {field}(first: 0) {{ totalCount }} }} }}"
    )
    result = await api.result(query, id=item.id)
    assert result["data"] == {"mediaItem": {"title": "Here", field: None}}
    assert [each["path"] for each in result["errors"]] == [["mediaItem", field]]
