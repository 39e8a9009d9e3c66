"""Serves a local TMDB in a thread of this process, for development and for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """A server that leaves the signals to the program, and ends without waiting for slow responses."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def served_in_thread(app: ASGIApp) -> Iterator[str]:
    """Serves the application on a free loopback port until the end of the block. Yields its URL.

    A thread ends with its process, however that ends, and serves while the program blocks.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="local-tmdb", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()
