"""The examples of the explorer run unchanged on the demo data."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from infocus_graphql.examples import Example, examples
from infocus_graphql.graph.context import Services
from infocus_graphql.seeding.demo import DEMO_ACCOUNTS, seed_demo
from tests.support.client import Api
from tests.support.subscribing import subscribing

RESULTS = [example for example in examples() if not example.is_subscription]


@pytest.mark.parametrize("example", RESULTS, ids=lambda example: example.name)
async def test_an_example_runs_without_errors(example: Example, api: Api, services: Services) -> None:
    await seed_demo(services)
    (maya, *_) = DEMO_ACCOUNTS
    signed_in = await api.change(
        "signIn", {"email": maya.email, "password": maya.password, "useCookie": False}, fields="accessToken"
    )
    result = await api.bearing(signed_in["accessToken"]).result(example.query)
    assert "errors" not in result
    assert all(value is not None for value in result["data"].values())
    assert example.title


async def test_the_subscription_delivers_what_the_mutation_adds(
    app: Starlette, api: Api, services: Services
) -> None:
    await seed_demo(services)
    (maya, *_) = DEMO_ACCOUNTS
    signed_in = await api.change(
        "signIn",
        {"email": maya.email, "password": maya.password, "useCookie": False},
        fields="accessToken viewer { user { id } }",
    )
    (live,) = [example for example in examples() if example.is_subscription]
    (mutation,) = [example for example in examples() if "mutation" in example.query]
    async with subscribing(app, signed_in["viewer"]["user"]["id"], live.query) as messages:
        await api.bearing(signed_in["accessToken"]).data(mutation.query)
        while (event := (await messages.next())["data"]["viewerEvents"])["type"] != "ENTRY_ADDED":
            pass
    assert event["entry"]["mediaItem"]["title"]


async def test_the_family_board_reaches_the_providers(api: Api, services: Services) -> None:
    await seed_demo(services)
    account = DEMO_ACCOUNTS[2]
    signed_in = await api.change(
        "signIn",
        {"email": account.email, "password": account.password, "useCookie": False},
        fields="accessToken",
    )
    (example,) = [each for each in examples() if each.title == "Family board"]
    board = await api.bearing(signed_in["accessToken"]).result(example.query)
    (family,) = [edge["node"] for edge in board["data"]["viewer"]["families"]["edges"]]
    offers = [
        offer["provider"]
        for member in family["members"]["nodes"]
        for entry in member["user"]["watchlist"]["nodes"]
        for offer in entry["mediaItem"]["streamingProviders"]
    ]
    assert "Netflix" in offers


async def test_a_second_run_of_the_mutation_returns_the_existing_entry(api: Api, services: Services) -> None:
    await seed_demo(services)
    (maya, *_) = DEMO_ACCOUNTS
    signed_in = await api.change(
        "signIn", {"email": maya.email, "password": maya.password, "useCookie": False}, fields="accessToken"
    )
    (mutation,) = [example for example in examples() if "mutation" in example.query]
    client = api.bearing(signed_in["accessToken"])
    first = await client.data(mutation.query)
    second = await client.data(mutation.query)
    assert first["errors"] == []
    assert second["errors"][0]["existing"]["id"] == first["entry"]["id"]


async def test_the_first_query_of_the_readme_returns_the_documented_response(
    api: Api, services: Services
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    shown = re.search(r"-d @- <<'END'\n(.*?)\nEND\n```\n\n.*?:\n\n```json\n(.*?)\n```", readme, re.DOTALL)
    account = re.search(r'email: \\"(\S+)\\", password: \\"([^"]+)\\"', readme)
    assert shown is not None
    assert account is not None
    await seed_demo(services)
    given = {"email": account[1], "password": account[2], "useCookie": False}
    signed_in = await api.change("signIn", given, fields="accessToken")
    # curl removes line breaks from input of `-d @-`.
    query = json.loads(shown[1].replace("\n", ""))["query"]
    result = await api.bearing(signed_in["accessToken"]).result(query)
    assert _first_items(result) == json.loads(shown[2])


def _first_items(value: Any) -> Any:
    """The value with the first item of each list alone."""
    if isinstance(value, dict):
        return {key: _first_items(item) for key, item in value.items()}
    return [_first_items(item) for item in value[:1]] if isinstance(value, list) else value
