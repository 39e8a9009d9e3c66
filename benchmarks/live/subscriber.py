"""A subscriber that resumes."""

import asyncio
import random
from contextlib import suppress
from typing import Any, Final, Protocol

from benchmarks.live.socket_client import SocketClient

SUBSCRIPTION: Final = """
subscription ($family: ID!, $after: String) {
  familyEvents(familyId: $family, after: $after) {
    id type nodeId entry { id status rating version user { name } mediaItem { id title } }
  }
}
"""


class Recorder(Protocol):
    """What a subscriber reports its events to."""

    port: int
    failures: int

    def arrived(self, event: dict[str, Any]) -> None:
        """Records the arrival of an event."""


class Subscriber:
    """A client that subscribes to the family, and resumes after its last event when its connection ends."""

    def __init__(self, recorder: Recorder, family_id: str, token: str) -> None:
        self._recorder, self._token = recorder, token
        self.family_id = family_id
        self._last: str | None = None
        self._client: SocketClient | None = None
        self._stopped = False
        self.received: list[str] = []  # ids of events, in their order
        self.resumed = 0

    async def start(self) -> None:
        """Connects and subscribes."""
        port = self._recorder.port
        self._client = await SocketClient.connect(self._token, port, self._on_message)
        variables = {"family": self.family_id, "after": self._last}
        payload = {"query": SUBSCRIPTION, "variables": variables}
        self._client.send({"id": "1", "type": "subscribe", "payload": payload})

    async def keep(self) -> None:
        """Connects again whenever the connection ends, until `stop`."""
        while not self._stopped:
            if self._client is not None:
                await self._client.closed
            if self._stopped:
                return
            self.resumed += 1
            self._client = None
            await asyncio.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - jitter
            with suppress(OSError, TimeoutError):
                await self.start()

    def stop(self) -> None:
        """Closes the connection."""
        self._stopped = True
        if self._client is not None:
            self._client.close()

    def _on_message(self, client: SocketClient, message: dict[str, Any]) -> None:
        if message["type"] != "next":
            client.close()  # an error or the end of the subscription: resume
            return
        event = (message["payload"].get("data") or {}).get("familyEvents")
        if event is None:
            self._recorder.failures += 1
            return
        self._last = event["id"]
        if event["entry"] is not None:
            self.received.append(event["id"])
            self._recorder.arrived(event)
