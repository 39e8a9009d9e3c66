"""Several server processes on one port, among which the system spreads connections evenly."""

import logging
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from uvicorn.config import Config
from uvicorn.supervisors import Multiprocess

log = logging.getLogger("infocus.serving")


class Workers(Multiprocess):
    """uvicorn's supervisor, where each worker has a listening socket of its own.

    The sockets are kept open here: what comes while a worker is replaced waits for the new one.
    """

    def __init__(self, config: Config, listeners: Sequence[socket.socket]) -> None:
        super().__init__(config, [])
        self._listeners = listeners
        self.processes_num = 1  # for each of them

    def init_processes(self) -> None:
        """Starts all of them."""
        self._for_each(super().init_processes)

    def keep_subprocess_alive(self) -> None:
        """Replaces those that died or hang."""
        self._for_each(super().keep_subprocess_alive)

    def restart_all(self) -> None:
        """Replaces one after the other."""
        self._for_each(super().restart_all)

    def handle_ttin(self) -> None:
        """The number stays: it says over how many sockets connections are spread."""
        log.info("The number of workers is a setting.")

    handle_ttou = handle_ttin

    def _for_each(self, step: Callable[[], None]) -> None:
        # uvicorn's own steps, on one process with its socket at a time.
        before, after = self.processes, []
        for number, listener in enumerate(self._listeners):
            self.processes, self.sockets = before[number : number + 1], [listener]
            step()
            after += self.processes
        self.processes = after


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
