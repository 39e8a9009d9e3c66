"""Creates a new cluster atomically."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infocus_graphql.db.embedded.configuration import write_access_rules, write_settings
from infocus_graphql.db.embedded.environment import server_environment
from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.run_as import RunAsUser

SUPERUSER = "infocus"
_UNFINISHED = "data.init-"
# One sort order on every machine; macOS has no C.UTF-8.
_LOCALE = "C" if sys.platform == "darwin" else "C.UTF-8"


def cluster_major(data: Path) -> int | None:
    """The major version that created this data directory; None if there is no cluster yet."""
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        if data.is_dir() and any(data.iterdir()):
            raise EmbeddedPostgresError(
                f"{data} contains files, but no PostgreSQL cluster; move them away"
            ) from None
        return None
    except ValueError as error:
        raise EmbeddedPostgresError(f"{data / 'PG_VERSION'} is damaged") from error


def create_cluster(
    data: Path, binaries: Path, account: RunAsUser, content: bytes, settings: Mapping[str, str]
) -> None:
    """Creates the cluster in a sibling directory of `data` and renames it when it is complete.

    Removes the remains of interrupted attempts. Each attempt uses a new directory, because the initdb of a
    killed process may still write to the old one.
    """
    home = data.parent
    for leftover in home.glob(_UNFINISHED + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=home))
    durable = settings.get("fsync", "on") != "off"
    try:
        account.own(fresh)
        _initdb(fresh, binaries, account, durable=durable)
        write_access_rules(fresh, account, durable=durable)
        write_settings(fresh, content, account)
        fresh.rename(data)
        if durable:
            _sync_directory(home)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _initdb(directory: Path, binaries: Path, account: RunAsUser, *, durable: bool) -> None:
    command = account.command(
        "run",
        binaries / "initdb",
        f"--pgdata={directory}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        f"--locale={_LOCALE}",
        "--data-checksums",
        "--no-instructions",
        *(() if durable else ("--no-sync",)),
    )
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=server_environment(),
        start_new_session=True,
        check=False,
    )
    if done.returncode:
        raise EmbeddedPostgresError(f"PostgreSQL's initdb failed:\n{done.stdout.strip()}")


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
