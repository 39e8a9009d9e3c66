"""A browser without scripts: it keeps cookies and says which page it comes from."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.domains.identity.users.models import User

PASSWORD = "three seats row nine"
ORIGIN = {"Origin": "http://test"}


@dataclass
class Visitor:
    """Somebody before the data browser."""

    http: httpx.AsyncClient

    async def sign_in(self, user: User, *, password: str = PASSWORD, code: str = "") -> httpx.Response:
        """The answer to the form, after which the cookie is kept."""
        form = {"email": user.email, "password": password, "code": code}
        return await self.http.post("/admin/login", data=form, headers=ORIGIN)

    async def get(self, path: str) -> httpx.Response:
        """A page."""
        return await self.http.get(f"/admin{path}")

    async def page(self, path: str) -> str:
        """The text of a page that must be shown."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    async def edit(self, path: str, **fields: str) -> httpx.Response:
        """The answer to an edit."""
        return await self.http.post(f"/admin{path}", data={"save": "Save", **fields}, headers=ORIGIN)


def complaint(answer: httpx.Response) -> str:
    """What a form says is wrong."""
    (text,) = re.findall(r'role="alert">([^<]*)<', answer.text)
    return str(text)


@pytest.fixture
async def visitor(app: Starlette) -> AsyncIterator[Visitor]:
    """Nobody yet."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Visitor(http)
