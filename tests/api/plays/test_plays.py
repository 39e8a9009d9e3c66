"""Plays: what is logged, and what progress, status, history and up next follow from it."""

from asyncio import gather
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem, MediaType, ProductionStatus
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.graph.context import Services
from tests.support.client import Api
from tests.support.factories import Factories

ENTRY = """entry { id status rewatchCount nextEpisode { id } progress { watchedEpisodes airedEpisodes
  totalEpisodes watchedSpecials totalSpecials percent minutesLeft } plays { totalCount } }"""
LOGGED = f"loggedCount plays {{ id precision watchedAt watchedOn }} {ENTRY}"


class Series:
    """A series with specials and two seasons, of three aired episodes each; the last has an announced one."""

    def __init__(self, item: MediaItem, numbers: Counter[str]) -> None:
        self.item, self.numbers = item, numbers
        today = now().date()
        self.seasons = [
            Season(id=new_id("sn"), media_item_id=item.id, tmdb_id=self._next(), number=number)
            for number in range(3)
        ]
        self.episodes = [
            Episode(
                id=new_id("ep"),
                media_item_id=item.id,
                season_id=season.id,
                tmdb_id=self._next(),
                number=number,
                runtime_minutes=50,
                air_date=today + timedelta(days=7 if (season.number, number) == (2, 4) else -number),
            )
            for season in self.seasons
            for number in range(1, 5 if season.number == 2 else 4)
        ]
        self.specials, self.regular = self.episodes[:3], self.episodes[3:]
        self.aired = self.regular[:6]

    def _next(self) -> int:
        self.numbers["tmdb"] += 1
        return 1_000_000 + self.numbers["tmdb"]


async def make_series(make: Factories, numbers: Counter[str] | None = None, **values: Any) -> Series:
    """Stores a series that has ended."""
    ended = {"tmdb_type": MediaType.TV, "production_status": ProductionStatus.ENDED, **values}
    series = Series(await make.media(**ended), Counter() if numbers is None else numbers)
    await make.rows(*series.seasons)
    await make.rows(*series.episodes)
    return series


async def log(api: Api, user: User, **given: Any) -> Any:
    """Logs a play that must succeed."""
    payload = await api.as_(user).change("logWatch", given, fields=LOGGED)
    assert payload["errors"] == [], payload
    return payload


async def execute(services: Services, sql: str, **values: Any) -> None:
    """Runs a statement as an update of the catalogue would."""

    async def change(work: UnitOfWork) -> None:
        await work.session.execute(text(sql), values)

    await services.database.transaction(change)


async def test_a_film_is_completed_by_its_play_and_undone(api: Api, make: Factories) -> None:
    ann, film = await make.user(), await make.media(runtime_minutes=90)
    made = await log(api, ann, media={"id": film.id})
    progress = made["entry"]["progress"]
    assert (made["loggedCount"], made["entry"]["status"]) == (1, "COMPLETED")
    assert (progress["percent"], progress["minutesLeft"], progress["totalEpisodes"]) == (100, 0, 0)
    again = await log(api, ann, media={"id": film.id})
    assert again["loggedCount"] == 0 and again["plays"] == made["plays"]
    assert (await log(api, ann, media={"id": film.id}, again=True))["loggedCount"] == 1
    for status, left in (("COMPLETED", 1), ("NOT_WATCHED", 0)):
        query = "{ viewer { history { nodes { id } } } }"
        (play, *_) = (await api.as_(ann).data(query))["history"]["nodes"]
        undone = await api.as_(ann).change(
            "undoWatch", {"watchEventId": play["id"]}, fields=f"deletedId {ENTRY}"
        )
        assert undone["deletedId"] == play["id"]
        assert (undone["entry"]["status"], undone["entry"]["plays"]["totalCount"]) == (status, left)
    assert (undone["entry"]["progress"]["percent"], undone["entry"]["progress"]["minutesLeft"]) == (0, 90)


async def test_parallel_logs_are_one_play_unless_asked(api: Api, make: Factories) -> None:
    ann, series = await make.user(), await make_series(make)
    given = {"episodeIds": [series.regular[0].id]}
    payloads = await gather(*(log(api, ann, **given) for _ in range(10)))
    assert sum(payload["loggedCount"] for payload in payloads) == 1
    assert len({payload["plays"][0]["id"] for payload in payloads}) == 1
    payloads = await gather(*(log(api, ann, **given, again=True) for _ in range(10)))
    assert sum(payload["loggedCount"] for payload in payloads) == 10
    query = "query ($id: ID!) { node(id: $id) { ... on Episode { viewerPlays watchedByViewer } } }"
    assert await api.as_(ann).data(query, id=series.regular[0].id) == {
        "viewerPlays": 11,
        "watchedByViewer": True,
    }


