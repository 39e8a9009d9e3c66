"""Fixtures and helpers: background jobs of this test's server, and reading exports."""

import io
from typing import Any
from zipfile import ZipFile

import httpx
import orjson
import pytest

from infocus_graphql.graph.context import Services
from tests.api.sessions.conftest import clock
from tests.support.client import Api
from tests.support.mailbox import Post

__all__ = ["clock"]  # a fixture

EXPORTS = """{ viewer { dataExports { nodes {
    id exportStatus createdAt finishedAt downloadExpiresAt bytes downloadUrl
} } } }"""


@pytest.fixture
def post(services: Services) -> Post:
    """Runs the queued jobs, and collects the e-mails."""
    return Post(services)


async def exports_of(client: Api) -> list[dict[str, Any]]:
    """Returns the exports visible to the client."""
    found: list[dict[str, Any]] = (await client.data(EXPORTS))["dataExports"]["nodes"]
    return found


async def fetched(client: Api, url: str) -> httpx.Response:
    """Downloads an export and returns the response."""
    return await client.http.get(url, headers=client.headers)


async def exported(client: Api, post: Post) -> ZipFile:
    """Requests an export, runs its job, and downloads it."""
    await client.change("requestDataExport", {})
    await post.delivered()
    (export,) = await exports_of(client)
    response = await fetched(client, export["downloadUrl"])
    assert response.status_code == 200, response.text
    return ZipFile(io.BytesIO(response.content))


def table(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    """Returns a table of an export."""
    rows: list[dict[str, Any]] = orjson.loads(archive.read(f"{name}.json"))
    return rows
