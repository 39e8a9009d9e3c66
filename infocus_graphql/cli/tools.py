"""Runs PostgreSQL's client programs on a configured database, without exposing its password."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import IO, Final

from sqlalchemy import make_url, text

from infocus_graphql.cli.errors import CliError
from infocus_graphql.db.session_parameters import single_use_engine

_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "username": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
}
_QUERY: Final = {"host": "PGHOST", "port": "PGPORT", "ssl": "PGSSLMODE", "sslmode": "PGSSLMODE"}


def run_on_url(
    url: str,
    bin_dir: Path | None,
    program: str,
    *args: str,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Runs the program on the database at `url`; raises CliError with its error output if it fails."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, by full path
        [str(_find_program(program, bin_dir, url)), *args],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=client_variables(url),
        check=False,
    )
    if done.returncode:
        output = done.stderr.decode(errors="replace").strip()
        raise CliError(f"{program} failed: {output or f'status {done.returncode}'}")


def client_variables(url: str) -> dict[str, str]:
    """The environment variables for libpq; arguments would be visible to all users of the machine."""
    parsed = make_url(url)
    known = {variable: getattr(parsed, name) for name, variable in _VARIABLES.items()}
    known |= {_QUERY[name]: value for name, value in parsed.query.items() if name in _QUERY}
    return {name: str(value) for name, value in known.items() if value}


def _find_program(program: str, bin_dir: Path | None, url: str) -> Path:
    """The program in `bin_dir`; without it, one of the server's major version, or else any newer one."""
    if bin_dir is not None:
        return bin_dir / program
    from infocus_graphql.db.embedded import EmbeddedPostgresError, find_binaries

    for major in (asyncio.run(_server_major(url)), None):
        try:
            candidate = find_binaries(major=major) / program
        except EmbeddedPostgresError:
            continue
        if candidate.is_file():
            return candidate
    on_path = shutil.which(program)
    if on_path is None:
        raise CliError(f"{program} was not found; install PostgreSQL's client programs.")
    return Path(on_path)


async def _server_major(url: str) -> int:
    engine = single_use_engine(url, "infocus-command")
    try:
        async with engine.connect() as connection:
            number = await connection.scalar(text("SHOW server_version_num"))
            return int(str(number)) // 10_000
    finally:
        await engine.dispose()
