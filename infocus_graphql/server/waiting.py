"""Connections that wait at the sockets of other workers, because those workers are gone or busy."""

import asyncio
import socket
from collections.abc import Callable, Sequence

_SHORTEST, _LONGEST = 0.005, 0.05  # seconds between two looks

MakeProtocol = Callable[[], asyncio.BaseProtocol]


class Waiting:
    """Takes what waits at `others`, for as long as there is room.

    A worker takes the connections at its own socket at once. Those that are still there when another worker
    looks have an owner who died, is being replaced, or is busy.
    """

    def __init__(
        self, others: Sequence[socket.socket], make_protocol: MakeProtocol, has_room: Callable[[], bool]
    ) -> None:
        self._others, self._make, self._has_room = others, make_protocol, has_room
        self._stopping = False
        for other in others:
            other.setblocking(False)
        self._task = asyncio.create_task(self._look()) if others else None

    async def stop(self) -> None:
        """Looks no more. What was taken is served."""
        self._stopping = True  # cancelled, it would lose a connection that it has just taken
        if self._task is not None:
            await self._task

    async def _look(self) -> None:
        pause = _LONGEST
        while not self._stopping:
            await asyncio.sleep(pause)
            taken = 0
            for other in self._others:
                taken += await take(other, self._make, self._has_room)
            # Where one waited, the next ones will, until there is a new owner.
            pause = _SHORTEST if taken else min(2 * pause, _LONGEST)


async def take(
    listener: socket.socket, make_protocol: MakeProtocol, has_room: Callable[[], bool] = lambda: True
) -> int:
    """Takes all connections that wait at a socket that doesn't block; returns their number."""
    loop, taken = asyncio.get_running_loop(), 0
    while has_room():
        try:
            connection, _ = listener.accept()
        except OSError:
            break  # none waits, the client has gone again, or there are no more files: the next look will see
        connection.setblocking(False)
        try:
            await loop.connect_accepted_socket(make_protocol, connection)
        except OSError:
            connection.close()  # the client has gone again
        taken += 1
    return taken
