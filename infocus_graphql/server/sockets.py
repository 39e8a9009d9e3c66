"""Listening sockets for several server processes on one port."""

import logging
import socket
import sys
from contextlib import ExitStack

log = logging.getLogger("infocus.serving")


def bind_worker_sockets(
    listener: socket.socket, number: int, backlog: int, stack: ExitStack
) -> list[socket.socket]:
    """`number` listening sockets on the port of `listener`, including it; closed with the stack.

    Linux distributes connections over them (SO_REUSEPORT). Elsewhere all are the same socket, and faster
    workers get more connections. `listener` was bound without SO_REUSEPORT, so a second server that is
    started by mistake fails because the port is in use.
    """
    if sys.platform != "linux":
        return [listener] * number
    listeners = [listener]
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for _ in range(number - 1):
            another = stack.enter_context(socket.socket(listener.family))
            another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # Connections in TIME_WAIT, for example after a restart, would prevent binding.
            another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            another.bind(listener.getsockname())
            another.listen(backlog)
            listeners.append(another)
    except OSError as error:
        log.warning("workers share one socket: %s", error.strerror)
        return [listener] * number
    return listeners
