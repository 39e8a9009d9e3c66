"""A TCP proxy between a server and its database that can simulate half-open connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from sqlalchemy import make_url


class Wire:
    """Forwards data in both directions for all connections."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._dead: list[asyncio.Event] = []
        self._passing: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[tuple[str, Self]]:
        """Yields the URL of a proxy to a database on a Unix socket, and the proxy."""
        there = make_url(url)
        wire = cls(f"{there.query['host']}/.s.PGSQL.5432")
        server = await asyncio.start_server(wire._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"postgresql://{there.username}@127.0.0.1:{port}/{there.database}", wire
        finally:
            server.close()
            for task in wire._passing:
                task.cancel()
            await asyncio.gather(*wire._passing, return_exceptions=True)

    def goes_dead(self) -> int:
        """Stops forwarding on all current connections, without closing them. Returns their number."""
        died = [each for each in self._dead if not each.is_set()]
        for each in died:
            each.set()
        return len(died)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dead = asyncio.Event()
        self._dead.append(dead)
        there, to_there = await asyncio.open_unix_connection(self._socket)
        try:
            await asyncio.gather(_pump(reader, to_there, dead), _pump(there, writer, dead))
        except ConnectionError:
            pass  # one end has closed the connection
        finally:
            to_there.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dead: asyncio.Event) -> None:
    while data := await reader.read(65536):
        if dead.is_set():
            await asyncio.Event().wait()
        writer.write(data)
        await writer.drain()
    if not dead.is_set():
        writer.close()
