"""The server's process: whether it lives, starting it, waiting for it and stopping it."""

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
    """What a server says about itself in its pid file."""

    pid: int
    socket_dir: str
    status: str


def running(data: Path) -> Postmaster | None:
    """The living server of this data directory; None when the pid file is missing or stale."""
    found = _read_pid_file(data)
    return found if found is not None and _serves(found, data) else None


def remove_leftovers(data: Path, socket_dir: Path) -> bool:
    """Clear what a killed server left, so that the next one doesn't mistake another process for it.

    Call only while no server runs and the control lock is held. PostgreSQL's own guard, the shared
    memory a survivor still holds, stays in force. True when a pid file lay there.
    """
    killed = (data / _PID_FILE).exists()
    for path in (data / _PID_FILE, socket_dir / SOCKET_NAME, socket_dir / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)
    return killed


def launch(data: Path, binaries: Path, account: RunAsUser, log: Path) -> Postmaster:
    """Start the server in a session of its own and wait until it answers."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))
    # No link is followed, because root may be at work in another user's directory.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with open(os.open(log, flags, 0o600), "ab") as file:
        account.own(log)
        begin = file.tell()
        pid = None
        try:
            with _signals_held_back():
                # pg_ctl is not used: it builds a shell command in which marks of the path take effect.
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
            # It may not have written its pid file yet, by which anybody else would find it.
            if pid is not None:
                stop(Postmaster(pid, "", "starting"))
            raise


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Ctrl-C and SIGTERM take effect at the end of the block: in it, nobody knows yet what to stop."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread alone
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for each in came[:1]:
            signal.raise_signal(each)


def wait_until_ready(data: Path, pid: int) -> Postmaster:
    """Wait until the server with this pid takes connections."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = _read_pid_file(data)
        if found is not None and found.pid == pid and found.status == "ready":
            return found
        if not _lives(pid):
            raise EmbeddedPostgresError("PostgreSQL ended while it was starting")
        time.sleep(_POLL)
    raise EmbeddedPostgresError(f"PostgreSQL was not ready within {_START_SECONDS:.0f} seconds")


def stop(server: Postmaster) -> None:
    """Stop the server and wait for its end: open connections are cut, nothing committed is lost."""
    for how, seconds in (
        (signal.SIGINT, _FAST_STOP_SECONDS),
        (signal.SIGQUIT, _IMMEDIATE_STOP_SECONDS),
    ):
        if not tell(server, how) or wait_for_end(server, seconds):
            return
    raise EmbeddedPostgresError(f"PostgreSQL, process {server.pid}, does not stop")


def tell(server: Postmaster, number: signal.Signals) -> bool:
    """Send a signal; False when the server is gone."""
    try:
        os.kill(server.pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_for_end(server: Postmaster, seconds: float) -> bool:
    """Whether the server ended within this time."""
    deadline = time.monotonic() + seconds
    while _lives(server.pid):
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
    """Whether the pid still means this server, not a zombie or a stranger that got its number."""
    if not sys.platform.startswith("linux"):
        return listener(Path(server.socket_dir)) in (server.pid, 0)
    name, state = _process(server.pid)
    if name != "postgres" or state in _ENDED_STATES:
        return False
    try:
        return Path(f"/proc/{server.pid}/cwd").samefile(data)
    except PermissionError:
        # A container's root may not look into another user's processes; the socket tells too.
        return listener(Path(server.socket_dir)) == server.pid
    except OSError:
        return False


def _lives(pid: int) -> bool:
    try:
        # Orphans come to us when we are process 1 of a container; nobody else would bury them.
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
    """Name and state of a process on Linux; two empty strings when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes().decode(errors="replace")
    except OSError:
        return "", ""
    # The name stands in parentheses and may hold any mark, so look for the last one.
    end = text.rindex(")")
    return text[text.index("(") + 1 : end], text[end + 2]


def _with_log(message: str, log: Path, begin: int) -> str:
    with open(log, "rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").strip().splitlines()[-_LOG_LINES:]
    return "\n".join([f"{message}. The end of {log}:", *lines])
