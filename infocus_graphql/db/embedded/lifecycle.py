"""The public interface of the embedded server: start or join, use, release."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from infocus_graphql.db.embedded import postmaster, sockets
from infocus_graphql.db.embedded.binaries import find_binaries, server_version
from infocus_graphql.db.embedded.cluster import SUPERUSER, cluster_major, create_cluster
from infocus_graphql.db.embedded.configuration import render_settings, write_settings
from infocus_graphql.db.embedded.database import ensure_database
from infocus_graphql.db.embedded.environment import client_environment
from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.locks import Lease, exclusive_lock
from infocus_graphql.db.embedded.run_as import choose_run_as_user, files_owner
from infocus_graphql.db.embedded.tools import run_client

DATABASE = "infocus"
_RETRY_SECONDS = 10.0
_RETRY_PAUSE = 0.2
# PostgreSQL's error message if processes of a killed server still run.
_SURVIVORS = "pre-existing shared memory block"


class EmbeddedPostgres:
    """A PostgreSQL server with all its state in one directory, shared by all processes that use it.

    The first process starts the server, later ones join it, and the last one to release it stops it. A killed
    process counts as released; the next one adopts a server that it left running. `start` and `release`
    block: don't call them in an event loop.
    """

    def __init__(
        self,
        home: Path,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._home = Path(home).resolve()
        if "\n" in str(self._home):
            raise EmbeddedPostgresError("The path of the embedded server contains a line break")
        self._data = self._home / "data"
        self._wanted_bin_dir = bin_dir
        self._settings = dict(settings or {})
        self._lease = Lease(self._home / "lease.lock")
        self._socket_dir: Path | None = None
        self._created = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def socket_dir(self) -> Path:
        """The directory of the server's socket; it may change until `start`."""
        if self._socket_dir is not None:
            return self._socket_dir
        return sockets.socket_directory(self._home, files_owner(self._home, self._data))

    @property
    def version(self) -> str:
        """The server's version, such as "18.6"."""
        return server_version(self._binaries())

    @property
    def created(self) -> bool:
        """Whether `start` of this object created the cluster."""
        return self._created

    def dsn(self, database: str = DATABASE) -> str:
        """The URL of a database of this server, for SQLAlchemy's asyncpg dialect."""
        host = quote(os.fsencode(self.socket_dir))
        return f"postgresql+asyncpg://{SUPERUSER}@/{quote(database, safe='')}?host={host}"

    def start(self) -> None:
        """Starts or joins the server and acquires a lease; returns when its database `infocus` is available.

        Creates the cluster if there is none. If the server has died, a second `start` restarts it.
        """
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with exclusive_lock(self._control):
                alone = self._lease.acquire()
                try:
                    self._bring_up(alone)
                except BaseException:
                    self._leave()
                    raise
        except OSError as error:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL can't start: {error}") from error

    def release(self) -> bool:
        """Releases the lease; returns whether it was the last one and the server was stopped."""
        if not self._lease.held:
            # In a forked child the lease belongs to the parent.
            self._lease.close()
            return False
        try:
            with exclusive_lock(self._control):
                return self._leave()
        except OSError as error:
            # The directory was moved or deleted. A server without its files stops by itself.
            self._lease.close()
            raise EmbeddedPostgresError(f"The embedded PostgreSQL's directory: {error}") from error

    def run_tool(
        self,
        name: str,
        *args: str,
        stdin: IO[bytes] | int | None = None,
        stdout: IO[bytes] | int | None = None,
    ) -> None:
        """Runs a client program of PostgreSQL (pg_dump, pg_restore, psql) on the database `infocus`.

        It needs no connection options. Raises EmbeddedPostgresError with the program's error output.
        """
        if not self._lease.held:
            raise EmbeddedPostgresError(f"Start the embedded PostgreSQL before running {name}")
        environment = client_environment(self.socket_dir, SUPERUSER, DATABASE)
        run_client(self._binaries() / name, args, environment, stdin=stdin, stdout=stdout)

    @property
    def _control(self) -> Path:
        return self._home / "control.lock"

    def _binaries(self) -> Path:
        return find_binaries(self._wanted_bin_dir, major=cluster_major(self._data))

    def _bring_up(self, alone: bool) -> None:
        binaries = self._binaries()
        account = choose_run_as_user(self._home, self._data, binaries / "postgres")
        for lock in (self._control, self._home / "lease.lock"):
            # Created before the user was known, who must be able to open them.
            account.own(lock)
        directory = sockets.socket_directory(self._home, account.file_owner)
        sockets.prepare_socket_directory(directory, account)
        self._socket_dir = directory
        content = render_settings(directory, self._settings)
        if cluster_major(self._data) is None:
            create_cluster(self._data, binaries, account, content, self._settings)
            self._created = True
        changed = write_settings(self._data, content, account)
        deadline = time.monotonic() + _RETRY_SECONDS
        killed = False
        while True:
            server = self._usable_server(restart=changed and alone)
            try:
                if server is None:
                    killed |= self._clear_the_way()
                    postmaster.launch(self._data, binaries, account, self._home / "postgres.log")
                elif changed:
                    # Other processes use it: reload; settings that need a restart change later.
                    postmaster.send_signal(server, signal.SIGHUP)
                ensure_database(self.socket_dir, SUPERUSER, DATABASE)
                return
            except EmbeddedPostgresError as error:
                # Processes of a killed server keep its shared memory for a moment, and a server that was
                # found running may have been killed just then. Waiting helps only in these cases.
                transient = killed or server is not None or _SURVIVORS in str(error)
                if not transient or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_PAUSE)

    def _usable_server(self, *, restart: bool) -> postmaster.Postmaster | None:
        """The running server to join; stops one that is stopping, unreachable or outdated."""
        server = postmaster.running(self._data)
        if server is None:
            return None
        if server.status == "starting":
            try:
                server = postmaster.wait_until_ready(self._data, server.pid)
            except EmbeddedPostgresError:
                if postmaster.running(self._data) is not None:
                    raise
                return None
        here = server.socket_dir == str(self.socket_dir)
        reachable = here and sockets.listener(self.socket_dir) is not None
        if reachable and not restart and server.status != "stopping":
            return server
        postmaster.stop(server)
        return None

    def _clear_the_way(self) -> bool:
        """Removes the files of a killed server; returns whether there was one."""
        if sockets.listener(self.socket_dir) is not None:
            raise EmbeddedPostgresError(
                f"Another server listens in {self.socket_dir}, perhaps in another container that uses the "
                "same directory. Stop it there first"
            )
        return postmaster.remove_leftovers(self._data, self.socket_dir)

    def _leave(self) -> bool:
        if not self._lease.release():
            return False
        server = postmaster.running(self._data)
        if server is not None:
            postmaster.stop(server)
        if self._socket_dir is not None:
            sockets.remove_socket_directory(self._socket_dir, self._home)
        return server is not None
