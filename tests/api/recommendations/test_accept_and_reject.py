"""Accepting, rejecting and withdrawing recommendations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infocus_graphql.domains.watchlists.models import WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

FIELDS = """recommendation { id recommendationStatus outcome { id } }
  entry { id status rating mediaItem { id } user { id } }"""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_accepting_adds_the_title_to_the_recipients_watchlist(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    proposal = await make.recommendation(ann, bob, updated_at=LONG_AGO, created_at=LONG_AGO)
    payload = await api.as_(bob).change("acceptRecommendation", {"id": proposal.id}, fields=FIELDS)
    assert payload["errors"] == []
    entry = payload["entry"]
    assert entry == {
        "id": entry["id"],
        "status": "NOT_WATCHED",
        "rating": None,
        "mediaItem": {"id": proposal.media_item_id},
        "user": {"id": bob.id},
    }
    assert payload["recommendation"] == {
        "id": proposal.id,
        "recommendationStatus": "ACCEPTED",
        "outcome": {"id": entry["id"]},
    }
    # The sender sees the status and the resulting entry.
    rated = {"id": entry["id"], "status": "COMPLETED", "rating": 9}
    await api.as_(bob).change("updateWatchlistEntry", rated)
    fields = "recommendationStatus updatedAt outcome { status rating }"
    query = f"{{ viewer {{ recommendationsSent {{ nodes {{ {fields} }} }} }} }}"
    (seen,) = (await api.as_(ann).data(query))["recommendationsSent"]["nodes"]
    assert datetime.fromisoformat(seen.pop("updatedAt")) > LONG_AGO
    assert seen == {"recommendationStatus": "ACCEPTED", "outcome": {"status": "COMPLETED", "rating": 9}}


async def test_accepting_keeps_an_existing_entry(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user(), await make.user(), await make.media()
    await make.family(ann, bob)
    entry = await make.entry(
        bob, film, status=WatchStatus.COMPLETED, rating=3, notes="no", version=4, date_updated=LONG_AGO
    )
    proposal = await make.recommendation(ann, bob, film)
    await api.as_(bob).change("acceptRecommendation", {"id": proposal.id})
    own = "{ viewer { watchlist { nodes { id status rating notes version dateUpdated } } } }"
    (found,) = (await api.as_(bob).data(own))["watchlist"]["nodes"]
    assert datetime.fromisoformat(found.pop("dateUpdated")) == LONG_AGO
    assert found == {"id": entry.id, "status": "COMPLETED", "rating": 3, "notes": "no", "version": 4}


@pytest.mark.parametrize(
    ("mutation", "given", "status"),
    [
        ("acceptRecommendation", {"addToWatchlist": False}, "ACCEPTED"),
        ("rejectRecommendation", {}, "REJECTED"),
    ],
)
async def test_accepting_without_add_to_watchlist_adds_no_entry(
    api: Api, make: Factories, mutation: str, given: dict[str, Any], status: str
) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    proposal = await make.recommendation(ann, bob)
    fields = FIELDS if mutation == "acceptRecommendation" else FIELDS.partition("entry")[0]
    payload = await api.as_(bob).change(mutation, {"id": proposal.id, **given}, fields=fields)
    assert payload["recommendation"] == {"id": proposal.id, "recommendationStatus": status, "outcome": None}
    assert (payload.get("entry"), payload["errors"]) == (None, [])
    assert (await api.as_(bob).data("{ viewer { watchlist { totalCount } } }"))["watchlist"][
        "totalCount"
    ] == 0


async def test_the_outcome_of_a_rejected_recommendation_is_not_shown(api: Api, make: Factories) -> None:
    ann, bob, film = await make.user(), await make.user(), await make.media()
    await make.family(ann, bob)
    await make.entry(bob, film)
    proposal = await make.recommendation(ann, bob, film)
    query = "query ($id: ID!) { node(id: $id) { ... on Recommendation { outcome { id } } } }"
    assert await api.as_(ann).data(query, id=proposal.id) == {"outcome": None}
    await api.as_(bob).change("rejectRecommendation", {"id": proposal.id})
    assert await api.as_(ann).data(query, id=proposal.id) == {"outcome": None}


async def test_the_outcome_is_hidden_from_a_sender_who_does_not_see_the_list(
    api: Api, make: Factories
) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann)
    await make.member(family, bob, shares_watchlist=False)
    proposal = await make.recommendation(ann, bob)
    await api.as_(bob).change("acceptRecommendation", {"id": proposal.id})
    query = """query ($id: ID!) { node(id: $id) { ... on Recommendation {
      recommendationStatus outcome { user { id } } } } }"""
    assert await api.as_(ann).data(query, id=proposal.id) == {
        "recommendationStatus": "ACCEPTED",
        "outcome": None,
    }
    own = {"recommendationStatus": "ACCEPTED", "outcome": {"user": {"id": bob.id}}}
    assert await api.as_(bob).data(query, id=proposal.id) == own


async def test_only_the_recipient_accepts_and_only_the_sender_withdraws(api: Api, make: Factories) -> None:
    ann, bob, cid = await make.user(), await make.user(), await make.user()
    await make.family(ann, bob, cid)
    proposal = await make.recommendation(ann, bob)
    given = {"id": proposal.id}
    wrong: list[tuple[Api, str, str]] = [
        (api.as_(ann), "acceptRecommendation", "FORBIDDEN"),
        (api.as_(ann), "rejectRecommendation", "FORBIDDEN"),
        (api.as_(bob), "withdrawRecommendation", "FORBIDDEN"),
        (api.as_(cid), "acceptRecommendation", "NOT_FOUND"),
        (api.as_(cid), "rejectRecommendation", "NOT_FOUND"),
        (api.as_(cid), "withdrawRecommendation", "NOT_FOUND"),
    ]
    for client, mutation, code in wrong:
        assert await client.refused(mutation, given) == (code, ["input", "id"]), mutation
    unknown = [
        (await api.as_(cid).change("withdrawRecommendation", {"id": value}))["errors"]
        for value in (proposal.id, "re" + "0" * 25, bob.id, "", "x" * 10_000)
    ]
    assert all(errors == unknown[0] for errors in unknown)
    for _, mutation, _ in wrong[:3]:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
        query = f"mutation ($input: {kind}) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
        result = await api.result(query, input=given)
        assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    query = "query ($id: ID!) { node(id: $id) { ... on Recommendation { recommendationStatus } } }"
    assert await api.as_(ann).data(query, id=proposal.id) == {"recommendationStatus": "PENDING"}
    gone = await api.as_(ann).change("withdrawRecommendation", given, fields="deletedId")
    assert gone == {"deletedId": proposal.id, "errors": []}
    for client, mutation in (
        (api.as_(ann), "withdrawRecommendation"),
        (api.as_(bob), "acceptRecommendation"),
        (api.as_(bob), "rejectRecommendation"),
    ):
        assert await client.refused(mutation, given) == ("NOT_FOUND", ["input", "id"])


@pytest.mark.parametrize("mutation", ["acceptRecommendation", "rejectRecommendation"])
async def test_a_processed_recommendation_can_not_be_changed_again(
    api: Api, make: Factories, mutation: str
) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    proposal = await make.recommendation(ann, bob)
    options = {"addToWatchlist": False} if mutation == "acceptRecommendation" else {}
    await api.as_(bob).change(mutation, {"id": proposal.id, **options})
    for again in ("acceptRecommendation", "rejectRecommendation"):
        given = {"id": proposal.id}
        assert await api.as_(bob).refused(again, given) == ("ALREADY_PROCESSED", ["input", "id"])
        assert await api.as_(ann).refused(again, given) == ("FORBIDDEN", ["input", "id"])
    refusal = await api.as_(ann).refused("withdrawRecommendation", {"id": proposal.id})
    assert refusal == ("ALREADY_PROCESSED", ["input", "id"])
    query = """query ($id: ID!) { node(id: $id) { ... on Recommendation { recommendationStatus } }
      viewer { watchlist { totalCount } } }"""
    status = "ACCEPTED" if mutation == "acceptRecommendation" else "REJECTED"
    assert await api.as_(bob).data(query, id=proposal.id) == {
        "node": {"recommendationStatus": status},
        "viewer": {"watchlist": {"totalCount": 0}},
    }
