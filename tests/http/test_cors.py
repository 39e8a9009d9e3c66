"""CORS: configured origins may send requests and read responses, all others may not."""

from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from infocus_graphql.http.cookies import NAME
from infocus_graphql.settings import Environment
from tests.http.conftest import client_of, make_app, make_settings

APP = "https://app.infocus.test"
HELLO: dict[str, Any] = {"query": "{ hello }"}


def preflight(origin: str) -> dict[str, str]:
    """Returns the headers of a browser's preflight for JSON with a token."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_a_configured_origin_is_allowed_with_credentials() -> None:
    async with client_of(make_app(cors_origins=f"{APP}, http://localhost:5173")) as http:
        for origin in (APP, "http://localhost:5173"):
            asked = await http.options("/graphql", headers=preflight(origin))
            assert (asked.status_code, asked.content) == (204, b"")
            assert asked.headers["access-control-allow-origin"] == origin
            assert asked.headers["access-control-allow-methods"] == "GET, POST"
            assert asked.headers["access-control-allow-headers"] == "authorization, content-type"
            assert asked.headers["access-control-allow-credentials"] == "true"
            assert asked.headers["access-control-max-age"] == "600"
            response = await http.post("/graphql", json=HELLO, headers={"Origin": origin})
            assert response.json()["data"]
            assert response.headers["access-control-allow-origin"] == origin
            assert "Origin" in response.headers["vary"]
        cookie = {"Origin": APP, "Cookie": f"{NAME}=abc"}
        assert (await http.post("/graphql", json=HELLO, headers=cookie)).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.test", f"{APP}.evil.test", "http://app.infocus.test", "null", "*"]
)
async def test_other_origins_are_not_allowed(origin: str) -> None:
    for origins in ("", APP):
        async with client_of(make_app(cors_origins=origins)) as http:
            asked = await http.options("/graphql", headers=preflight(origin))
            assert asked.status_code == 403
            assert asked.json()["errors"][0]["extensions"] == {"code": "CROSS_ORIGIN"}
            assert "INFOCUS_CORS_ORIGINS" in asked.json()["errors"][0]["message"]
            assert "access-control-allow-origin" not in asked.headers
            response = await http.post("/graphql", json=HELLO, headers={"Origin": origin})
            assert "access-control-allow-origin" not in response.headers
            cookie = {"Origin": origin, "Cookie": f"{NAME}=abc"}
            assert (await http.post("/graphql", json=HELLO, headers=cookie)).status_code == 403


LOCAL = [
    "http://localhost:5173", "http://localhost", "https://localhost:3000", "http://127.0.0.1:8080",
    "https://127.0.0.1", "http://[::1]:5173", "http://app.localhost:4200",
]  # fmt: skip
# Headers beyond the CORS-safelisted ones that Apollo Client, urql, Relay, GraphiQL, OpenTelemetry and Sentry
# send.
SENT = [
    "authorization", "content-type", "accept", "apollographql-client-name", "apollographql-client-version",
    "apollo-require-preflight", "graphql-require-preflight", "graphql-client-name", "graphql-client-version",
    "traceparent", "tracestate", "baggage", "sentry-trace", "b3", "x-b3-traceid", "idempotency-key",
    "x-request-id", "x-apollo-operation-name", "x-apollo-operation-id", "x-requested-with",
]  # fmt: skip


@pytest.mark.parametrize("origin", LOCAL)
async def test_in_development_local_origins_are_allowed_on_any_port(origin: str) -> None:
    async with client_of(make_app(env=Environment.DEVELOPMENT)) as http:
        asked = await http.options("/graphql", headers=preflight(origin))
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
        cookie = {"Origin": origin, "Cookie": f"{NAME}=abc"}
        response = await http.post("/graphql", json=HELLO, headers=cookie)
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, origin)
        export = await http.get("/exports/ex1", headers={"Origin": origin})
        assert export.headers["access-control-allow-origin"] == origin
    production: dict[str, Any] = {
        "env": Environment.PRODUCTION,
        "mail": "off",
        "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    for values, status in ((production, 403), (production | {"cors_local_pages": True}, 204)):
        async with client_of(make_app(**values)) as http:
            assert (await http.options("/graphql", headers=preflight(origin))).status_code == status


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.test", "http://evil.test", "http://127.0.0.1.evil.test", "http://127.0.0.2",
        "http://localhost:5173.evil.test", "http://evillocalhost", "http://[::2]", "http://LOCALHOST",
        "http://localhost:5173/", "localhost", "null", "file://", "http://user@localhost", "http://.localhost",
    ],
)  # fmt: skip
async def test_in_development_rejected_origins_are_logged_with_the_setting(origin: str) -> None:
    async with client_of(make_app(env=Environment.DEVELOPMENT)) as http:
        with capture_logs() as logs:
            for _ in range(3):
                asked = await http.options("/graphql", headers=preflight(origin))
                response = await http.post("/graphql", json=HELLO, headers={"Origin": origin})
        assert asked.status_code == 403
        assert "access-control-allow-origin" not in {**asked.headers, **response.headers}
    refused = [line for line in logs if line["event"] == "origin refused"]
    assert refused == [
        {
            "event": "origin refused",
            "value": origin,
            "setting": "INFOCUS_CORS_ORIGINS",
            "log_level": "warning",
        }
    ]


async def test_many_different_origins_do_not_flood_the_log() -> None:
    async with client_of(make_app()) as http:
        with capture_logs() as logs:
            for number in range(120):
                await http.post("/graphql", json=HELLO, headers={"Origin": f"http://{number}.test"})
    assert len([line for line in logs if line["event"] == "origin refused"]) == 100


async def test_the_servers_own_origin_is_allowed() -> None:
    async with client_of(make_app()) as http:
        with capture_logs() as logs:
            response = await http.post("/graphql", json=HELLO, headers={"Origin": "http://infocus.test"})
        assert response.json()["data"]
        assert not [line for line in logs if line["event"] == "origin refused"]


async def test_all_headers_of_common_clients_are_allowed() -> None:
    async with client_of(make_app(cors_origins=APP)) as http:
        asked = await http.options(
            "/graphql", headers=preflight(APP) | {"Access-Control-Request-Headers": ",".join(SENT)}
        )
        assert asked.headers["access-control-allow-headers"].split(", ") == SENT
        assert asked.headers["vary"] == "Origin, Access-Control-Request-Headers"


async def test_the_allowed_headers_are_configurable() -> None:
    chosen = "Authorization, content-type, GraphQL-Client-*"
    async with client_of(make_app(cors_origins=APP, cors_headers=chosen)) as http:
        with capture_logs() as logs:
            asked = await http.options(
                "/graphql", headers=preflight(APP) | {"Access-Control-Request-Headers": ", ".join(SENT)}
            )
    allowed = asked.headers["access-control-allow-headers"].split(", ")
    assert allowed == ["authorization", "content-type", "graphql-client-name", "graphql-client-version"]
    (line,) = [line for line in logs if line["event"] == "request headers refused"]
    assert line["setting"] == "INFOCUS_CORS_HEADERS"
    assert line["value"].startswith("accept, apollographql-client-name")


async def test_response_headers_are_exposed() -> None:
    async with client_of(
        make_app(cors_origins=APP, cors_exposed_headers="Server-Timing, retry-after")
    ) as http:
        response = await http.post("/graphql", json=HELLO, headers={"Origin": APP})
    exposed = response.headers["access-control-expose-headers"].lower().split(", ")
    for name in (
        "retry-after",
        "ratelimit-remaining",
        "x-request-id",
        "content-disposition",
        "server-timing",
    ):
        assert name in exposed


@pytest.mark.parametrize("names", ["a b", "authorization;x", "a\r\nb", "*-client", "é"])
def test_lists_of_headers_accept_only_header_names(names: str) -> None:
    for setting in ("cors_headers", "cors_exposed_headers"):
        with pytest.raises(ValidationError, match="write header names"):
            make_settings(**{setting: names})


async def test_errors_can_be_read_by_configured_origins() -> None:
    async with client_of(make_app(cors_origins=APP)) as http:
        response = await http.post(
            "/graphql", content=b"{", headers={"Origin": APP, "Content-Type": "application/json"}
        )
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (400, APP)


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.infocus.test", f"{APP}/", f"{APP}/page", "ftp://infocus.test", "http://[::1"]
)
def test_the_list_of_origins_accepts_only_origins(origin: str) -> None:
    with pytest.raises(ValidationError, match="https://app"):
        make_settings(cors_origins=f"{APP},{origin}")
