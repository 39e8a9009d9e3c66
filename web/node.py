"""Node and npm for builds and tests, from PATH or from PyPI."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
OLDEST_NODE: Final = (20, 19)
NO_NODE: Final = "Node 20.19 or later with npm must be on PATH, or PyPI must be reachable to install it from."
LAST_LINES: Final = 15


class NodeError(Exception):
    """A Node program failed; the message is one sentence for users."""


@contextlib.contextmanager
def node_environment(workshop: Path) -> Iterator[dict[str, str]]:
    """An environment whose PATH has Node and npm, installed temporarily from PyPI if necessary."""
    environment = {**os.environ, "NO_COLOR": "1"}
    if not _has_node(environment):
        home = workshop / "node"
        try:
            venv.create(home, with_pip=True)
            tools = home / ("Scripts" if os.name == "nt" else "bin")
            pip = [str(tools / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            locked = ["--require-hashes", "--only-binary=:all:", "-r", str(WEB / "node.lock")]
            run([*pip, *locked], WEB, environment)
        except (NodeError, OSError, subprocess.CalledProcessError) as problem:
            raise NodeError(NO_NODE) from problem
        environment["PATH"] = f"{tools}{os.pathsep}{environment.get('PATH', '')}"
    yield environment


def _has_node(environment: dict[str, str]) -> bool:
    node = shutil.which("node", path=environment.get("PATH"))
    if node is None or shutil.which("npm", path=environment.get("PATH")) is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    parts = version.stdout.strip().removeprefix("v").split(".")
    return version.returncode == 0 and len(parts) > 1 and (int(parts[0]), int(parts[1])) >= OLDEST_NODE


def install_packages(folder: Path, environment: dict[str, str]) -> None:
    """Runs `npm ci` in `folder`, unless its node_modules matches the lock file."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".infocus-lock"
    if mark.is_file() and mark.read_text("ascii") == lock:
        return
    npm = find("npm", environment)
    # Install scripts are off: no package needs one.
    run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder, environment)
    mark.write_text(lock, "ascii")


def find(program: str, environment: dict[str, str]) -> str:
    found = shutil.which(program, path=environment["PATH"])
    if found is None:
        raise NodeError(f"{program} is missing.")
    return found


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Runs a program quietly; on failure, raises NodeError with the last lines of its output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-LAST_LINES:]), file=sys.stderr)
        raise NodeError(f"`{Path(command[0]).name}` failed, see the lines above.")
