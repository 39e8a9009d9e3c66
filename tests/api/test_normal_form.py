"""Every mutation stores text in its normal form."""
# ruff: noqa: RUF001 - the tests are about letters of many scripts

from typing import Any

import pytest

from tests.support.client import Api
from tests.support.factories import Factories

WRITTEN = " \u202eCafe\u0301\u200b \t\r\n 👩‍🚀 می\u200cخواهم\ufeff "
LINE = "Café 👩‍🚀 می\u200cخواهم"
LINES = "Café\n 👩‍🚀 می\u200cخواهم"
BLANK = " \u200b\u2028\u00ad"


async def test_names_are_stored_as_single_lines(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    mine = api.as_(ann)
    made = await mine.change("createFamily", {"name": WRITTEN}, fields="family { id name }")
    assert made["family"]["name"] == LINE
    renamed = {"id": made["family"]["id"], "name": f"New{WRITTEN}"}
    assert (await mine.change("updateFamily", renamed, fields="family { name }"))["family"] == {
        "name": f"New {LINE}"
    }
    profile = await mine.change("updateProfile", {"name": WRITTEN}, fields="viewer { user { name } }")
    assert profile["viewer"]["user"]["name"] == LINE
    for mutation, given in (
        ("createFamily", {}),
        ("updateFamily", {"id": made["family"]["id"]}),
        ("updateProfile", {}),
        ("createApiToken", {"scopes": ["READ"]}),
    ):
        for name in ("", " ", BLANK):
            assert await mine.refused(mutation, {**given, "name": name}) == ("REQUIRED", ["input", "name"])


async def test_a_registered_name_is_stored_as_a_single_line(api: Api) -> None:
    account = {"email": "ann@example.com", "password": "four seats row eleven", "useCookie": False}
    for name in ("", BLANK):
        assert await api.refused("register", {**account, "name": name}) == ("REQUIRED", ["input", "name"])
    made = await api.change(
        "register",
        {**account, "name": WRITTEN, "device": WRITTEN},
        fields="accessToken viewer { user { name } }",
    )
    assert made["viewer"]["user"]["name"] == LINE
    sessions = await api.bearing(made["accessToken"]).data("{ viewer { sessions { nodes { device } } } }")
    assert sessions["sessions"]["nodes"] == [{"device": LINE}]


async def test_longer_text_keeps_its_line_breaks(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user("Ann"), await make.user("Bob"), await make.media()
    await make.family(ann, bob)
    mine = api.as_(ann)
    entry = await mine.change(
        "addToWatchlist", {"media": {"id": film.id}, "notes": WRITTEN}, fields="entry { id notes }"
    )
    assert entry["entry"]["notes"] == LINES
    changed = {"id": entry["entry"]["id"], "notes": f"One\r\rtwo{WRITTEN}"}
    changed = await mine.change("updateWatchlistEntry", changed, fields="entry { notes }")
    assert changed["entry"]["notes"] == f"One\n\ntwo {LINES}"
    profile = await mine.change(
        "updateProfile", {"bio": WRITTEN}, fields="viewer { user { profile { bio } } }"
    )
    assert profile["viewer"]["user"]["profile"]["bio"] == LINES
    proposed = await mine.change(
        "recommend",
        {"media": {"id": film.id}, "toUserIds": [bob.id], "message": WRITTEN},
        fields="recommendations { message }",
    )
    assert proposed["recommendations"] == [{"message": LINES}]
    cleared = {"id": entry["entry"]["id"], "notes": BLANK}
    assert (await mine.change("updateWatchlistEntry", cleared, fields="entry { notes }"))["entry"] == {
        "notes": None
    }


async def test_the_catalogue_is_in_normal_form(api: Api, make: Factories) -> None:
    staff = api.as_(await make.user(is_staff=True), is_staff=True)
    title = {
        "tmdb": {"type": "MOVIE", "id": 1},
        "title": WRITTEN,
        "description": WRITTEN,
        "genres": [WRITTEN],
        "creators": [WRITTEN],
    }
    saved = await staff.change(
        "saveMediaItem", title, fields="mediaItem { id title description genres creators }"
    )
    shown = saved["mediaItem"]
    media_id = shown.pop("id")
    assert shown == {"title": LINE, "description": LINES, "genres": [LINE], "creators": [LINE]}
    offer = {"media": {"id": media_id}, "provider": WRITTEN}
    saved = await staff.change("saveStreamingProvider", offer, fields="streamingProvider { provider }")
    assert saved["streamingProvider"] == {"provider": LINE}
    blank: list[tuple[str, dict[str, Any], list[str]]] = [
        ("saveMediaItem", {**title, "title": BLANK}, ["input", "title"]),
        ("saveMediaItem", {**title, "genres": ["Drama", BLANK]}, ["input", "genres", "1"]),
        ("saveMediaItem", {**title, "creators": [BLANK]}, ["input", "creators", "0"]),
        ("saveStreamingProvider", {**offer, "provider": BLANK}, ["input", "provider"]),
    ]
    for mutation, given, path in blank:
        assert await staff.refused(mutation, given) == ("REQUIRED", path)


@pytest.mark.parametrize(
    ("text", "length"), [("e\u0301", 1), ("👩‍🚀", 3), ("x\u200b", 1), ("x ", 2)], ids=ascii
)
async def test_length_limits_apply_to_the_normal_form(
    api: Api, make: Factories, text: str, length: int
) -> None:
    mine = api.as_(await make.user("Ann"))
    longest = text * (100 // length)
    assert (await mine.change("createFamily", {"name": longest}))["errors"] == []
    assert await mine.refused("createFamily", {"name": longest + "xyz"}) == ("TOO_LONG", ["input", "name"])
