"""Running PostgreSQL's client programs against the embedded server."""

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
    """Run the program to its end; its complaints become the error's text.

    With both ends at a terminal it is a conversation: everything is shown, nothing kept.
    """
    if not program.is_file():
        raise EmbeddedPostgresError(
            f"{program.name} is not among PostgreSQL's programs in {program.parent}; install "
            "PostgreSQL's client programs or point INFOCUS_PG_BIN at a directory that has them"
        )
    talking = stdin is None and stdout is None and os.isatty(0)
    with _interrupts_left_to_the_program(talking):
        try:
            done = subprocess.run(
                [str(program), *args],
                stdin=stdin,
                stdout=stdout,
                stderr=None if talking else subprocess.PIPE,
                env=environment,
                check=False,
            )
        except OSError as error:
            raise EmbeddedPostgresError(f"{program} can't be run: {error}") from error
    if done.returncode:
        said = (done.stderr or b"").decode(errors="replace").strip()
        end = f"status {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
        raise EmbeddedPostgresError(f"{program.name} ended with {end}{': ' if said else ''}{said}")


@contextmanager
def _interrupts_left_to_the_program(talking: bool) -> Iterator[None]:
    # In psql, Ctrl-C cancels a query; it must not end the program around psql.
    if not talking or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
