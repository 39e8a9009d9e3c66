"""A fake API for the page: the few fields that tests use, with expiring tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from infocus_graphql.http.explorer import (
    FALLBACK_PAGE,
    DemoAccount,
    ExampleTab,
    ExplorerConfig,
    explorer_routes,
)

ANNA = DemoAccount(label="Anna, owner of the family", email="anna@example.org", password="popcorn-and-rain")
BEN = DemoAccount(label="Ben, who has a second factor", email="ben@example.org", password="sun-and-crisps")
TOKEN = "stand-in-token"
CHALLENGE = "stand-in-challenge"
CODE = "123456"
ME = ExampleTab(
    title="Me and my families",
    query="query Me {\n  viewer {\n    user {\n      name\n    }\n    families(first: 5) {\n      nodes {\n"
    "        name\n        members {\n          name\n        }\n      }\n    }\n  }\n}\n",
)
HELLO = ExampleTab(
    title="A greeting with a variable",
    query="query Hello($name: String!) {\n  hello(name: $name)\n}\n",
    variables={"name": "<Ben> & </script>"},
)


def _refuse_strangers(info: strawberry.Info) -> None:
    if info.context["request"].headers.get("authorization") != f"Bearer {TOKEN}":
        raise GraphQLError("Please sign in.", extensions={"code": "UNAUTHENTICATED"})


@strawberry.type
class User:
    name: str


@strawberry.type
class Family:
    name: str
    members: list[User]


@strawberry.type
class FamilyConnection:
    nodes: list[Family]


@strawberry.type
class Viewer:
    user: User

    @strawberry.field
    def families(self, first: int = 20) -> FamilyConnection:
        return FamilyConnection(
            nodes=[Family(name="The Nordlunds", members=[User(name="Anna"), User(name="Ben")])]
        )


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str) -> str:
        return f"Hello {name}"

    @strawberry.field
    def viewer(self, info: strawberry.Info) -> Viewer | None:
        _refuse_strangers(info)
        return Viewer(user=User(name="Anna"))

    @strawberry.field
    def refused(self) -> str | None:
        raise GraphQLError("Your access has ended.", extensions={"code": "TOKEN_EXPIRED"})


@strawberry.input
class SignInInput:
    email: str
    password: str
    use_cookie: bool = True


@strawberry.type
class UserError:
    message: str
    code: str
    path: list[str]


@strawberry.type
class SignInPayload:
    access_token: str | None = None
    access_token_expires_at: datetime | None = None
    refresh_token: str | None = None
    challenge: str | None = None
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.input
class SignInWithSecondFactorInput:
    challenge: str
    code: str
    use_cookie: bool = True


def _signed_in() -> SignInPayload:
    return SignInPayload(
        access_token=TOKEN,
        refresh_token="refresh",
        access_token_expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )


@strawberry.input
class RefreshSessionInput:
    refresh_token: str | None = None


@strawberry.input
class SignOutInput:
    refresh_token: str | None = None


@strawberry.type
class SignOutPayload:
    errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def refresh_session(self, input: RefreshSessionInput) -> SignInPayload:
        return _signed_in()

    @strawberry.mutation
    def sign_out(self, input: SignOutInput) -> SignOutPayload:
        return SignOutPayload()

    @strawberry.mutation
    def sign_in(self, input: SignInInput) -> SignInPayload:
        if (input.email, input.password) == (BEN.email, BEN.password):
            return SignInPayload(challenge=CHALLENGE)
        if input.use_cookie or (input.email, input.password) != (ANNA.email, ANNA.password):
            wrong = UserError(
                message="E-mail or password is wrong.", code="INVALID_CREDENTIALS", path=["input"]
            )
            return SignInPayload(errors=[wrong])
        return _signed_in()

    @strawberry.mutation
    def sign_in_with_second_factor(self, input: SignInWithSecondFactorInput) -> SignInPayload:
        if (input.challenge, input.code) != (CHALLENGE, CODE):
            wrong = UserError(message="The code is wrong.", code="INVALID_CREDENTIALS", path=["input"])
            return SignInPayload(errors=[wrong])
        return _signed_in()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: strawberry.Info, to: int = 3) -> AsyncIterator[str]:
        sender: dict[str, Any] = info.context.get("connection_params") or {}
        for number in range(1, to + 1):
            yield f"{number} for {sender.get('Authorization', 'a stranger')}"
            await asyncio.sleep(0.1)


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
api: GraphQL[Any, Any] = GraphQL(schema, graphql_ide=None)
CONFIG = ExplorerConfig(endpoint="/graphql", demo_accounts=(ANNA, BEN), tabs=(ME, HELLO))
app = Starlette(
    routes=[
        Route("/graphql", api, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", api),
        *explorer_routes(config=CONFIG),
        *explorer_routes(path="/small", config=CONFIG, static_dir=FALLBACK_PAGE),
    ]
)
