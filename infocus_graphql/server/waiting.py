"""Accepts connections that wait at the sockets of other workers, because those are dead or busy."""

import asyncio
import socket
from collections.abc import Callable, Sequence

_SHORTEST, _LONGEST = 0.005, 0.05  # seconds between two checks

MakeProtocol = Callable[[], asyncio.BaseProtocol]


class Waiting:
    """Accepts connections that wait at `others`, while there is room.

    A worker accepts the connections at its own socket at once. Those that still wait when another worker
    checks belong to a worker that died, is being replaced, or is busy.
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
        """Stops checking. Accepted connections are served."""
        self._stopping = True  # cancelling the task could lose a connection that it has just accepted
        if self._task is not None:
            await self._task

    async def _look(self) -> None:
        pause = _LONGEST
        while not self._stopping:
            await asyncio.sleep(pause)
            taken = 0
            for other in self._others:
                taken += await accept_waiting(other, self._make, self._has_room)
            # More connections will follow until the socket's own worker accepts them again.
            pause = _SHORTEST if taken else min(2 * pause, _LONGEST)


async def accept_waiting(
    listener: socket.socket, make_protocol: MakeProtocol, has_room: Callable[[], bool] = lambda: True
) -> int:
    """Accepts all connections that wait at a non-blocking socket; returns their number."""
    loop, taken = asyncio.get_running_loop(), 0
    while has_room():
        try:
            connection, _ = listener.accept()
        except OSError:
            break  # none waits, the client has disconnected, or file descriptors ran out: check again later
        connection.setblocking(False)
        try:
            await loop.connect_accepted_socket(make_protocol, connection)
        except OSError:
            connection.close()  # the client has disconnected
        taken += 1
    return taken
