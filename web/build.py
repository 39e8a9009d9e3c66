"""Builds the GraphiQL page from the sources beside this file, with Node from PATH or, without it, from PyPI.

Run it with any Python 3.11 or later: `python web/build.py`. It does nothing when the page is up to date.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from node import NodeError, find, install_packages, node_environment, run

WEB: Final = Path(__file__).resolve().parent
OUTPUT: Final = WEB.parent / "infocus_graphql" / "static" / "graphiql"
# Beside the output's names of old and new so that swapping is a rename; git ignores every .build folder.
WORKSHOP: Final = WEB / ".build"
STAMP: Final = "sources.sha256"
SOURCES: Final = ("index.html", "package.json", "package-lock.json", "vite.config.js", "src", "vite")


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
        with node_environment(workshop) as environment:
            install_packages(WEB, environment)
            new = workshop / "new"
            vite = [find("node", environment), str(WEB / "node_modules" / "vite" / "bin" / "vite.js")]
            run([*vite, "build", "--logLevel", "error", "--outDir", str(new)], WEB, environment)
        (new / STAMP).write_text(stamp + "\n", "ascii")
        _swap(new, workshop / "old")


def _swap(new: Path, old: Path) -> None:
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    if OUTPUT.exists():
        OUTPUT.rename(old)
    new.rename(OUTPUT)


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
    except NodeError as problem:
        print(f"failed.\nGraphiQL was not built: {problem}", file=sys.stderr)
        return 1
    print(f"done in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
