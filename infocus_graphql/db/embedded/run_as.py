"""The OS user of the server: the current user, root masked in a user namespace, or another user."""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_FALLBACK_ID = 65534


@dataclass(frozen=True)
class RunAsUser:
    """How PostgreSQL's programs are started, and which user owns their files."""

    become: Literal["self", "masked", "user"]
    uid: int
    gid: int

    @property
    def file_owner(self) -> int:
        """The owner of the cluster's files, as seen outside the user namespace."""
        return self.uid if self.become == "user" else os.geteuid()

    def command(self, action: Literal["run", "detach", "probe"], *argv: str | Path) -> list[str]:
        """The command line for `action` under this user."""
        arguments = [str(argument) for argument in argv]
        if action == "run" and self.become == "self":
            return arguments
        options = [self.become, str(self.uid), str(self.gid), action]
        return [sys.executable, "-I", "-S", str(_LAUNCHER), *options, *arguments]

    def own(self, path: Path) -> None:
        """Makes this user the owner of a file or directory that we created."""
        if self.become == "user":
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def objection(self, home: Path, program: Path) -> str | None:
        """Why this user can't run a server on `home`; None if it can."""
        done = subprocess.run(
            self.command("probe", home, program),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr.strip() or "no reason given" if done.returncode else None


def choose_run_as_user(home: Path, data: Path, program: Path) -> RunAsUser:
    """The OS user for the server on `home`; changes nothing permanently and creates no user.

    An ordinary user runs the server directly. Root uses the owner of existing files. For a new cluster root
    prefers a user namespace, and the user `nobody` where user namespaces are not available.
    """
    euid, egid = os.geteuid(), os.getegid()
    plain = RunAsUser("self", euid, egid)
    if euid != 0:
        if data.exists() or _has_name(euid):
            return plain
        # initdb requires a user with a name, which containers with a random uid don't have.
        masked = _masked()
        return plain if masked.objection(home, program) else masked
    owner = (data if data.exists() else home).stat()
    if owner.st_uid != 0:
        return RunAsUser("user", owner.st_uid, owner.st_gid)
    if data.exists():
        return _masked()
    return _account_for_new_files_of_root(home, program)


def files_owner(home: Path, data: Path) -> int:
    """The owner of the files, or the expected owner if they don't exist yet."""
    for path in (data, home):
        if path.exists():
            return path.stat().st_uid
    return os.geteuid()


def _account_for_new_files_of_root(home: Path, program: Path) -> RunAsUser:
    masked = _masked()
    against_mask = masked.objection(home, program)
    if against_mask is None:
        return masked
    nobody = RunAsUser("user", masked.uid, masked.gid)
    nobody.own(home)
    against_nobody = nobody.objection(home, program)
    if against_nobody is None:
        return nobody
    os.chown(home, 0, 0)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, and neither alternative works here. "
        f"Root in a user namespace: {against_mask}. The user {nobody.uid}: {against_nobody}. "
        "Run as an ordinary user, or set INFOCUS_DATABASE_URL to a running database"
    )


def _masked() -> RunAsUser:
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAsUser("masked", entry.pw_uid, entry.pw_gid)
    return RunAsUser("masked", _FALLBACK_ID, _FALLBACK_ID)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
