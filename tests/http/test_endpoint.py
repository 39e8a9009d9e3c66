"""GraphQL over HTTP: accepted and rejected requests, and the form of responses."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from infocus_graphql.http.media_types import GRAPHQL_RESPONSE, JSON

from .conftest import client_of, make_app

HELLO = {"query": "{ hello }"}
NEW = {"Accept": GRAPHQL_RESPONSE}
OLD = {"Accept": JSON}


def code(response: httpx.Response) -> str:
    """Returns the code of the only error of a response without `data`."""
    body = response.json()
    assert "data" not in body
    [error] = body["errors"]
    assert error["message"]
    found: str = error["extensions"]["code"]
    return found


async def post(http: httpx.AsyncClient, body: str | bytes, **headers: str) -> httpx.Response:
    """Posts a body unchanged."""
    given = {"Content-Type": JSON} | {name.replace("_", "-"): text for name, text in headers.items()}
    return await http.post("/graphql", content=body, headers=given)


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"'])
async def test_json_in_utf8_is_accepted(http: httpx.AsyncClient, content_type: str) -> None:
    body = json.dumps({"query": '{ hello(name: "Åsa 🎬") }'}, ensure_ascii=False).encode()
    response = await post(http, body, Content_Type=content_type)
    assert response.status_code == 200
    assert response.json() == {"data": {"hello": "Hello, Åsa 🎬!"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/jsonx",
        "text/x-application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"{JSON}; charset=utf-16",
        f"{JSON}, text/plain",
        "",
    ],
)
async def test_other_content_types_are_rejected(http: httpx.AsyncClient, content_type: str) -> None:
    response = await post(http, json.dumps(HELLO), Content_Type=content_type)
    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_missing_or_duplicate_content_type_is_rejected(http: httpx.AsyncClient) -> None:
    body = json.dumps(HELLO).encode()
    assert (await http.post("/graphql", content=body)).status_code == 415
    double = [("Content-Type", JSON), ("Content-Type", "text/plain")]
    assert (await http.post("/graphql", content=body, headers=double)).status_code == 415


async def test_compressed_bodies_are_rejected(http: httpx.AsyncClient) -> None:
    response = await post(http, b"\x1f\x8b", Content_Encoding="gzip")
    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await post(http, json.dumps(HELLO), Content_Encoding="identity")).status_code == 200


async def test_a_missing_query_is_not_called_a_query_of_another_type(http: httpx.AsyncClient) -> None:
    for body, message in (("{}", "`query` is missing."), ('{"query":1}', "`query` must be a string.")):
        response = await post(http, body)
        assert (response.status_code, response.json()["errors"][0]["message"]) == (400, message)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"x"',
        b"true",
        b"{",
        b"{}",
        b"\xff\xfe{}",
        b'\xef\xbb\xbf{"query":"{hello}"}',
        '{"query":"{hello}"}'.encode("utf-16"),
        b'{"query":"{hello}","variables":{"a":NaN}}',
        b'{"query":"{hello}","variables":{"a":-Infinity}}',
        b'{"query":"{hello}","variables":{"a":1e999}}',
        b'{"query":"{hello}","query":"{me}"}',
        b'{"query":"{hello}","variables":{"a":1,"a":2}}',
        b'{"query":"{hello}","variables":{"a":18446744073709551616}}',
        b'{"query":"{hello}","variables":{"a":' + b"9" * 5000 + b"}}",
        b'{"query":"{hello}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"query":"{hello}","variables":{"a":' + b"[" * 63 + b"]" * 63 + b"}}",
        b'{"query":"{hello \\ud800}"}',
        b'{"query":"{hello}","operationName":"\\udfff"}',
        b'{"query":1}',
        b'{"query":null}',
        b'{"query":{}}',
        b'{"query":["{hello}"]}',
        b'{"query":"{hello}","operationName":1}',
        b'{"query":"{hello}","operationName":{}}',
        b'{"query":"{hello}","variables":"{}"}',
        b'{"query":"{hello}","variables":[]}',
        b'{"query":"{hello}","variables":0}',
        b'{"query":"{hello}","extensions":"x"}',
        b'{"query":"{hello}","extensions":[]}',
    ],
    ids=lambda body: repr(body[:60]),
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
async def test_malformed_bodies_are_rejected(http: httpx.AsyncClient, body: bytes, accept: str) -> None:
    response = await post(http, body, Accept=accept)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize(
    "extra",
    [
        {"operationName": None, "variables": None, "extensions": None},
        {"variables": {}, "extensions": {"tracing": True}},
        {"somethingNew": [1]},
        {"variables": {"big": 2**63 - 1, "small": -(2**63), "pair": "🎬", "deep": [[[[]]]] * 30}},
    ],
)
async def test_well_formed_bodies_are_accepted(http: httpx.AsyncClient, extra: dict[str, Any]) -> None:
    response = await post(http, json.dumps(HELLO | extra))
    assert response.json() == {"data": {"hello": "Hello, world!"}}


async def test_batches_are_rejected(http: httpx.AsyncClient) -> None:
    response = await post(http, json.dumps([HELLO, HELLO]))
    assert (response.status_code, code(response)) == (400, "BATCHING_NOT_SUPPORTED")


async def test_an_unknown_persisted_query_returns_the_error_that_clients_expect() -> None:
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    async with client_of(make_app(persisted_queries=False)) as http:
        response = await post(http, json.dumps(body))
        assert (response.status_code, code(response)) == (200, "PERSISTED_QUERY_NOT_SUPPORTED")
        assert (await post(http, json.dumps(HELLO | body))).json()["data"]


async def test_too_large_bodies_are_rejected() -> None:
    async with client_of(make_app(max_body_bytes=1024)) as http:
        fits = json.dumps(HELLO).ljust(1024)
        assert (await post(http, fits)).status_code == 200
        for body in (fits + " ", fits + " " * 10_000):
            response = await post(http, body)
            assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
            assert response.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (GRAPHQL_RESPONSE.upper(), GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE};q=0.9", JSON),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8, {JSON}; charset=utf-8;q=.8", GRAPHQL_RESPONSE),
        (f"multipart/mixed;deferSpec=20220824, {GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE),
        (f"{JSON}, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0, */*;q=0.1", JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        (f"{JSON};q=nonsense, {GRAPHQL_RESPONSE};q=0.1", GRAPHQL_RESPONSE),
    ],
)
async def test_the_media_type_is_negotiated(
    http: httpx.AsyncClient, accept: str | None, expected: str
) -> None:
    del http.headers["accept"]
    headers = {} if accept is None else {"Accept": accept}
    response = await http.post("/graphql", json=HELLO, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["text/html", "multipart/mixed", f"{JSON};q=0", f"{JSON};charset=utf-16", "*/*;q=0"]
)
async def test_nothing_acceptable_is_406(http: httpx.AsyncClient, accept: str) -> None:
    response = await http.post("/graphql", json=HELLO, headers={"Accept": accept})
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ unknown }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { hello } query B { hello }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { hello }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query ($v: Int!) { number(value: $v) }"}, "BAD_USER_INPUT"),
        (
            {"query": "query ($v: Int!) { number(value: $v) }", "variables": {"v": "x"}},
            "BAD_USER_INPUT",
        ),
        ({"query": '{ hello(name: "\\u0000") }'}, "BAD_USER_INPUT"),
        (
            {"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "\0"}},
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_request_errors_have_status_400_for_graphql_response_json_only(
    http: httpx.AsyncClient, body: dict[str, Any], expected: str
) -> None:
    new = await http.post("/graphql", json=body, headers=NEW)
    assert (new.status_code, code(new)) == (400, expected)
    old = await http.post("/graphql", json=body, headers=OLD)
    assert (old.status_code, code(old)) == (200, expected)


@pytest.mark.parametrize("headers", [OLD, NEW])
async def test_field_errors_have_data_and_no_details(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await http.post("/graphql", json={"query": "{ broken }"}, headers=headers)
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "4711" not in response.text


async def test_queries_can_be_sent_by_get(http: httpx.AsyncClient) -> None:
    parameters = {
        "query": "query A($n: String!) { hello(name: $n) } query B { me }",
        "operationName": "A",
        "variables": json.dumps({"n": "Åsa + co"}),
        "extensions": "{}",
    }
    response = await http.get(f"/graphql?{urlencode(parameters)}&utm=1&utm=2")
    assert response.json() == {"data": {"hello": "Hello, Åsa + co!"}}
    empty = "query=%7Bhello%7D&operationName=&variables=&extensions="
    assert (await http.get(f"/graphql?{empty}")).json() == {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "operationName=A",
        "query=%7Bhello%7D&query=%7Bme%7D",
        "query=%7Bhello%7D&variables=1",
        "query=%7Bhello%7D&variables=%5B%5D",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A1%7D",
        "query=%7Bhello%7D&extensions=%22x%22",
        "query=%ff",
        "&".join(f"a{number}=1" for number in range(40)),
    ],
)
async def test_malformed_query_strings_are_rejected(http: httpx.AsyncClient, query_string: str) -> None:
    response = await http.get(f"/graphql?{query_string}")
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("headers", [OLD, NEW])
async def test_mutations_by_get_are_rejected(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    query = urlencode({"query": "mutation { signIn }"})
    response = await http.get(f"/graphql?{query}", headers=headers)
    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_rejected(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/graphql", headers={"Accept": "text/html"})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_a_deeply_nested_document_is_rejected_without_internal_error(http: httpx.AsyncClient) -> None:
    for opening, closing in (
        ("{ hello ", "}"),
        ("{ a(b: " + "[" * 900, "]" * 900 + ")"),
        ("{" * 1900, ""),
    ):
        response = await http.post("/graphql", json={"query": opening + closing}, headers=NEW)
        assert response.status_code in {200, 400}
        assert "INTERNAL" not in response.text
