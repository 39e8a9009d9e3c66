"""Builds the GraphiQL page from the sources in this folder, with Node from PATH or from PyPI.

Run `python web/build.py` with Python 3.11 or later. It does nothing if the page is up to date.
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
# On the same file system as the output, so that replacing it is a rename. git ignores .build folders.
WORKSHOP: Final = WEB / ".build"
STAMP: Final = "sources.sha256"
SOURCES: Final = ("index.html", "package.json", "package-lock.json", "vite.config.js", "src", "vite")


def fingerprint() -> str:
    """A hash of all sources of the page."""
    digest = hashlib.sha256()
    for name in SOURCES:
        source = WEB / name
        files = sorted(file for file in source.rglob("*") if file.is_file()) if source.is_dir() else [source]
        for file in files:
            digest.update(f"{file.relative_to(WEB).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_ready() -> bool:
    """Whether the output was built from the current sources."""
    stamp = OUTPUT / STAMP
    return stamp.is_file() and stamp.read_text("ascii").strip() == fingerprint()


def build() -> None:
    """Builds the page if it is missing or out of date. On failure, the old page stays."""
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
    """Allows one build at a time, where file locks exist: two would overwrite each other's node_modules."""
    with (WORKSHOP / "lock").open("w") as lock:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Builds the page, and prints one line."""
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