async def test_series_are_logged_up_to_an_episode_by_season_and_whole(api: Api, make: Factories) -> None:
    ann, series = await make.user(), await make_series(make)
    made = await log(api, ann, upToEpisodeId=series.regular[1].id)
    assert (made["loggedCount"], made["entry"]["status"]) == (2, "WATCHING")
    assert made["entry"]["nextEpisode"] == {"id": series.regular[2].id}
    assert made["entry"]["progress"] == {
        "watchedEpisodes": 2,
        "airedEpisodes": 6,
        "totalEpisodes": 7,
        "watchedSpecials": 0,
        "totalSpecials": 3,
        "percent": 100 * 2 / 6,
        "minutesLeft": 200,
    }
    assert (await log(api, ann, seasonId=series.seasons[1].id))["loggedCount"] == 1
    assert (await log(api, ann, upToEpisodeId=series.specials[1].id))["loggedCount"] == 2
    season = (
        "query ($id: ID!) { node(id: $id) { ... on Season { viewerProgress { watchedEpisodes percent } } } }"
    )
    shown = await api.as_(ann).data(season, id=series.seasons[1].id)
    assert shown["viewerProgress"] == {"watchedEpisodes": 3, "percent": 100}
    assert (await api.as_(await make.user()).data(season, id=series.seasons[1].id))["viewerProgress"] is None
    made = await log(api, ann, media={"id": series.item.id}, precision="UNKNOWN")
    assert (made["loggedCount"], made["entry"]["status"]) == (3, "COMPLETED")
    assert {play["watchedOn"] for play in made["plays"]} == {None}

    entry_id = made["entry"]["id"]
    chosen = {"id": entry_id, "status": "NOT_WATCHED"}
    await api.as_(ann).change("updateWatchlistEntry", chosen, fields="entry { status }")
    undone = await api.as_(ann).change("undoWatch", {"watchEventId": made["plays"][0]["id"]}, fields=ENTRY)
    assert undone["entry"]["status"] == "NOT_WATCHED"  # the user's choice stays
    assert (await log(api, ann, media={"id": series.item.id}))["entry"]["status"] == "COMPLETED"

    for _ in range(2):  # the second changes nothing
        started = await api.as_(ann).change("startRewatch", {"entryId": entry_id}, fields=ENTRY)
    entry = started["entry"]
    assert (entry["status"], entry["rewatchCount"], entry["progress"]["percent"]) == ("WATCHING", 1, 0)
    assert entry["plays"]["totalCount"] == 8
    made = await log(api, ann, media={"id": series.item.id})
    assert (made["loggedCount"], made["entry"]["status"]) == (6, "COMPLETED")


