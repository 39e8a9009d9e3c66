"""The server's process: starts it, waits for it, checks it and stops it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infocus_graphql.db.embedded.environment import server_environment
from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.run_as import RunAsUser
from infocus_graphql.db.embedded.sockets import SOCKET_NAME, listener

_PID_FILE = "postmaster.pid"
_POLL = 0.005
# Long enough for crash recovery of a large cluster.
_START_SECONDS = 120.0
_FAST_STOP_SECONDS = 45.0
_IMMEDIATE_STOP_SECONDS = 10.0
_LOG_LINES = 15
_LOG_LIMIT = 10_000_000
_ENDED_STATES = frozenset("ZXx")


@dataclass(frozen=True)
class Postmaster:
    """The content of a server's pid file."""

    pid: int
    socket_dir: str
    status: str


def running(data: Path) -> Postmaster | None:
    """The running server of this data directory; None if the pid file is missing or stale."""
    found = _read_pid_file(data)
    return found if found is not None and _serves(found, data) else None


def remove_leftovers(data: Path, socket_dir: Path) -> bool:
    """Removes the files of a killed server, whose pid may have been reused by another process.

    Call it only while no server runs and with the control lock held. PostgreSQL's own check, for shared
    memory in use by surviving processes, still applies. Returns whether there was a pid file.
    """
    killed = (data / _PID_FILE).exists()
    for path in (data / _PID_FILE, socket_dir / SOCKET_NAME, socket_dir / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)
    return killed


def launch(data: Path, binaries: Path, account: RunAsUser, log: Path) -> Postmaster:
    """Starts the server in its own session and waits until it accepts connections."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))
    # O_NOFOLLOW, because root may be working in another user's directory.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with open(os.open(log, flags, 0o600), "ab") as file:
        account.own(log)
        begin = file.tell()
        pid = None
        try:
            with _signals_deferred():
                # Not with pg_ctl, which builds a shell command without escaping the path.
                done = subprocess.run(
                    account.command("detach", binaries / "postgres", "-D", data),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=file,
                    env=server_environment(),
                    start_new_session=True,
                    check=False,
                )
                if done.returncode or not done.stdout.strip().isdigit():
                    raise EmbeddedPostgresError("PostgreSQL could not be started")
                pid = int(done.stdout)
            return wait_until_ready(data, pid)
        except EmbeddedPostgresError as error:
            raise EmbeddedPostgresError(_with_log(str(error), log, begin)) from None
        except BaseException:
            # It may not have written its pid file yet, so other processes couldn't find and stop it.
            if pid is not None:
                stop(Postmaster(pid, "", "starting"))
            raise


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defers Ctrl-C and SIGTERM to the end of the block, in which the pid to stop is still unknown."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    received: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for each in received[:1]:
            signal.raise_signal(each)


def wait_until_ready(data: Path, pid: int) -> Postmaster:
    """Waits until the server with this pid accepts connections."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = _read_pid_file(data)
        if found is not None and found.pid == pid and found.status == "ready":
            return found
        if not _is_running(pid):
            raise EmbeddedPostgresError("PostgreSQL exited during its start")
        time.sleep(_POLL)
    raise EmbeddedPostgresError(f"PostgreSQL was not ready within {_START_SECONDS:.0f} seconds")


def stop(server: Postmaster) -> None:
    """Stops the server and waits for its exit: closes open connections, loses no committed data."""
    for how, seconds in (
        (signal.SIGINT, _FAST_STOP_SECONDS),
        (signal.SIGQUIT, _IMMEDIATE_STOP_SECONDS),
    ):
        if not send_signal(server, how) or wait_for_exit(server, seconds):
            return
    raise EmbeddedPostgresError(f"PostgreSQL, process {server.pid}, does not stop")


def send_signal(server: Postmaster, number: signal.Signals) -> bool:
    """Sends a signal; returns False if the process no longer exists."""
    try:
        os.kill(server.pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_for_exit(server: Postmaster, seconds: float) -> bool:
    """Waits for the server's exit; returns False after `seconds`."""
    deadline = time.monotonic() + seconds
    while _is_running(server.pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _read_pid_file(data: Path) -> Postmaster | None:
    try:
        lines = os.fsdecode((data / _PID_FILE).read_bytes()).split("\n")
    except FileNotFoundError:
        return None
    # Line by line: pid, directory, start, port, socket directory, address, shared memory, status.
    pid, socket_dir, status = (lines[number].strip() if number < len(lines) else "" for number in (0, 4, 7))
    if not pid.lstrip("-").isdigit():
        return None
    # A single-user server writes its pid as a negative number.
    return Postmaster(abs(int(pid)), socket_dir, status)


def _serves(server: Postmaster, data: Path) -> bool:
    """Whether the pid still belongs to this server, not to a zombie or another process that reused it."""
    if not sys.platform.startswith("linux"):
        return listener(Path(server.socket_dir)) in (server.pid, 0)
    name, state = _process(server.pid)
    if name != "postgres" or state in _ENDED_STATES:
        return False
    try:
        return Path(f"/proc/{server.pid}/cwd").samefile(data)
    except PermissionError:
        # Root of a container may not inspect another user's processes; ask the socket for the peer's pid.
        return listener(Path(server.socket_dir)) == server.pid
    except OSError:
        return False


def _is_running(pid: int) -> bool:
    try:
        # As pid 1 of a container we inherit orphans and have to reap them.
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    if sys.platform.startswith("linux"):
        name, state = _process(pid)
        return bool(name) and state not in _ENDED_STATES
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _process(pid: int) -> tuple[str, str]:
    """Name and state of a process on Linux; two empty strings if it doesn't exist."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes().decode(errors="replace")
    except OSError:
        return "", ""
    # The name is in parentheses and may contain any character, so search for the last parenthesis.
    end = text.rindex(")")
    return text[text.index("(") + 1 : end], text[end + 2]


def _with_log(message: str, log: Path, begin: int) -> str:
    with open(log, "rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").strip().splitlines()[-_LOG_LINES:]
    return "\n".join([f"{message}. Last lines of {log}:", *lines])
