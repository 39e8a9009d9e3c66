"""Fixtures that run `infocus` as a process in its own working folder."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.commands import run_command

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "infocus_graphql")
PATIENCE = 60.0

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "Server"]


def environment(**variables: str) -> Mapping[str, str]:
    """Returns the environment without the developer's own INFOCUS settings."""
    ours = ("INFOCUS_", "PYTHONUNBUFFERED")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    ours_too = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", "INFOCUS_DRAIN_SECONDS": "0"}
    return {**kept, **ours_too, **variables}


@dataclass
class Server:
    """A server process in its own process group, as started by a terminal."""

    process: "subprocess.Popen[bytes]"
    output: Path

    @property
    def text(self) -> str:
        """Returns its output so far."""
        return self.output.read_text("utf-8")

    def url(self) -> str:
        """Waits until the server prints its URL, and returns it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := re.search(r"(http://\S+)/graphql\b", self.text):
                return found[1]
            assert self.process.poll() is None, self.text
            time.sleep(0.05)
        raise AssertionError(f"no address within {PATIENCE} s: {self.text}")

    def end(self, number: int = signal.SIGINT) -> int:
        """Sends a signal to the whole group, as Ctrl-C does, and returns the exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(15)

    def remains(self) -> list[str]:
        """Returns the processes of its group that are still running after a moment."""
        deadline = time.monotonic() + 3
        # The resource tracker of multiprocessing ends shortly after the last process.
        while (members := self._members()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return members

    def _members(self) -> list[str]:
        found = subprocess.run(
            ["ps", "-ww", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True
        )
        rows = (line.split(None, 2) for line in found.stdout.splitlines())
        group = str(self.process.pid)
        return [row[2] for row in rows if row[0] == group and not row[1].startswith("Z")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder, with a space in its name to test quoting."""
    return tmp_path_factory.mktemp("a folder")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Runs a command and waits for its end."""

    def run(*args: str, stdin: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        return run_command(args, folder, environment(**variables), stdin=stdin, timeout=PATIENCE)

    return run


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts servers; remaining processes are killed after the test."""
    with starting(folder, tmp_path) as start_command:
        yield start_command


@contextmanager
def starting(folder: Path, outputs: Path) -> Iterator[Start]:
    """Starts servers in `folder`; remaining processes are killed at the end of the block."""
    servers: list[Server] = []

    def start_command(*args: str, **variables: str) -> Server:
        output = outputs / f"output-{len(servers)}"
        with output.open("wb") as target:
            process = subprocess.Popen(
                [*COMMAND, *args],
                cwd=folder,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        servers.append(Server(process, output))
        return servers[-1]

    try:
        yield start_command
    finally:
        for server in servers:
            if server.process.poll() is None:
                try:
                    server.end()  # a killed server would leave its database running
                except subprocess.TimeoutExpired:
                    os.killpg(server.process.pid, signal.SIGKILL)
                    server.process.wait()


def postgres_of(folder: Path) -> list[str]:
    """Returns the processes of the embedded PostgreSQL in this folder."""
    found = subprocess.run(["ps", "-ww", "-eo", "stat=,args="], capture_output=True, text=True, check=True)
    place = str(folder / ".infocus")
    return [line for line in found.stdout.splitlines() if place in line and "postgres" in line]
