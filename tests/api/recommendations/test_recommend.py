"""Creating recommendations, and their visibility."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.domains.recommendations.models import RecommendationStatus
from tests.support.client import Api
from tests.support.factories import Factories

FIELDS = """recommendations { id recommendationStatus message mediaItem { id }
  fromUser { name } toUser { name }
  outcome { id } createdAt updatedAt }"""
SENT = "{ viewer { recommendationsSent { totalCount nodes { toUser { name } } } } }"
PENDING, ACCEPTED, REJECTED = RecommendationStatus


async def test_a_title_is_recommended_to_several_users_in_order(api: Api, make: Factories) -> None:
    ann, bob, cid, dora = [await make.user(name) for name in ("Ann", "Bob", "Cid", "Dora")]
    await make.family(ann, bob)
    await make.family(cid, ann, dora)
    series = await make.media(tmdb_id=1396, tmdb_type=MediaType.TV)
    for people, media in (
        ([dora, bob, cid], {"tmdb": {"type": "TV", "id": 1396}}),
        ([cid, dora], {"id": (await make.media()).id}),
    ):
        given = {"media": media, "toUserIds": [user.id for user in people], "message": " Watch this! "}
        before = datetime.now(UTC)
        payload = await api.as_(ann).change("recommend", given, fields=FIELDS)
        assert payload["errors"] == []
        assert [made["toUser"]["name"] for made in payload["recommendations"]] == [
            user.name for user in people
        ]
        for made in payload["recommendations"]:
            assert made["id"].startswith("re")
            assert (made["recommendationStatus"], made["message"]) == ("PENDING", "Watch this!")
            assert (made["fromUser"], made["outcome"]) == ({"name": "Ann"}, None)
            assert made["createdAt"] == made["updatedAt"]
            assert datetime.fromisoformat(made["createdAt"]) >= before
            if "tmdb" in media:
                assert made["mediaItem"] == {"id": series.id}


async def test_recipients_must_share_a_family_and_get_it_all_or_none(api: Api, make: Factories) -> None:
    ann, bob, cid = [await make.user(name) for name in ("Ann", "Bob", "Cid")]
    family = await make.family(ann, bob)
    await make.family(bob, cid)
    film = await make.media()
    wrong: list[tuple[list[str], str, list[str]]] = [
        ([bob.id, cid.id], "NOT_FOUND", ["toUserIds", "1"]),
        (["us" + "0" * 25], "NOT_FOUND", ["toUserIds", "0"]),
        ([bob.id, "x" * 10_000], "NOT_FOUND", ["toUserIds", "1"]),
        ([family.id, bob.id], "NOT_FOUND", ["toUserIds", "0"]),
        ([bob.id, ann.id], "INVALID", ["toUserIds", "1"]),
        ([bob.id, bob.id], "INVALID", ["toUserIds", "1"]),
        ([], "TOO_SHORT", ["toUserIds"]),
        ([bob.id] * 21, "TOO_LONG", ["toUserIds"]),
        (["us"] * 4_000, "TOO_LONG", ["toUserIds"]),
    ]
    for people, code, path in wrong:
        given = {"media": {"id": film.id}, "toUserIds": people}
        payload = await api.as_(ann).change("recommend", given, fields=FIELDS)
        (error,) = payload["errors"]
        assert (error["code"], error["path"]) == (code, ["input", *path]), people
        assert payload["recommendations"] == []
    assert (await api.as_(ann).data(SENT))["recommendationsSent"]["totalCount"] == 0
    strangers = {"media": {"id": film.id}, "toUserIds": [cid.id]}
    nobody = {"media": {"id": film.id}, "toUserIds": ["us" + "0" * 25]}
    responses = [(await api.as_(ann).change("recommend", given))["errors"] for given in (strangers, nobody)]
    assert responses[0] == responses[1]


async def test_twenty_recipients_are_allowed(api: Api, make: Factories) -> None:
    ann = await make.user()
    people = [await make.user() for _ in range(20)]
    await make.family(ann, *people)
    given = {"media": {"id": (await make.media()).id}, "toUserIds": [user.id for user in reversed(people)]}
    payload = await api.as_(ann).change("recommend", given, fields="recommendations { toUser { id } }")
    assert [made["toUser"]["id"] for made in payload["recommendations"]] == given["toUserIds"]


async def test_titles_and_messages_are_checked(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    film = await make.media(tmdb_id=7)
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"media": {"id": "mi" + "0" * 25}}, "NOT_FOUND", "media"),
        ({"media": {"id": bob.id}}, "NOT_FOUND", "media"),
        ({"media": {"tmdb": {"type": "TV", "id": 7}}}, "NOT_FOUND", "media"),
        ({"message": "m" * 1001}, "TOO_LONG", "message"),
    ]
    for given, code, path in wrong:
        whole = {"media": {"id": film.id}, "toUserIds": [bob.id], **given}
        assert await api.as_(ann).refused("recommend", whole) == (code, ["input", path]), given
    for message, stored in (("🎬" * 1000, "🎬" * 1000), (" ", None), (None, None)):
        whole = {"media": {"id": (await make.media()).id}, "toUserIds": [bob.id], "message": message}
        payload = await api.as_(ann).change("recommend", whole, fields=FIELDS)
        assert payload["recommendations"][0]["message"] == stored


async def test_only_one_recommendation_per_title_and_recipient_is_pending(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob, cid)
    film, other = await make.media(), await make.media()
    given = {"media": {"id": film.id}, "toUserIds": [bob.id]}

    async def made(client: Api, given: dict[str, Any]) -> Any:
        payload = await client.change("recommend", given, fields="recommendations { id }")
        assert payload["errors"] == []
        return payload["recommendations"][0]["id"]

    first = await made(api.as_(ann), given)
    payload = await api.as_(ann).change("recommend", {**given, "toUserIds": [cid.id, bob.id]}, fields=FIELDS)
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["input", "toUserIds", "1"])
    assert error["existing"] == {"__typename": "Recommendation", "id": first}
    assert (await api.as_(ann).data(SENT))["recommendationsSent"]["totalCount"] == 1
    # The reverse direction, another title, and other users are no conflict.
    await made(api.as_(bob), {**given, "toUserIds": [ann.id]})
    await made(api.as_(ann), {**given, "media": {"id": other.id}})
    await made(api.as_(cid), given)
    for response in ("acceptRecommendation", "rejectRecommendation"):
        await api.as_(bob).change(response, {"id": first})
        first = await made(api.as_(ann), given)
    await api.as_(ann).change("withdrawRecommendation", {"id": first})
    await made(api.as_(ann), given)


async def test_only_sender_and_recipient_see_a_recommendation(api: Api, make: Factories) -> None:
    ann, bob, cid, eve = [await make.user(name) for name in ("Ann", "Bob", "Cid", "Eve")]
    family = await make.family(ann, bob, cid)
    second = await make.family(ann, cid, name="Without Bob")
    film = await make.media()
    proposal = await make.recommendation(ann, bob, film, message="hush")
    await make.recommendation(cid, ann, status=ACCEPTED)
    await make.recommendation(ann, cid, status=REJECTED)
    query = """query ($id: ID!, $ann: ID!, $bob: ID!, $family: ID!, $second: ID!, $film: ID!,
        $status: [RecommendationStatus!]) {
      node(id: $id) { id }
      a: node(id: $ann) { ... on User { recommendationsSent(statuses: $status) { totalCount }
        recommendationsReceived(statuses: $status) { totalCount } } }
      b: node(id: $bob) { ... on User { recommendationsSent(statuses: $status) { totalCount }
        recommendationsReceived(statuses: $status) { totalCount } } }
      family(id: $family) { recommendations(statuses: $status) { totalCount nodes { message } } }
      second: family(id: $second) { recommendations(statuses: $status) { totalCount } }
      mediaItem(ref: {id: $film}) { recommendations { totalCount } }
    }"""
    expected: list[tuple[Any, str | None, list[int | None]]] = [
        (ann, None, [1, 2, 1, 0, 1, 3, 2, 1]),
        (bob, None, [1, 1, 0, 0, 1, 1, None, 1]),
        (cid, None, [0, 1, 1, 0, 0, 2, 2, 0]),
        (eve, None, [0, None, None, None, None, None, None, 0]),
        (ann, "PENDING", [1, 1, 0, 0, 1, 1, 0, 1]),
        (ann, "ACCEPTED", [1, 0, 1, 0, 0, 1, 1, 1]),
        (ann, "REJECTED", [1, 1, 0, 0, 0, 1, 1, 1]),
        (cid, "ACCEPTED", [0, 0, 1, 0, 0, 1, 1, 0]),
    ]
    for user, status, counts in expected:
        found = await api.as_(user).data(
            query,
            id=proposal.id,
            ann=ann.id,
            bob=bob.id,
            family=family.id,
            second=second.id,
            film=film.id,
            status=status,
        )

        def count(owner: Any, field: str) -> int | None:
            return None if owner is None else owner[field]["totalCount"]

        assert [
            int(found["node"] is not None),
            count(found["a"], "recommendationsSent"),
            count(found["a"], "recommendationsReceived"),
            count(found["b"], "recommendationsSent"),
            count(found["b"], "recommendationsReceived"),
            count(found["family"], "recommendations"),
            count(found["second"], "recommendations"),
            count(found["mediaItem"], "recommendations"),
        ] == counts, (user.name, status)


async def test_users_are_visible_while_they_share_a_family(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    proposal = await make.recommendation(ann, bob)
    query = """query ($id: ID!) { node(id: $id) { ... on Recommendation {
      fromUser { name } toUser { name } message } } }"""
    alone = {
        ann.id: {"fromUser": {"name": "Ann"}, "toUser": None, "message": None},
        bob.id: {"fromUser": None, "toUser": {"name": "Bob"}, "message": None},
    }
    for user in (ann, bob):
        assert await api.as_(user).data(query, id=proposal.id) == alone[user.id]
    await make.family(ann, bob)
    for user in (ann, bob):
        together = {"fromUser": {"name": "Ann"}, "toUser": {"name": "Bob"}, "message": None}
        assert await api.as_(user).data(query, id=proposal.id) == together


@pytest.mark.parametrize("field", ["recommendationsReceived", "recommendationsSent"])
async def test_the_viewers_lists_are_filtered_and_newest_first(api: Api, make: Factories, field: str) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    pair = (bob, ann) if field == "recommendationsReceived" else (ann, bob)
    made = {}
    for day, status in ((2, PENDING), (4, ACCEPTED), (1, REJECTED), (3, PENDING)):
        at = datetime(2024, 1, day, tzinfo=UTC)
        made[day] = (await make.recommendation(*pair, status=status, created_at=at)).id
    query = """query ($status: [RecommendationStatus!], $first: Int, $after: String) { viewer {
      %s(statuses: $status, first: $first, after: $after) {
        totalCount pageInfo { endCursor } nodes { id } } } }"""
    query = query.replace("%s", field)
    expected: list[tuple[Any, list[int]]] = [
        (None, [4, 3, 2, 1]),
        (["REJECTED", "PENDING"], [3, 2, 1]),
        ("PENDING", [3, 2]),
        ("ACCEPTED", [4]),
        ("REJECTED", [1]),
    ]
    for wanted, days in expected:
        found = (await api.as_(ann).data(query, status=wanted))[field]
        assert [node["id"] for node in found["nodes"]] == [made[day] for day in days]
        assert found["totalCount"] == len(days)
    page = (await api.as_(ann).data(query, first=3))[field]
    rest = (await api.as_(ann).data(query, first=3, after=page["pageInfo"]["endCursor"]))[field]
    assert [node["id"] for node in rest["nodes"]] == [made[1]]
    wrong = await api.as_(ann).result(query, status="WITHDRAWN")
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
