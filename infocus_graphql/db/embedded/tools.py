"""Runs PostgreSQL's client programs on the embedded server."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError


def run_client(
    program: Path,
    args: tuple[str, ...],
    environment: dict[str, str],
    *,
    stdin: IO[bytes] | int | None,
    stdout: IO[bytes] | int | None,
) -> None:
    """Runs the program; raises EmbeddedPostgresError with its error output if it fails.

    If standard input and output are the terminal, the program runs interactively and nothing is captured.
    """
    if not program.is_file():
        raise EmbeddedPostgresError(
            f"{program.name} is missing in {program.parent}; install "
            "PostgreSQL's client programs or point INFOCUS_PG_BIN at a directory that has them"
        )
    interactive = stdin is None and stdout is None and os.isatty(0)
    with _interrupts_handled_by_program(interactive):
        try:
            done = subprocess.run(
                [str(program), *args],
                stdin=stdin,
                stdout=stdout,
                stderr=None if interactive else subprocess.PIPE,
                env=environment,
                check=False,
            )
        except OSError as error:
            raise EmbeddedPostgresError(f"{program} can't be run: {error}") from error
    if done.returncode:
        output = (done.stderr or b"").decode(errors="replace").strip()
        status = f"status {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
        raise EmbeddedPostgresError(f"{program.name} ended with {status}{': ' if output else ''}{output}")


@contextmanager
def _interrupts_handled_by_program(interactive: bool) -> Iterator[None]:
    # In psql, Ctrl-C cancels a query; it must not end our process.
    if not interactive or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
