"""The background of this test's server, and what is in an export."""

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
    id status createdAt finishedAt downloadExpiresAt bytes downloadUrl
} } } }"""


@pytest.fixture
def post(services: Services) -> Post:
    """Does what waits in the queue, and keeps the mails."""
    return Post(services)


async def exports_of(client: Api) -> list[dict[str, Any]]:
    """The exports that somebody sees."""
    found: list[dict[str, Any]] = (await client.data(EXPORTS))["dataExports"]["nodes"]
    return found


async def fetched(client: Api, url: str) -> httpx.Response:
    """The answer to who fetches an export."""
    return await client.http.get(url, headers=client.headers)


async def exported(client: Api, post: Post) -> ZipFile:
    """Asks for an export, has it made, and fetches it."""
    await client.change("requestDataExport", {})
    await post.delivered()
    (export,) = await exports_of(client)
    response = await fetched(client, export["downloadUrl"])
    assert response.status_code == 200, response.text
    return ZipFile(io.BytesIO(response.content))


def table(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    """A table of an export."""
    rows: list[dict[str, Any]] = orjson.loads(archive.read(f"{name}.json"))
    return rows
