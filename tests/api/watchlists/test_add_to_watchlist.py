"""The mutation addToWatchlist."""

from datetime import UTC, datetime
from typing import Any

from infocus_graphql.domains.media.models import MediaType
from tests.support.client import Api
from tests.support.factories import Factories

ENTRY = "entry { id status rating notes notesVisibility version user { id } mediaItem { id } }"
OWN = "{ viewer { watchlist { nodes { id status rating notes mediaItem { title } } totalCount } } }"


async def test_an_entry_has_defaults_and_belongs_to_the_viewer(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    payload = await api.as_(ann).change("addToWatchlist", {"media": {"id": film.id}}, fields=ENTRY)
    entry = payload["entry"]
    assert payload["errors"] == []
    assert entry.pop("id").startswith("we")
    assert entry == {
        "status": "NOT_WATCHED",
        "rating": None,
        "notes": None,
        "notesVisibility": "PRIVATE",
        "version": 1,
        "user": {"id": ann.id},
        "mediaItem": {"id": film.id},
    }


async def test_all_given_values_are_stored_with_the_current_time(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    given = {"status": "WATCHING", "rating": 7, "notes": "  Half way.  ", "notesVisibility": "FAMILY"}
    before = datetime.now(UTC)
    payload = await api.as_(ann).change(
        "addToWatchlist",
        {"media": {"id": film.id}, **given},
        fields="entry { status rating notes notesVisibility dateAdded dateUpdated }",
    )
    entry = payload["entry"]
    added = datetime.fromisoformat(entry.pop("dateAdded"))
    assert before <= added <= datetime.now(UTC)
    assert datetime.fromisoformat(entry.pop("dateUpdated")) == added
    assert entry == {**given, "notes": "Half way."}


async def test_a_title_can_be_named_by_tmdb_type_and_id(api: Api, make: Factories) -> None:
    ann = await make.user()
    film = await make.media(tmdb_id=1396)
    series = await make.media(tmdb_id=1396, tmdb_type=MediaType.TV)
    for kind, title in (("TV", series), ("MOVIE", film)):
        payload = await api.as_(ann).change(
            "addToWatchlist", {"media": {"tmdb": {"type": kind, "id": 1396}}}, fields=ENTRY
        )
        assert payload["entry"]["mediaItem"] == {"id": title.id}


async def test_a_second_entry_is_a_conflict_with_the_first_one(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user(), await make.user(), await make.media(tmdb_id=550)
    await make.entry(bob, film)
    first = await make.entry(ann, film, rating=4, notes="first")
    for media in ({"id": film.id}, {"tmdb": {"type": "MOVIE", "id": 550}}):
        payload = await api.as_(ann).change("addToWatchlist", {"media": media, "rating": 9}, fields=ENTRY)
        (error,) = payload["errors"]
        assert payload["entry"] is None
        assert (error["__typename"], error["code"]) == ("ConflictError", "ALREADY_EXISTS")
        assert error["path"] == ["input", "media"]
        assert error["existing"] == {"__typename": "WatchlistEntry", "id": first.id}
    watchlist = (await api.as_(ann).data(OWN))["watchlist"]
    assert watchlist["totalCount"] == 1
    assert (watchlist["nodes"][0]["rating"], watchlist["nodes"][0]["notes"]) == (4, "first")


async def test_an_unknown_title_is_not_found(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media(tmdb_id=7)
    entry = await make.entry(ann)
    unknown: list[dict[str, Any]] = [
        {"id": "mi" + "0" * 25},
        {"id": "nonsense"},
        {"id": ""},
        {"id": "x" * 10_000},
        {"id": film.id.upper()},
        {"id": ann.id},
        {"id": entry.id},
        {"tmdb": {"type": "TV", "id": 7}},
        {"tmdb": {"type": "MOVIE", "id": 2**31 - 1}},
    ]
    for media in unknown:
        refusal = await api.as_(ann).refused("addToWatchlist", {"media": media})
        assert refusal == ("NOT_FOUND", ["input", "media"]), media
    for number in (0, -7):
        impossible = {"media": {"tmdb": {"type": "MOVIE", "id": number}}}
        refusal = await api.as_(ann).refused("addToWatchlist", impossible)
        assert refusal == ("OUT_OF_RANGE", ["input", "media", "tmdb", "id"])


async def test_a_media_ref_needs_exactly_one_field(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    tmdb = {"type": "MOVIE", "id": film.tmdb_id}
    wrong: list[Any] = [{}, {"id": film.id, "tmdb": tmdb}, {"id": None}, {"id": film.id, "tmdb": None}, None]
    query = "mutation ($media: MediaRef!) { addToWatchlist(input: {media: $media}) { errors { code } } }"
    for media in wrong:
        result = await api.as_(ann).result(query, media=media)
        assert "data" not in result, media
        assert {error["extensions"]["code"] for error in result["errors"]} == {"BAD_USER_INPUT"}
    for literal in ("{}", '{id: "a", tmdb: {type: TV, id: 1}}', "{id: null}"):
        result = await api.as_(ann).result(query.replace("$media)", ")").replace("$media}", literal + "}"))
        assert "data" not in result, literal
    assert (await api.as_(ann).data(OWN))["watchlist"]["totalCount"] == 0


WRONG_VALUES: list[tuple[Any, ...]] = [
    ({"rating": 0}, "OUT_OF_RANGE", "rating"),
    ({"rating": 11}, "OUT_OF_RANGE", "rating"),
    ({"rating": -(2**31)}, "OUT_OF_RANGE", "rating"),
    ({"rating": 2**31 - 1}, "OUT_OF_RANGE", "rating"),
    ({"notes": "n" * 2001}, "TOO_LONG", "notes"),
]


async def test_values_out_of_range_are_rejected(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media()
    for given, code, path in WRONG_VALUES:
        payload = await api.as_(ann).change(
            "addToWatchlist", {"media": {"id": film.id}, **given}, fields=ENTRY
        )
        (error,) = payload["errors"]
        assert (payload["entry"], error["code"], error["path"]) == (None, code, ["input", path])
        assert (error["min"], error["max"]) == ((1, 10) if path == "rating" else (1, 2000))
    assert (await api.as_(ann).data(OWN))["watchlist"]["totalCount"] == 0


async def test_values_at_the_limits_are_accepted(api: Api, make: Factories) -> None:
    ann = await make.user()
    good: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"rating": 1}, {"rating": 1}),
        ({"rating": 10}, {"rating": 10}),
        ({"rating": None}, {"rating": None}),
        ({"notes": "🎬" * 2000}, {"notes": "🎬" * 2000}),
        ({"notes": " " + "n" * 2000 + "\n"}, {"notes": "n" * 2000}),
        ({"notes": " \n\t "}, {"notes": None}),
        ({"notes": None}, {"notes": None}),
    ]
    for given, stored in good:
        film = await make.media()
        payload = await api.as_(ann).change(
            "addToWatchlist", {"media": {"id": film.id}, **given}, fields="entry { rating notes }"
        )
        assert payload["errors"] == []
        assert payload["entry"] | stored == payload["entry"]


async def test_adding_needs_a_signed_in_viewer(api: Api, make: Factories) -> None:
    film = await make.media()
    query = "mutation ($id: ID!) { addToWatchlist(input: {media: {id: $id}}) { entry { id } } }"
    result = await api.result(query, id=film.id)
    assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
