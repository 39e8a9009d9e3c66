"""A client for the data browser that keeps cookies and sends `Origin` and `Referer`, as browsers do."""

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
    """A visitor of the data browser, signed in or not."""

    http: httpx.AsyncClient

    async def sign_in(self, user: User, *, password: str = PASSWORD, code: str = "") -> httpx.Response:
        """Submits the sign-in form, keeps the cookie, and returns the response."""
        form = {"email": user.email, "password": password, "code": code}
        return await self.http.post("/admin/login", data=form, headers=ORIGIN)

    async def get(self, path: str) -> httpx.Response:
        """Returns the response for a page."""
        return await self.http.get(f"/admin{path}")

    async def page(self, path: str) -> str:
        """Returns the text of a page; its status must be 200."""
        response = await self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return response.text

    async def edit(self, path: str, **fields: str) -> httpx.Response:
        """Submits the form of a record and returns the response."""
        return await self.http.post(f"/admin{path}", data={"save": "Save", **fields}, headers=ORIGIN)


def complaint(response: httpx.Response) -> str:
    """Returns the error message in a form."""
    (text,) = re.findall(r'role="alert">([^<]*)<', response.text)
    return str(text)


@pytest.fixture
async def visitor(app: Starlette) -> AsyncIterator[Visitor]:
    """A visitor who hasn't signed in."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Visitor(http)
