"""Listening sockets for several server processes on one port."""

import logging
import socket
import sys
from contextlib import ExitStack

log = logging.getLogger("infocus.serving")


def spread(listener: socket.socket, number: int, backlog: int, stack: ExitStack) -> list[socket.socket]:
    """As many listening sockets on the port of `listener`, which is one of them; closed with the stack.

    Linux spreads connections over them. Elsewhere all are the same one, and whoever is quicker gets more.
    The port was taken without sharing: a second server that is started by mistake learns that it is taken.
    """
    if sys.platform != "linux":
        return [listener] * number
    listeners = [listener]
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for _ in range(number - 1):
            another = stack.enter_context(socket.socket(listener.family))
            another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # Or connections that are there already, as after a restart, would stand in the way.
            another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            another.bind(listener.getsockname())
            another.listen(backlog)
            listeners.append(another)
    except OSError as error:
        log.warning("workers share one socket: %s", error.strerror)
        return [listener] * number
    return listeners
