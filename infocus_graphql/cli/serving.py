"""Runs the server: one process, several, or one that restarts when the code changes."""

import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infocus_graphql.cli.errors import CliError, describe_error

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from infocus_graphql.http.explorer import ExplorerConfig
    from infocus_graphql.server.protocol import HardenedConfig
    from infocus_graphql.settings import Settings

_BACKLOG: Final = 2048
_OTHER_FILES: Final = 1000  # file descriptors besides clients' connections: database, modules, logs


@dataclass(frozen=True)
class AppFactory:
    """A picklable factory of the application, for other processes."""

    settings: "Settings"
    database_url: str
    explorer: "ExplorerConfig | None" = None
    reloading: bool = False
    with_worker: bool = False

    def __call__(self) -> "Starlette":
        """Creates the application, in the process that serves it."""
        from infocus_graphql.server.gc_tuning import collect_rarely, freeze_startup_objects

        collect_rarely()
        from infocus_graphql.app import create_app
        from infocus_graphql.cli.worker import attach_worker
        from infocus_graphql.observability.logging import configure_logs
        from infocus_graphql.server.supervisor import NOT_STARTED

        configure_logs(self.settings)
        try:
            app = create_app(self.settings, database_url=self.database_url, explorer=self.explorer)
            if self.with_worker:
                attach_worker(app, self.settings, self.database_url)
            freeze_startup_objects()
            return app
        except Exception as error:
            if self.reloading:  # developers need the traceback
                raise
            print(describe_error(error), file=sys.stderr)
            sys.exit(NOT_STARTED)


def listen(host: str, port: int, command: str) -> socket.socket:
    """A listening socket; connections wait in its backlog until the server accepts them."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family)
    except OSError as error:
        raise CliError(f"INFOCUS_HOST (or --host): {host} can't be resolved: {error.strerror}.") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CliError(_why_not(error, host, port, command)) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL of the server for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def settings_on(listener: socket.socket, settings: "Settings") -> "Settings":
    """The settings with the actual port, which links in mails contain."""
    return settings.model_copy(update={"port": listener.getsockname()[1]})


def run(
    application: AppFactory,
    listener: socket.socket,
    *,
    grace_seconds: int,
    drain_seconds: float = 0,
    workers: int = 1,
    watched: Path | None = None,
) -> None:
    """Serves until a signal; returns when all requests are finished or aborted."""
    from uvicorn.supervisors import ChangeReload

    from infocus_graphql.observability.logging import configure_logs
    from infocus_graphql.server.server import ReloadedServer, Server
    from infocus_graphql.server.sockets import bind_worker_sockets
    from infocus_graphql.server.supervisor import NOT_STARTED, Supervisor
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.unknown_names import warn_of_unknown_settings

    configure_logs(application.settings)
    warn_of_unknown_settings(Settings)
    config = _config(application, grace_seconds, workers)
    _allow_connections(application.settings.max_connections)
    if watched is not None:
        config.reload_dirs = [watched]
        server = ReloadedServer(config, drain_seconds=drain_seconds)
        ChangeReload(config, target=server.run, sockets=[listener]).run()
    elif workers > 1:
        with ExitStack() as stack:
            listeners = bind_worker_sockets(listener, workers, _BACKLOG, stack)
            supervisor = Supervisor(config, listeners, drain=drain_seconds, grace=grace_seconds)
            started = supervisor.run()
        if not started:
            sys.exit(1)
    else:
        try:
            Server(config, drain_seconds=drain_seconds).run(sockets=[listener])
        except SystemExit as error:
            sys.exit(1 if error.code == NOT_STARTED else error.code)


def _config(application: AppFactory, grace_seconds: int, workers: int) -> "HardenedConfig":
    from infocus_graphql.server.protocol import HardenedConfig

    return HardenedConfig(
        application,
        application.settings,
        factory=True,
        lifespan="on",
        workers=workers,
        log_config=None,
        access_log=False,
        # Clients can forge X-Forwarded-For; `http/proxies.py` evaluates it for trusted proxies only.
        proxy_headers=False,
        timeout_graceful_shutdown=grace_seconds,
    )


def _allow_connections(number: int) -> None:
    """Raises the limit of open files for this process and its workers, as far as the hard limit allows."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _why_not(error: OSError, host: str, port: int, command: str) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        other = f"--port {port + 1}"
        by_make = f' (in a checkout `make dev ARGS="{other}"`)' if command == "dev" else ""
        return (
            f"Port {port} is in use by another program. Try `infocus {command} {other}`{by_make}, "
            "or --port 0 for a free one."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} requires more privileges than this user has; try --port 8000."
    return f"Can't listen on {host} (INFOCUS_HOST), port {port}: {error.strerror}."