async def test_bad_input_names_its_field_and_changes_nothing(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user(), await make.user(), await make.media()
    series, other = await make_series(make), await make_series(make, Counter(tmdb=500))
    play = (await log(api, bob, media={"id": film.id}))["plays"][0]["id"]
    media, tomorrow = {"media": {"id": film.id}}, now() + timedelta(days=2)
    wrong: list[tuple[dict[str, Any], str, list[str]]] = [
        ({}, "INVALID", ["media"]),
        ({**media, "seasonId": series.seasons[0].id}, "INVALID", ["media"]),
        ({"episodeIds": []}, "TOO_SHORT", ["episodeIds"]),
        ({"episodeIds": [series.regular[0].id, new_id("ep")]}, "NOT_FOUND", ["episodeIds", "1"]),
        ({"episodeIds": [series.regular[0].id, other.regular[0].id]}, "INVALID", ["episodeIds", "1"]),
        ({"seasonId": new_id("sn")}, "NOT_FOUND", ["seasonId"]),
        ({"upToEpisodeId": new_id("ep")}, "NOT_FOUND", ["upToEpisodeId"]),
        ({"media": {"id": new_id("mi")}}, "NOT_FOUND", ["media"]),
        ({**media, "watchedAt": tomorrow.isoformat()}, "OUT_OF_RANGE", ["watchedAt"]),
        ({**media, "watchedOn": tomorrow.date().isoformat()}, "OUT_OF_RANGE", ["watchedOn"]),
        ({**media, "watchedOn": "2020-01-01", "precision": "INSTANT"}, "INVALID", ["precision"]),
        ({**media, "precision": "MONTH"}, "INVALID", ["precision"]),
        ({**media, "note": "x" * 2001}, "TOO_LONG", ["note"]),
        ({**media, "source": "x" * 51}, "TOO_LONG", ["source"]),
        ({**media, "streamingServiceId": new_id("ss")}, "NOT_FOUND", ["streamingServiceId"]),
    ]
    for given, code, path in wrong:
        payload = await api.as_(ann).change("logWatch", given, fields="entry { id }")
        errors = [(each["code"], each["path"]) for each in payload["errors"]]
        assert errors == [(code, ["input", *path])], given
    for field, name, key in (("undoWatch", "watchEventId", play), ("startRewatch", "entryId", new_id("we"))):
        payload = await api.as_(ann).change(field, {name: key}, fields="entry { id }")
        assert [each["code"] for each in payload["errors"]] == ["NOT_FOUND"]
    assert (await api.as_(ann).data("{ viewer { watchlist { totalCount } } }"))["watchlist"][
        "totalCount"
    ] == 0


async def test_history_is_by_day_in_the_viewers_zone_and_notes_are_private(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    await make.row(UserSettings(user_id=ann.id, time_zone="Pacific/Auckland"))
    dates: tuple[dict[str, Any], ...] = (
        {"watchedAt": datetime(2024, 3, 9, 23, tzinfo=UTC).isoformat()},  # the 10th in Auckland
        {"watchedOn": "2024-03-10"},
        {"watchedOn": "2023-05-20", "precision": "MONTH"},
        {"precision": "UNKNOWN"},
    )
    for each in dates:
        film = await make.media()
        await log(api, ann, media={"id": film.id}, note="Mine.", source="Clock", **each)
    query = """query ($since: Date, $until: Date) { viewer { history(since: $since, until: $until) {
      nodes { id watchedOn precision note source viewerCanDelete } } } }"""
    shown = (await api.as_(ann).data(query))["history"]["nodes"]
    assert [(each["watchedOn"], each["precision"]) for each in shown] == [
        ("2024-03-10", "DAY"),
        ("2024-03-10", "INSTANT"),
        ("2023-05-01", "MONTH"),
        (None, "UNKNOWN"),
    ]
    assert {each["note"] for each in shown} == {"Mine."}
    for day, count in (("2024-03-10", 2), ("2024-03-09", 0), ("2023-05-01", 1)):
        found = await api.as_(ann).data(query, since=day, until=day)
        assert len(found["history"]["nodes"]) == count, day
    node = """query ($id: ID!) { node(id: $id) { ... on WatchEvent { watchedOn note source viewerCanDelete
      entry { user { id } } } } }"""
    seen = await api.as_(bob).data(node, id=shown[1]["id"])
    assert seen == {
        "watchedOn": "2024-03-09",  # in Bob's zone
        "note": None,
        "source": None,
        "viewerCanDelete": False,
        "entry": {"user": {"id": ann.id}},
    }
    assert await api.as_(await make.user()).data(node, id=shown[1]["id"]) is None


async def test_up_next_lists_the_most_active_series_first(api: Api, make: Factories) -> None:
    ann, numbers = await make.user(), Counter[str]()
    first, second, done = [await make_series(make, numbers, runtime_minutes=60) for _ in range(3)]
    for series in (first, second):
        await log(api, ann, episodeIds=[series.regular[0].id])
    await log(api, ann, media={"id": done.item.id})
    await log(api, ann, episodeIds=[first.regular[1].id])
    query = """query ($filter: UpNextFilter) { viewer { upNext(filter: $filter) { totalCount nodes {
      episode { id } mediaItem { id } entry { status } } } } }"""
    shown = (await api.as_(ann).data(query))["upNext"]
    assert [each["episode"]["id"] for each in shown["nodes"]] == [first.regular[2].id, second.regular[1].id]
    assert shown["totalCount"] == 2
    for given, count in (({"runtimeAtMost": 49}, 0), ({"runtimeAtMost": 50}, 2), ({"onlyMine": True}, 0)):
        assert (await api.as_(ann).data(query, filter=given))["upNext"]["totalCount"] == count, given
    assert (await api.as_(await make.user()).data(query))["upNext"]["totalCount"] == 0


async def test_progress_equals_a_plain_recount(api: Api, make: Factories, services: Services) -> None:
    random = Random(13)
    ann, series = await make.user(), await make_series(make)
    listed = {each.id: each for each in series.regular}
    entry_id, rounds = (await log(api, ann, episodeIds=[series.specials[0].id]))["entry"]["id"], 0
    plays: dict[str, tuple[str, int]] = {}
    for _ in range(40):
        act = random.choice(("log", "log", "undo", "remove", "number", "rewatch"))
        if act == "undo" and plays:
            gone = random.choice(sorted(plays))
            payload = await api.as_(ann).change("undoWatch", {"watchEventId": gone}, fields=ENTRY)
            del plays[gone]
        elif act == "rewatch":
            payload = await api.as_(ann).change("startRewatch", {"entryId": entry_id}, fields=ENTRY)
            rounds = payload["entry"]["rewatchCount"]
        else:
            if act == "remove" and len(listed) > 2:
                removed = random.choice(sorted(listed))
                await execute(services, "UPDATE episodes SET removed_at = now() WHERE id = :id", id=removed)
                del listed[removed]
            elif act == "number":
                shifted = "UPDATE episodes SET number = 5 - number WHERE media_item_id = :id"
                await execute(services, shifted, id=series.item.id)
            chosen = random.sample(series.regular, 2)
            payload = await log(api, ann, episodeIds=[each.id for each in chosen], again=True)
            plays |= {
                play["id"]: (episode.id, rounds)
                for play, episode in zip(payload["plays"], chosen, strict=True)
            }
        shown = payload["entry"]["progress"]
        watched = {episode for episode, number in plays.values() if number == rounds} & set(listed)
        aired = {each.id for each in series.aired} & set(listed) | watched
        assert shown["watchedEpisodes"] == len(watched)
        assert (shown["airedEpisodes"], shown["totalEpisodes"]) == (len(aired), len(listed))
        assert shown["percent"] == (100 * len(watched) / len(aired) if aired else 0)
        assert shown["minutesLeft"] == 50 * len(aired - watched)
        assert 0 <= shown["percent"] <= 100
