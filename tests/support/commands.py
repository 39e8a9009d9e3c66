"""Runs `infocus` in forks of a process that has loaded the libraries, which takes most of a short command.

The package itself is loaded by each command, as in a new process. This module imports nothing else, because
each fork loads it, too.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_LIBRARIES: Final = (
    "alembic.command",
    "alembic_postgresql_enum",
    "argon2",
    "asyncpg",
    "email_validator",
    "httpx",
    "jwt",
    "msgspec",
    "pydantic_settings",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "starlette.applications",
    "strawberry",
    "structlog",
    "typer.rich_utils",
    "uvicorn.server",
)
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(list(_LIBRARIES))


def run_command(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str], *, stdin: str, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Runs one command with exactly this environment and waits for its end."""
    with tempfile.TemporaryDirectory() as home:
        files = [Path(home) / name for name in ("stdin", "stdout", "stderr")]
        for file, content in zip(files, (stdin, "", ""), strict=True):
            file.write_text(content, "utf-8")
        process = _FORKS.Process(target=_run, args=(list(arguments), folder, dict(variables), files))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        code = process.exitcode
        process.close()
        output, errors = (file.read_text("utf-8") for file in files[1:])
    return subprocess.CompletedProcess(list(arguments), code, output, errors)


def _run(arguments: list[str], folder: Path, variables: dict[str, str], files: list[Path]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    # The standard streams of a fork are those of the test run.
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate(("r", "w", "w"))
    )
    sys.argv = ["infocus", *arguments]
    from infocus_graphql.__main__ import main

    main()
