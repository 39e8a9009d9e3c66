"""Persisted and trusted documents, over HTTP and across workers."""

import hashlib
import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from infocus_graphql.app import create_app
from infocus_graphql.domains.persisted_documents import store
from infocus_graphql.graph.persisted import trusted_documents
from infocus_graphql.settings import Settings
from tests.http.conftest import client_of, make_app
from tests.support.client import Api
from tests.support.server import Server

QUERY = "query Version { serverInfo { version } }"
HELLO = "{ hello }"


def digest(document: str) -> str:
    """Returns the SHA-256 of a document."""
    return hashlib.sha256(document.encode()).hexdigest()


def persisted(document: str, *, send: bool) -> dict[str, Any]:
    """Returns a request body with the hash of a document, and its text if `send`."""
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(document)}}}
    return named | ({"query": document} if send else {})


async def code(http: httpx.AsyncClient, body: dict[str, Any]) -> str | None:
    """Returns the error code for a request body, else None."""
    response = (await http.post("/graphql", json=body)).json()
    return response["errors"][0]["extensions"]["code"] if "errors" in response else None


async def test_a_document_sent_once_is_known_to_every_worker(
    api: Api, settings: Settings, database_url: str
) -> None:
    other = create_app(settings, database_url=database_url)
    async with other.router.lifespan_context(other), client_of(other) as second:
        for http in (api.http, second):
            response = await http.post("/graphql", json=persisted(QUERY, send=False))
            assert response.status_code == 200
            assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        assert await code(api.http, persisted(QUERY, send=True)) is None
        for http in (api.http, second):
            result = (await http.post("/graphql", json=persisted(QUERY, send=False))).json()
            assert list(result["data"]["serverInfo"]) == ["version"]
        parameters = {"extensions": json.dumps(persisted(QUERY, send=False)["extensions"])}
        assert (await second.get("/graphql", params=parameters)).json()["data"]


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{" + " __typename" * 21 + "}", "ROOT_FIELD_LIMIT_EXCEEDED"),
        (
            "{ viewer { user { " + "profile { user { " * 6 + "id" + " } }" * 6 + " } } }",
            "DEPTH_LIMIT_EXCEEDED",
        ),
    ],
)
async def test_rejected_documents_are_not_stored(api: Api, document: str, refused: str) -> None:
    assert await code(api.http, persisted(document, send=True)) == refused
    assert await code(api.http, persisted(document, send=False)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ({"version": 1, "sha256Hash": digest("{ other }")}, "PERSISTED_QUERY_HASH_MISMATCH"),
        ({"version": 2, "sha256Hash": digest(QUERY)}, "BAD_REQUEST"),
        ({"version": 1, "sha256Hash": digest(QUERY).upper()}, "BAD_REQUEST"),
        ({"version": 1, "sha256Hash": 5}, "BAD_REQUEST"),
        ({"version": 1}, "BAD_REQUEST"),
        ([], "BAD_REQUEST"),
        ("x", "BAD_REQUEST"),
    ],
)
async def test_the_hash_must_match_the_document(api: Api, extension: Any, expected: str) -> None:
    assert await code(api.http, {"query": QUERY, "extensions": {"persistedQuery": extension}}) == expected
    assert await code(api.http, persisted(QUERY, send=False)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_the_least_recently_used_documents_are_evicted(
    api: Api, server: Server, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_DOCUMENTS", 3)
    documents = [f"{{ serverInfo {{ version }} }} # {number}" for number in range(5)]
    for document in documents:
        assert await code(api.http, persisted(document, send=True)) is None
    connection: asyncpg.Connection = await server.connect(database_url)
    kept = await connection.fetch("SELECT document FROM persisted_documents")
    await connection.close()
    assert {row["document"] for row in kept} == set(documents[2:])


async def test_long_documents_run_but_are_not_stored(api: Api) -> None:
    document = QUERY + " " * 20_000
    assert await code(api.http, persisted(document, send=True)) is None
    assert await code(api.http, persisted(document, send=False)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_documents_run_without_a_database() -> None:
    async with client_of(make_app()) as http:
        assert await code(http, persisted(HELLO, send=True)) is None
        assert await code(http, persisted(HELLO, send=False)) is None, "this worker remembers it"
        response = await http.post("/graphql", json=persisted("{ me }", send=False))
        (error,) = response.json()["errors"]
        assert (response.status_code, error["extensions"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert error["extensions"]["retryable"] is True
        assert response.headers["retry-after"] == "1"


async def test_with_trusted_documents_all_others_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"5d41402abc": HELLO, digest("{ me }"): "{ me }"}))
    async with client_of(make_app(trusted_documents=path)) as http:
        for allowed in (
            {"query": HELLO},
            {"documentId": "5d41402abc"},
            {"documentId": f"sha256:{digest('{ me }')}"},
            {"documentId": "5d41402abc", "query": HELLO},
            persisted("{ me }", send=False),
            persisted("{ me }", send=True),
        ):
            assert await code(http, allowed) is None, allowed
        for refused in (
            {"query": "{ hello }#"},
            {"query": "{ __typename }"},
            {"documentId": "unknown"},
            {"documentId": "5d41402abc", "query": "{ me }"},
            persisted(HELLO, send=False),
            persisted("{ __typename }", send=True),
        ):
            assert await code(http, refused) == "DOCUMENT_NOT_ALLOWED", refused


async def test_document_ids_are_rejected_without_trusted_documents() -> None:
    async with client_of(make_app()) as http:
        assert await code(http, {"documentId": "x"}) == "DOCUMENT_NOT_ALLOWED"
        assert await code(http, {"documentId": 5}) == "BAD_REQUEST"
        assert await code(http, {"documentId": None}) == "BAD_REQUEST"


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "{"])
def test_an_invalid_file_of_trusted_documents_prevents_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="INFOCUS_TRUSTED_DOCUMENTS"):
        trusted_documents(path)
    with pytest.raises(ValueError, match="can't be read"):
        trusted_documents(tmp_path / "missing.json")
