"""A separate program that switches to a user under which PostgreSQL may run, and then execs PostgreSQL.

Started with `python -I -S`, so it imports only the standard library. It is a program rather than a
`preexec_fn`, because Python code between fork and exec can deadlock in a multithreaded process.
"""

import os
import sys

REFUSED = 77
_CLONE_NEWUSER = 0x10000000


def main(become: str, uid: int, gid: int, action: str, argv: list[str]) -> int:
    """Runs one action; returns only after `detach`, `probe` or an error."""
    try:
        take_account(become, uid, gid)
    except OSError as error:
        print(f"can't become the {become} account {uid}: {error}", file=sys.stderr)
        return REFUSED
    if action == "probe":
        return probe(argv)
    if action == "detach":
        child = os.fork()
        if child:
            print(child)
            return 0
        # In its own session, so that Ctrl-C in the terminal doesn't stop the server before its clients.
        os.setsid()
        os.dup2(2, 1)
    os.umask(0o077)
    try:
        os.execv(argv[0], argv)  # noqa: S606  (no shell is the point)
    except OSError as error:
        print(f"can't run {argv[0]}: {error}", file=sys.stderr, flush=True)
        os._exit(126)


def take_account(become: str, uid: int, gid: int) -> None:
    """Switches from root to another user, because PostgreSQL refuses to run as root.

    "masked" enters a user namespace in which root appears as `uid`: the files keep their owner, and the
    privileges of root are gone after exec. "user" changes the user ids.
    """
    if become == "masked":
        real_uid, real_gid = os.geteuid(), os.getegid()
        _unshare_user_namespace()
        # The kernel lets unprivileged processes write gid_map only after denying setgroups.
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {real_uid} 1")
        _write("/proc/self/gid_map", f"{gid} {real_gid} 1")
    elif become == "user":
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def probe(paths: list[str]) -> int:
    """Checks whether the user can write the first path and run the others; returns an exit code."""
    home, *programs = paths
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        print(f"it has no access to the directory {home}", file=sys.stderr)
        return 1
    for program in programs:
        if not os.access(program, os.R_OK | os.X_OK):
            print(f"it can't run {program}", file=sys.stderr)
            return 1
    return 0


def _unshare_user_namespace() -> None:
    if sys.platform == "linux" and sys.version_info >= (3, 12):
        os.unshare(os.CLONE_NEWUSER)
        return
    import ctypes  # noqa: PLC0415  (takes 10 ms, needed only here)

    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None:
        raise OSError("this system has no user namespaces")
    if unshare(_CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]))
