"""The error for an operation that is too expensive names the costliest field and its sizes."""

from typing import Any

import pytest
from sqlalchemy import select

from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.seeding.demo import DEMO_ACCOUNTS, seed_demo
from infocus_graphql.settings import Settings
from tests.support.client import Api


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Test settings with a cost limit that even small lists exceed."""
    return settings.model_copy(update={"max_cost": 1_000})


@pytest.fixture
async def client(api: Api, services: Services) -> Api:
    """A client of a demo account."""
    await seed_demo(services)
    reader = services.database.reader({})
    found = await reader.execute(select(User.id).where(User.email == DEMO_ACCOUNTS[0].email))
    user_id = found.scalar_one()
    await reader.close()
    return api.as_(user_id)


async def refusal(client: Api, query: str, **variables: Any) -> dict[str, Any]:
    """Returns the only error of an operation that is too expensive."""
    result = await client.result(query, **variables)
    assert "data" not in result
    (error,) = result["errors"]
    assert error["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert error["extensions"]["limit"] == 1_000
    assert error["extensions"]["cost"] > 1_000
    assert f"{error['extensions']['cost']:,}" in error["message"]
    found: dict[str, Any] = error
    return found


@pytest.mark.parametrize(
    ("size", "source", "variables"),
    [
        ("(first: 80)", "argument first", {}),
        ("(last: $n)", "variable $n", {"n": 80}),
    ],
)
async def test_the_error_names_the_requested_page_size(
    client: Api, size: str, source: str, variables: dict[str, Any]
) -> None:
    head = "query ($n: Int) " if variables else ""
    error = await refusal(
        client, f"{head}{{ viewer {{\n  sessions{size} {{ nodes {{ id device }} }} }} }}", **variables
    )
    field = error["extensions"]["field"]
    assert field["path"] == ["viewer", "sessions"]
    assert field["rows"] == [{"field": "sessions", "size": 80, "source": source}]
    assert error["locations"][0]["line"] == 2
    assert f"80 from `sessions` ({source})" in error["message"]
    assert "smaller `first`" in error["message"]


async def test_the_error_names_default_sizes_and_bounds_at_the_costliest_field(
    client: Api,
) -> None:
    query = """{
      viewer { all: recommendationsReceived { nodes { mediaItem {
        offers: streamingProviders { url provider } } } } }
    }"""
    error = await refusal(client, query)
    field = error["extensions"]["field"]
    assert field["path"] == ["viewer", "all", "nodes", "mediaItem", "offers"]
    assert error["locations"] == [{"line": 3, "column": 9}]
    assert field["rows"] == [
        {"field": "all", "size": 20, "source": "default"},
        {"field": "offers", "size": 6, "source": "declared bound"},
    ]


async def test_the_error_names_actual_list_lengths(client: Api) -> None:
    stats = await client.data("{ viewer { watchlistStats { total } } }")
    count = stats["watchlistStats"]["total"]
    notes = " ".join(f"n{number}: notes" for number in range(8))
    error = await refusal(client, f"{{ viewer {{ watchlist(first: 100) {{ nodes {{ {notes} }} }} }} }}")
    assert error["extensions"]["field"]["path"] == ["viewer", "watchlist"]
    (rows,) = error["extensions"]["field"]["rows"]
    assert rows["source"] == "the viewer's data"
    assert count <= rows["size"] < 100  # the longest list visible to the viewer


async def test_the_error_names_the_rows_to_read(client: Api) -> None:
    fields = " ".join(f'a{n}: watchlist(filter: {{query: "{n}"}}) {{ totalCount }}' for n in range(25))
    error = await refusal(client, f"{{ viewer {{ {fields} }} }}")
    reads = error["extensions"]["field"]["reads"]
    assert reads["source"] == "the viewer's data"
    assert "filter" in error["message"]
    assert f"reads {reads['size']:,} rows" in error["message"]


async def test_exponentially_nested_fragments_are_rejected_quickly(client: Api) -> None:
    steps = " ".join(f"fragment F{n} on MediaItem {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    query = (
        "{ discoverMedia(first: 100) { nodes { genres ...F0 } } } "
        f"{steps} fragment F60 on MediaItem {{ title }}"
    )
    error = await refusal(client, query)
    assert error["extensions"]["field"]["path"][0] == "discoverMedia"


async def test_server_info_shows_limits_and_weights(api: Api) -> None:
    found = await api.data(
        """{ serverInfo { limits { maxCost costPerPoint expensiveCost maxPageSize defaultPageSize
        defaultInnerPageSize maxDepth maxResponseBytes costWeights { name weight description } } } }"""
    )
    limits = found["limits"]
    weights = {each["name"]: each["weight"] for each in limits.pop("costWeights")}
    assert weights["ROW"] < weights["CURSOR"] < weights["MUTATION"]
    assert limits == {
        "maxCost": 1_000,
        "costPerPoint": 2_000,
        "expensiveCost": 50_000,
        "maxPageSize": 100,
        "defaultPageSize": 20,
        "defaultInnerPageSize": 10,
        "maxDepth": 12,
        "maxResponseBytes": 10_485_760,
    }
