"""Every numeric input field has limits, and a value out of range is an error of its field."""

from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from tests.api.test_no_silent_empties import IMPOSSIBLE, lists, places
from tests.graph.walk import CORE
from tests.support.client import Api
from tests.support.factories import Factories

_MAX = 2**31 - 1
TMDB = {"type": "MOVIE", "id": 7}
# For each numeric field: the mutation, an input that is valid except for the number, and numbers out of
# range.
OUTSIDE: dict[str, tuple[str, dict[str, Any], list[float]]] = {
    "AddToWatchlistInput.rating": ("addToWatchlist", {"media": {"tmdb": TMDB}}, [0, -1, 11, _MAX]),
    "UpdateWatchlistEntryInput.rating": ("updateWatchlistEntry", {"id": "ENTRY"}, [0, -1, 11, _MAX]),
    "UpdateWatchlistEntryInput.expectedVersion": ("updateWatchlistEntry", {"id": "ENTRY"}, [0, -1, -_MAX]),
    "SaveMediaItemInput.rating": ("saveMediaItem", {"tmdb": TMDB, "title": "A"}, [-0.1, 10.1, 1e300]),
}


def numbers() -> set[str]:
    """Returns the numeric input fields, except those of filters."""
    kinds = [kind for kind in CORE.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
    return {
        f"{kind.name}.{name}"
        for kind in kinds
        for name, field in kind.fields.items()
        if get_named_type(field.type).name in {"Int", "Float"} and not kind.name.endswith("Filter")
    }


def test_the_table_contains_every_numeric_input_field() -> None:
    assert numbers() == {*OUTSIDE, "TmdbRef.id"}
    of_lists = [each for field in lists() for each in places(field)]
    assert {name for name, kind, _ in of_lists if kind.strip("!") in {"Int", "Float"}} <= IMPOSSIBLE.keys()


async def test_numbers_out_of_range_are_rejected(api: Api, make: Factories) -> None:
    boss = await make.user(is_staff=True)
    media, entry = await make.media(tmdb_id=TMDB["id"]), await make.entry(boss)
    client = api.as_(boss, is_staff=True)
    for place, (mutation, given, values) in OUTSIDE.items():
        name = place.partition(".")[2]
        for value in values:
            sent = {key: entry.id if item == "ENTRY" else item for key, item in given.items()}
            payload = await client.change(mutation, {**sent, name: value})
            found = [(error["code"], error["path"]) for error in payload["errors"]]
            assert found == [("OUT_OF_RANGE", ["input", name])], (place, value)
    for number in (0, -1, -_MAX):
        wrong = {"tmdb": {"type": "MOVIE", "id": number}}
        payload = await client.change("addToWatchlist", {"media": wrong})
        assert payload["errors"][0]["path"] == ["input", "media", "tmdb", "id"]
        result = await api.result("query ($v: MediaRef!) { mediaItem(ref: $v) { id } }", v=wrong)
        assert result["errors"][0]["extensions"]["variable"] == ["v", "tmdb", "id"]
    assert media.id
