"""Requests to a server with rate limits."""

from typing import Any

import httpx
from starlette.applications import Starlette

from infocus_graphql.graph.context import Services
from infocus_graphql.http.media_types import JSON


def from_address(app: Starlette, address: str) -> httpx.AsyncClient:
    """Returns a client with this address."""
    transport = httpx.ASGITransport(app=app, client=(address, 4000))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def post(http: httpx.AsyncClient, query: str, *, accept: str = JSON, **headers: str) -> httpx.Response:
    """Sends an operation and returns the response."""
    return await http.post("/graphql", json={"query": query}, headers={"Accept": accept, **headers})


def bearer(services: Services, user: Any) -> dict[str, str]:
    """Returns the Authorization header of a user."""
    token = services.tokens.access_token(user_id=user.id, session_id="se" + "0" * 25, is_staff=False)
    return {"Authorization": f"Bearer {token.text}"}


def code_of(response: httpx.Response) -> str | None:
    """Returns the code of the response's first error."""
    errors = response.json().get("errors", [])
    return errors[0]["extensions"]["code"] if errors else None
