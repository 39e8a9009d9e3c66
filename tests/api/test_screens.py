"""Typical screens of client applications, without page sizes, run on the demo data."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, print_ast, visit
from graphql.language import ArgumentNode, FieldNode, Visitor
from graphql.language.visitor import REMOVE

from infocus_graphql.examples import examples
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.seeding.demo import DEMO_ACCOUNTS, seed_demo
from tests.support.client import Api

HOME = """{
  viewer {
    email
    watchlistStats { total notWatched watching completed }
    watching: watchlist(filter: {statuses: [WATCHING]}) { totalCount nodes { ...Entry } }
    newest: watchlist { totalCount nodes { ...Entry } pageInfo { hasNextPage endCursor } }
    suggestions { nodes { score mediaItem { ...Title } familyEntries { rating user { name } } } }
    recommendationsReceived { totalCount nodes { message fromUser { name } mediaItem { ...Title } } }
    families { nodes { id name members { totalCount nodes { role user { name profile { avatar } } } }
      titles { totalCount nodes {
        averageRating mediaItem { ...Title } wantedBy { name } completedBy { name } } } } }
  }
}
fragment Entry on WatchlistEntry { id status rating notes dateUpdated mediaItem { ...Title } }
fragment Title on MediaItem {
  id title posterPath releaseDate rating genres streamingProviders(region: "DE") { provider offerType url }
}"""
FLAGSHIP = """{ viewer { families { nodes { name members { nodes { role user { name watchlist {
  nodes { status rating mediaItem { title streamingProviders { provider } } } } } } } } } } }"""
TITLES = """query ($family: ID!) { family(id: $family) { name
  titles { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
    averageRating wantedBy { id name } startedBy { id name } completedBy { id name }
    mediaItem { id title description posterPath rating genres viewerEntry { status rating }
      streamingProviders { provider offerType url regions }
      entries { nodes { rating user { name } } } } } } } } }"""
BOARD = """{ viewer { families(first: 3) { nodes { name members(first: 6) { nodes { role user {
  name profile { avatar } watchlist(first: 50) { totalCount nodes { status rating notes dateUpdated
    mediaItem { id title posterPath genres streamingProviders { provider url } } } } } } } } } } }"""
SEARCH = """query ($text: String!) {
  discoverMedia(filter: {query: $text}) { totalCount nodes { title posterPath viewerEntry { status } } }
  viewer { watchlist(filter: {query: $text}, orderBy: {field: TITLE, direction: ASC}) {
    totalCount nodes { status mediaItem { title } } } }
}"""
SIZES = {"first", "last"}


class WithoutSizes(Visitor):
    """Removes the page sizes from a document."""

    def leave_argument(self, node: ArgumentNode, *_: Any) -> Any:
        """Removes `first` and `last`."""
        return REMOVE if node.name.value in SIZES else None

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        """Keeps the field."""


async def _signed_in(api: Api, services: Services) -> Api:
    await seed_demo(services)
    account = DEMO_ACCOUNTS[0]
    payload = await api.change(
        "signIn",
        {"email": account.email, "password": account.password, "useCookie": False},
        fields="accessToken",
    )
    return api.bearing(payload["accessToken"])


async def _cost(client: Api, query: str, variables: dict[str, Any]) -> dict[str, int]:
    body = {"query": query, "variables": variables, "extensions": {"cost": True}}
    result = (await client.http.post("/graphql", json=body, headers=client.headers)).json()
    assert "errors" not in result, result["errors"]
    assert all(value is not None for value in result["data"].values())
    found: dict[str, int] = result["extensions"]["cost"]
    return found


@pytest.mark.parametrize("screen", [HOME, FLAGSHIP, TITLES, BOARD, SEARCH], ids=lambda each: each[:40])
async def test_a_screen_runs_within_the_cost_limit(api: Api, services: Services, screen: str) -> None:
    client = await _signed_in(api, services)
    mine = await client.data("{ viewer { families { nodes { id } } } }")
    given = {"family": mine["families"]["nodes"][0]["id"], "text": "the"}
    variables = {name: value for name, value in given.items() if f"${name}" in screen}
    await client.data(screen, **variables)
    found = await _cost(client, screen, variables)
    assert found["limit"] == Limits().cost


def _documents() -> dict[str, str]:
    """Returns the queries of the examples and of the Markdown documents, without page sizes."""
    found = {each.name: each.query for each in examples() if "query" in each.query}
    for path in [Path("README.md"), *Path("docs").glob("*.md")]:
        text = (Path(__file__).parents[2] / path).read_text("utf-8")
        for number, query in enumerate(re.findall(r'^(\{"query": .*?\})$', text, re.DOTALL | re.MULTILINE)):
            found[f"{path} {number}"] = json.loads(query.replace("\n", ""))["query"]
        for number, query in enumerate(re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)):
            if not query.lstrip().startswith("mutation"):
                found[f"{path} graphql {number}"] = query
    return {
        name: print_ast(visit(parse(query), WithoutSizes())) for name, query in found.items() if query.strip()
    }


DOCUMENTS = _documents()


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_documented_queries_run_without_page_sizes(api: Api, services: Services, name: str) -> None:
    client = await _signed_in(api, services)
    await _cost(client, DOCUMENTS[name], {})
