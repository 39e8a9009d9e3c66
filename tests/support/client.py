"""A GraphQL client that sends HTTP requests to the ASGI application."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import httpx
from starlette.applications import Starlette

from infocus_graphql.core.viewer import ANONYMOUS
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.operation import Request
from infocus_graphql.schema import schema
from infocus_graphql.security.api_tokens import is_api_token
from tests.support.transactions import counting_transactions, observed, transactions_allowed

_CURSOR = re.compile(rb'"(cursor|startCursor|endCursor)":"[^"]+"')
_INSTANT = re.compile(rb'"\d{4}-\d\d-\d\dT[^"]*"')
_ONE_SHAPE = re.compile(rb'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"')


def _comparable(query: str, content: bytes) -> bytes:
    """The response without the cursors of searches and changes, which have the time of the request."""
    return _CURSOR.sub(b"", content) if "searchMedia" in query or "changes" in query else content


def _is_incomparable(response: httpx.Response) -> bool:
    """Whether the response contains values that differ by request: an incident id or a cost."""
    return b'"incident":' in response.content or b'"COST_LIMIT_EXCEEDED"' in response.content


@dataclass(frozen=True)
class Api:
    """Sends operations. `as_` returns a client of a signed-in user."""

    http: httpx.AsyncClient
    services: Services
    headers: dict[str, str]
    # Every query is run again with loaders only, and must return the same bytes.
    # This engine doesn't know actual list lengths, so it has no cost limit.
    loaders_only: ClassVar[Engine] = Engine(schema, introspection=True, limits=Limits(cost=10**9))

    @classmethod
    @asynccontextmanager
    async def of(cls, app: Starlette, services: Services) -> AsyncIterator[Self]:
        """Yields an anonymous client of an application."""
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            with observed(services.database):
                yield cls(http, services, {})

    def as_(self, user: User | str, *, session_id: str = "se" + "0" * 25, is_staff: bool = False) -> "Api":
        """Returns a client with a directly issued access token of `user`."""
        user_id = user if isinstance(user, str) else user.id
        token = self.services.tokens.access_token(user_id=user_id, session_id=session_id, is_staff=is_staff)
        return self.bearing(token.text)

    def bearing(self, token: str) -> "Api":
        """Returns a client with this access token."""
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        """Sends an operation and returns the HTTP response."""
        body = {"query": query, "variables": variables}
        with counting_transactions() as begun:
            response = await self.http.post("/graphql", json=body, headers=self.headers)
        assert len(begun) <= transactions_allowed(query), (query, begun)
        for instant in _INSTANT.findall(response.content):
            assert _ONE_SHAPE.fullmatch(instant), instant
        is_query = query.lstrip().startswith(("query", "{", "fragment"))
        if is_query and response.status_code == 200 and not _is_incomparable(response):
            by_loaders = await self._by_loaders(query, variables)
            assert _comparable(query, response.content) == _comparable(query, by_loaders)
        return response

    async def _by_loaders(self, query: str, variables: dict[str, Any]) -> bytes:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if is_api_token(token):
            viewer = await self.services.api_tokens.verify(token)
        else:
            viewer = self.services.tokens.verify(token) if scheme else ANONYMOUS
        context = Context(self.services, viewer)
        try:
            request = Request(query, None, variables)
            return (await self.loaders_only.run(request, context, queries_only=False)).content()
        finally:
            await context.close()

    async def result(self, query: str, **variables: Any) -> dict[str, Any]:
        """Sends an operation and returns the response body."""
        response = await self.post(query, **variables)
        found: dict[str, Any] = response.json()
        return found

    async def data(self, query: str, **variables: Any) -> Any:
        """Sends an operation that must succeed. Returns its data, or the value of its only root field."""
        result = await self.result(query, **variables)
        assert "errors" not in result, result["errors"]
        data = result["data"]
        return next(iter(data.values())) if len(data) == 1 else data

    async def change(
        self, mutation: str, input: dict[str, Any], *, fields: str = "", kind: str | None = None
    ) -> Any:
        """Runs a mutation and returns its payload, with or without errors."""
        type_name = kind or f"{mutation[0].upper()}{mutation[1:]}Input"
        query = (
            f"mutation ($input: {type_name}!) {{ {mutation}(input: $input) {{ {fields} "
            "errors { __typename message code path ... on ValidationError { min max } "
            "... on ConflictError { existing { __typename ... on Node { id } } } "
            "... on PermissionError { requiredRole } } } }"
        )
        return await self.data(query, input=input)

    async def refused(
        self, mutation: str, input: dict[str, Any], *, fields: str = ""
    ) -> tuple[str, list[str]]:
        """Runs a mutation that must fail with one user error. Returns the error's code and path."""
        payload = await self.change(mutation, input, fields=fields)
        (error,) = payload["errors"]
        return error["code"], error["path"]
