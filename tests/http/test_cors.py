"""Pages of other origins: those on the list may ask and read, all others may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from infocus_graphql.http.cookies import NAME
from tests.http.conftest import client_of, make_app, make_settings

APP = "https://app.infocus.test"
HELLO: dict[str, Any] = {"query": "{ hello }"}


def preflight(origin: str) -> dict[str, str]:
    """What a browser asks before it sends JSON with a token."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_an_origin_on_the_list_may_ask_with_credentials() -> None:
    async with client_of(make_app(cors_origins=f"{APP}, http://localhost:5173")) as http:
        for origin in (APP, "http://localhost:5173"):
            asked = await http.options("/graphql", headers=preflight(origin))
            assert asked.status_code == 200
            assert asked.headers["access-control-allow-origin"] == origin
            assert asked.headers["access-control-allow-credentials"] == "true"
            assert asked.headers["access-control-max-age"] == "600"
            answer = await http.post("/graphql", json=HELLO, headers={"Origin": origin})
            assert answer.json()["data"]
            assert answer.headers["access-control-allow-origin"] == origin
            assert "Origin" in answer.headers["vary"]
        cookie = {"Origin": APP, "Cookie": f"{NAME}=abc"}
        assert (await http.post("/graphql", json=HELLO, headers=cookie)).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.test", f"{APP}.evil.test", "http://app.infocus.test", "null", "*"]
)
async def test_other_origins_may_not(origin: str) -> None:
    for origins in ("", APP):
        async with client_of(make_app(cors_origins=origins)) as http:
            asked = await http.options("/graphql", headers=preflight(origin))
            assert asked.status_code in {400, 405}
            assert "access-control-allow-origin" not in asked.headers
            answer = await http.post("/graphql", json=HELLO, headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            cookie = {"Origin": origin, "Cookie": f"{NAME}=abc"}
            assert (await http.post("/graphql", json=HELLO, headers=cookie)).status_code == 403


async def test_refusals_can_be_read_by_the_origins_on_the_list() -> None:
    async with client_of(make_app(cors_origins=APP)) as http:
        answer = await http.post(
            "/graphql", content=b"{", headers={"Origin": APP, "Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, APP)


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.infocus.test", f"{APP}/", f"{APP}/page", "ftp://infocus.test"]
)
def test_only_whole_origins_can_be_on_the_list(origin: str) -> None:
    with pytest.raises(ValidationError, match="https://app"):
        make_settings(cors_origins=f"{APP},{origin}")
