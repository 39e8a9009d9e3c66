"""Compression and the maximum size of responses."""

import asyncio
import gzip
import re
from typing import Any

import brotli
import httpx
import orjson
import pytest
import zstandard
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type

from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.http.compression import best_coding, compressed
from infocus_graphql.schema import schema

from .conftest import client_of, make_app, served

CODINGS = ("br", "zstd", "gzip")
UNPACK = {"zstd": zstandard.decompress, "br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
LONG = "ö" * 600


async def ask(http: httpx.AsyncClient, query: str, accept_encoding: str, **variables: Any) -> httpx.Response:
    """Sends a query and returns the response, not decompressed."""
    request = http.build_request(
        "POST",
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Accept-Encoding": accept_encoding},
    )
    response = await http.send(request, stream=True)
    response._content = b"".join([chunk async for chunk in response.aiter_raw()])
    return response


HELLO = "query ($name: String!) { hello(name: $name) }"


@pytest.mark.parametrize("coding", [*CODINGS, None])
async def test_responses_are_compressed_with_an_accepted_coding(
    http: httpx.AsyncClient, coding: str | None
) -> None:
    response = await ask(http, HELLO, coding or "identity", name=LONG)
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["content-length"] == str(len(response.content))
    assert len(response.content) < 200 or coding is None
    plain = UNPACK[coding](response.content)
    assert orjson.loads(plain) == {"data": {"hello": f"Hello, {LONG}!"}}


@pytest.mark.parametrize("coding", CODINGS)
def test_clients_can_decompress_responses(coding: str) -> None:
    with served(make_app()) as url, httpx.Client(base_url=url, headers={"Accept-Encoding": coding}) as client:
        for name in (LONG, "world", LONG * 30):  # on one connection
            body = {"query": HELLO, "variables": {"name": name}}
            assert client.post("/graphql", json=body).json() == {"data": {"hello": f"Hello, {name}!"}}


async def test_small_responses_are_not_compressed(http: httpx.AsyncClient) -> None:
    response = await ask(http, HELLO, "zstd, br, gzip", name="world")
    assert response.json() == {"data": {"hello": "Hello, world!"}}
    assert "vary" not in response.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("zstd, br;q=0.5", "zstd"), ("identity", None)],
)
async def test_brotli_is_preferred_unless_the_client_prefers_another_coding(
    http: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    response = await ask(http, HELLO, accepted, name=LONG)
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert orjson.loads(UNPACK[coding](response.content)) == {"data": {"hello": f"Hello, {LONG}!"}}


async def test_responses_to_mutations_are_never_compressed(http: httpx.AsyncClient) -> None:
    fields = " ".join(f"a{number}_{'x' * 90}: signIn" for number in range(12))
    response = await ask(http, f"mutation {{ {fields} }}", "zstd, br, gzip")
    assert len(response.content) > 1024
    assert response.json()["data"]
    assert "content-encoding" not in response.headers
    assert response.headers["set-cookie"]


async def test_compression_can_be_disabled() -> None:
    async with client_of(make_app(compress_from_bytes=0)) as http:
        response = await ask(http, HELLO, "gzip", name=LONG)
        assert response.json() == {"data": {"hello": f"Hello, {LONG}!"}}


async def test_compressing_large_responses_does_not_block_other_requests() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    body = orjson.dumps([{"id": number, "title": hex(number)} for number in range(200_000)])
    for coding in CODINGS:
        before = turns
        sent, used = await compressed(body, [coding])
        assert used == coding
        assert UNPACK[coding](sent) == body
        assert turns > before + 1
    counting.cancel()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("zstd, br, gzip", "br"),
        ("zstd, gzip", "zstd"),
        ("zstd, br;q=0.9", "zstd"),
        ("br;q=0.9, zstd;q=1.0", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=1.0, br;q=0.5, zstd;q=0", "gzip"),
        ("br ; q=0.2, gzip ; q=0.1", "br"),
        ("*", "gzip"),
        ("*;q=0.5, zstd;q=0.4", "gzip"),
        ("gzip;q=0, *", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.1, gzip;q=0.5", "gzip"),
        ("gzip;q=x", None),
        ("gzip;q=nan", None),
        ("gzip;q=2", None),
        ("gzip;level=9", None),
        ("gzip;q=0.5, gzip", "gzip"),
        ("deflate", None),
        ("", None),
        (",;=,", None),
        ("x" * 1000 + ", gzip", "gzip"),
    ],
)
def test_the_preferred_coding_is_selected(header: str, expected: str | None) -> None:
    assert best_coding([header], CODINGS) == expected


def test_without_accept_encoding_nothing_is_compressed() -> None:
    assert best_coding([], CODINGS) is None


def test_several_accept_encoding_headers_are_combined() -> None:
    assert best_coding(["gzip;q=0.5", "br"], CODINGS) == "br"


async def test_too_large_responses_are_rejected() -> None:
    async with client_of(make_app(max_response_bytes=2000)) as http:
        fits = await ask(http, HELLO, "identity", name="x" * 1900)
        assert "errors" not in fits.json()
        refused = await ask(http, HELLO, "gzip", name="x" * 2000)
        assert refused.status_code == 200
        message = "The response is larger than 2,000 bytes. Request fewer rows or fields at a time."
        assert refused.json() == {
            "data": None,
            "errors": [{"message": message, "extensions": {"code": "RESPONSE_TOO_LARGE"}}],
        }


async def test_a_mutation_is_committed_even_if_its_response_is_too_large() -> None:
    async with client_of(make_app(max_response_bytes=1024)) as http:
        fields = " ".join(f"a{number}_{'x' * 90}: signIn" for number in range(12))
        response = await ask(http, f"mutation {{ {fields} }}", "gzip")
        assert response.json()["errors"][0]["extensions"]["code"] == "RESPONSE_TOO_LARGE"
        assert response.headers["set-cookie"].startswith("infocus_refresh=abc")


def test_no_query_returns_a_secret() -> None:
    """Responses to queries are compressed, so their length reveals information about their content."""
    core: GraphQLSchema = core_schema(schema)
    waiting: list[Any] = [core.query_type]
    seen: set[str] = set()
    texts: set[str] = set()
    while waiting:
        gtype = get_named_type(waiting.pop())
        if gtype.name in seen:
            continue
        seen.add(gtype.name)
        if is_abstract_type(gtype):
            waiting.extend(core.get_possible_types(gtype))
        if isinstance(gtype, GraphQLObjectType):
            fields = {name: get_named_type(field.type) for name, field in gtype.fields.items()}
            waiting.extend(fields.values())
            texts |= {
                f"{gtype.name}.{name}" for name, kind in fields.items() if kind.name in {"String", "ID"}
            }
    assert {"User.name", "Family.id"} <= texts
    secret = re.compile("token|secret|password|challenge|codes|qr", re.IGNORECASE)
    assert [name for name in texts if secret.search(name.partition(".")[2])] == []
