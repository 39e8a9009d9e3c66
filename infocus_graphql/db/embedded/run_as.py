"""Which account the server runs under: one's own, root under a mask, or another user's."""

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
    """How a server program is started, and whose its files are."""

    become: Literal["self", "masked", "user"]
    uid: int
    gid: int

    @property
    def file_owner(self) -> int:
        """The user that owns the cluster's files, seen from outside."""
        return self.uid if self.become == "user" else os.geteuid()

    def command(self, action: Literal["run", "detach", "probe"], *argv: str | Path) -> list[str]:
        """The command line that does `action` under this account."""
        words = [str(word) for word in argv]
        if action == "run" and self.become == "self":
            return words
        order = [self.become, str(self.uid), str(self.gid), action]
        return [sys.executable, "-I", "-S", str(_LAUNCHER), *order, *words]

    def own(self, path: Path) -> None:
        """Hand a file or directory of ours to the account."""
        if self.become == "user":
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def objection(self, home: Path, program: Path) -> str | None:
        """Why this account can't serve `home`, or None when it can."""
        done = subprocess.run(
            self.command("probe", home, program),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr.strip() or "no reason given" if done.returncode else None


def choose_run_as_user(home: Path, data: Path, program: Path) -> RunAsUser:
    """The account for this home; asks for nothing that outlives the server, and creates no user.

    An ordinary user runs the server plainly. Root follows the owner of files that exist; for a new
    cluster it prefers the mask, and takes `nobody` where user namespaces are refused.
    """
    euid, egid = os.geteuid(), os.getegid()
    plain = RunAsUser("self", euid, egid)
    if euid != 0:
        if data.exists() or _has_name(euid):
            return plain
        # initdb insists on an account with a name, which containers with a random uid lack.
        masked = _masked()
        return plain if masked.objection(home, program) else masked
    owner = (data if data.exists() else home).stat()
    if owner.st_uid != 0:
        return RunAsUser("user", owner.st_uid, owner.st_gid)
    if data.exists():
        return _masked()
    return _account_for_new_files_of_root(home, program)


def files_owner(home: Path, data: Path) -> int:
    """The user whose the files are, or will be as far as one can tell now."""
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
        "PostgreSQL does not run as root, and both ways around that are closed here. "
        f"Root in a user namespace: {against_mask}. The account {nobody.uid}: {against_nobody}. "
        "Run as an ordinary user, or set INFOCUS_DATABASE_URL to a database that runs elsewhere"
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
