"""Concurrent creation, acceptance and withdrawal of recommendations on separate connections."""

from asyncio import gather
from typing import Any

from tests.support.client import Api
from tests.support.factories import Factories

ROUNDS = 4
OUTCOME = """query ($id: ID!) { mediaItem(ref: {id: $id}) {
  viewerEntry { id } recommendations { nodes { recommendationStatus } } } }"""


def codes(payloads: list[Any]) -> list[str]:
    """Returns the sorted codes of all errors in the payloads."""
    return sorted(error["code"] for payload in payloads for error in payload["errors"])


async def test_of_two_equal_recommendations_one_is_created(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob, cid)
    for _ in range(ROUNDS):
        media = {"id": (await make.media()).id}
        # With the recipients in opposite orders: the two transactions must not deadlock.
        responses = await gather(
            *(
                api.as_(ann).change(
                    "recommend",
                    {"media": media, "toUserIds": [user.id for user in people]},
                    fields="recommendations { id }",
                )
                for people in ([bob, cid], [cid, bob], [bob])
            )
        )
        made = [response["recommendations"] for response in responses if response["recommendations"]]
        refusals = codes(responses)
        assert set(refusals) == {"ALREADY_EXISTS"}
        assert len(made) + len(refusals) == 3
        query = """query ($id: ID!) { mediaItem(ref: {id: $id}) {
          recommendations { nodes { id toUser { id } } } } }"""
        found = (await api.as_(ann).data(query, id=media["id"]))["recommendations"]["nodes"]
        assert {node["id"] for node in found} == {item["id"] for items in made for item in items}
        assert len({node["toUser"]["id"] for node in found}) == len(found)


async def test_a_recommendation_is_either_accepted_or_withdrawn(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for _ in range(ROUNDS * 2):
        proposal = await make.recommendation(ann, bob)
        answered, withdrawn = await gather(
            api.as_(bob).change(
                "acceptRecommendation",
                {"id": proposal.id},
                fields="entry { id } recommendation { id }",
            ),
            api.as_(ann).change("withdrawRecommendation", {"id": proposal.id}, fields="deletedId"),
        )
        found = await api.as_(bob).data(OUTCOME, id=proposal.media_item_id)
        if withdrawn["deletedId"]:
            assert codes([answered]) == ["NOT_FOUND"]
            assert found == {"viewerEntry": None, "recommendations": {"nodes": []}}
        else:
            assert (codes([withdrawn]), answered["errors"]) == (["ALREADY_PROCESSED"], [])
            assert found == {
                "viewerEntry": answered["entry"],
                "recommendations": {"nodes": [{"recommendationStatus": "ACCEPTED"}]},
            }


async def test_of_several_acceptances_and_rejections_one_succeeds(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for _ in range(ROUNDS):
        proposal = await make.recommendation(ann, bob)
        responses = await gather(
            *(
                api.as_(bob).change(
                    response,
                    {"id": proposal.id},
                    fields="recommendation { recommendationStatus mediaItem { viewerEntry { id } } }",
                )
                for response in ("acceptRecommendation", "acceptRecommendation", "rejectRecommendation")
            )
        )
        (won,) = [response for response in responses if response["recommendation"]]
        assert codes(responses) == ["ALREADY_PROCESSED"] * 2
        assert await api.as_(bob).data(OUTCOME, id=proposal.media_item_id) == {
            "viewerEntry": won["recommendation"]["mediaItem"]["viewerEntry"],
            "recommendations": {
                "nodes": [{"recommendationStatus": won["recommendation"]["recommendationStatus"]}]
            },
        }


async def test_accepting_while_the_title_is_added_or_removed(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob, cid)
    for _ in range(ROUNDS):
        film = await make.media()
        old = await make.entry(bob, film)
        proposals = [await make.recommendation(sender, bob, film) for sender in (ann, cid)]
        *accepted, removed, added = await gather(
            *(
                api.as_(bob).change(
                    "acceptRecommendation",
                    {"id": proposal.id},
                    fields="recommendation { recommendationStatus }",
                )
                for proposal in proposals
            ),
            api.as_(bob).change("removeFromWatchlist", {"entryId": old.id}),
            api.as_(bob).change("addToWatchlist", {"media": {"id": film.id}}),
        )
        assert codes([*accepted, removed]) == []
        assert codes([added]) in ([], ["ALREADY_EXISTS"])
        assert [response["recommendation"] for response in accepted] == [
            {"recommendationStatus": "ACCEPTED"}
        ] * 2
