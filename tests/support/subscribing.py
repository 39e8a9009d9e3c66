"""Reads the messages of subscriptions, as a transport does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.subscription_execution import RunningSubscription


class Messages:
    """The messages of one subscription."""

    def __init__(self, stream: RunningSubscription) -> None:
        self._stream = stream
        self._iterator = aiter(stream)

    async def next(self) -> dict[str, Any]:
        """The next message. Fails if there is none within a few seconds."""
        async with asyncio.timeout(5):
            message = await anext(self._iterator)
        found: dict[str, Any] = orjson.loads(message.json)
        assert found["extensions"]["eventId"] == message.id
        return found

    async def ends(self) -> bool:
        """Whether the stream ends now."""
        try:
            async with asyncio.timeout(5):
                await anext(self._iterator)
        except StopAsyncIteration:
            return True
        return False


@asynccontextmanager
async def subscribing(
    app: Starlette, user_id: str, query: str, last_event_id: str | None = None, **variables: Any
) -> AsyncIterator[Messages]:
    """A running subscription of a user."""
    result = await subscribe(app, user_id, query, last_event_id, **variables)
    assert isinstance(result, RunningSubscription), result.body
    try:
        yield Messages(result)
    finally:
        await result.aclose()


async def subscribe(
    app: Starlette, viewer: Viewer | str, query: str, last_event_id: str | None = None, **variables: Any
) -> RunningSubscription | OperationResult:
    """Starts a subscription of a viewer, or of the user with this id."""
    if isinstance(viewer, str):
        viewer = Viewer(viewer, "se" + "0" * 25)
    context = Context(app.state.services, viewer)
    try:
        request = Request(query, variables=variables, last_event_id=last_event_id)
        result = await app.state.engine.subscribe(request, context)
        assert isinstance(result, RunningSubscription | OperationResult)
        return result
    finally:
        await context.close()
