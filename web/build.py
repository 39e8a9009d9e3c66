"""Builds the GraphiQL page from the sources beside this file, with Node from PATH or, without it, from PyPI.

Run it with any Python 3.11 or later: `python web/build.py`. It does nothing when the page is up to date.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
OUTPUT: Final = WEB.parent / "infocus_graphql" / "static" / "graphiql"
# Beside the output's names of old and new so that swapping is a rename; git ignores every .build folder.
WORKSHOP: Final = WEB / ".build"
STAMP: Final = "sources.sha256"
SOURCES: Final = ("index.html", "package.json", "package-lock.json", "vite.config.js", "src", "vite")
OLDEST_NODE: Final = (20, 19)
NO_NODE: Final = (
    "GraphiQL needs Node 20.19 or later with npm on PATH, or a connection to PyPI to borrow Node from."
)
LAST_LINES: Final = 15


class BuildError(Exception):
    """Why there is no page, in one plain sentence."""


def fingerprint() -> str:
    """A hash of everything the page is made from."""
    digest = hashlib.sha256()
    for name in SOURCES:
        source = WEB / name
        files = sorted(file for file in source.rglob("*") if file.is_file()) if source.is_dir() else [source]
        for file in files:
            digest.update(f"{file.relative_to(WEB).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_ready() -> bool:
    """Whether the output was made from these very sources."""
    stamp = OUTPUT / STAMP
    return stamp.is_file() and stamp.read_text("ascii").strip() == fingerprint()


def build() -> None:
    """Make the page anew when it is missing or older than its sources; a failure leaves the old one alone."""
    if is_ready():
        return
    WORKSHOP.mkdir(exist_ok=True)
    with _alone(), tempfile.TemporaryDirectory(dir=WORKSHOP) as folder:
        # Another process may have built it while this one waited.
        if is_ready():
            return
        workshop = Path(folder)
        stamp = fingerprint()
        with _node(workshop) as environment:
            _install_packages(environment)
            new = workshop / "new"
            vite = [_find("node", environment), str(WEB / "node_modules" / "vite" / "bin" / "vite.js")]
            _run([*vite, "build", "--logLevel", "error", "--outDir", str(new)], environment)
        (new / STAMP).write_text(stamp + "\n", "ascii")
        _swap(new, workshop / "old")


def _swap(new: Path, old: Path) -> None:
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    if OUTPUT.exists():
        OUTPUT.rename(old)
    new.rename(OUTPUT)


def _install_packages(environment: dict[str, str]) -> None:
    """`npm ci`, unless node_modules already holds just what the lock file says."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    mark = WEB / "node_modules" / ".infocus-lock"
    if mark.is_file() and mark.read_text("ascii") == lock:
        return
    npm = _find("npm", environment)
    # No install scripts: none of the packages needs one, and none should run code of its own here.
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    mark.write_text(lock, "ascii")


@contextlib.contextmanager
def _node(workshop: Path) -> Iterator[dict[str, str]]:
    """An environment whose PATH has Node and npm: the machine's own, or a throwaway copy from PyPI."""
    environment = {**os.environ, "NO_COLOR": "1"}
    if not _has_node(environment):
        home = workshop / "node"
        try:
            venv.create(home, with_pip=True)
            tools = home / ("Scripts" if os.name == "nt" else "bin")
            pip = [str(tools / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            _run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(WEB / "node.lock")], environment)
        except (BuildError, OSError, subprocess.CalledProcessError) as problem:
            raise BuildError(NO_NODE) from problem
        environment["PATH"] = f"{tools}{os.pathsep}{environment.get('PATH', '')}"
    yield environment


def _has_node(environment: dict[str, str]) -> bool:
    node = shutil.which("node", path=environment.get("PATH"))
    if node is None or shutil.which("npm", path=environment.get("PATH")) is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    parts = answer.stdout.strip().removeprefix("v").split(".")
    return answer.returncode == 0 and len(parts) > 1 and (int(parts[0]), int(parts[1])) >= OLDEST_NODE


def _find(program: str, environment: dict[str, str]) -> str:
    found = shutil.which(program, path=environment["PATH"])
    if found is None:
        raise BuildError(f"GraphiQL was not built: {program} is missing.")
    return found


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Run quietly; on failure show the last lines of what the program said."""
    done = subprocess.run(
        command,
        cwd=WEB,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-LAST_LINES:]), file=sys.stderr)
        raise BuildError(f"GraphiQL was not built: `{Path(command[0]).name}` failed, see the lines above.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One build at a time, where the system has file locks: two would trip over each other's modules."""
    with (WORKSHOP / "lock").open("w") as lock:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build, saying so in one line."""
    if is_ready():
        print("GraphiQL is up to date.")
        return 0
    print("Building GraphiQL …", end=" ", flush=True)
    started = time.monotonic()
    try:
        build()
    except BuildError as problem:
        print(f"failed.\n{problem}", file=sys.stderr)
        return 1
    print(f"done in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
