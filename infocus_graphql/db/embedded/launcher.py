"""A program of its own: takes the account PostgreSQL may run under, then becomes PostgreSQL.

Started with `python -I -S`, so it imports only the standard library. It is a program and not a
`preexec_fn` because Python code between fork and exec can deadlock in a process with threads.
"""

import os
import sys

REFUSED = 77
_CLONE_NEWUSER = 0x10000000


def main(become: str, uid: int, gid: int, action: str, argv: list[str]) -> int:
    """Run one order; comes back only when it detached, probed or failed."""
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
        # A session of its own: the terminal's Ctrl-C must not reach the server before its clients.
        os.setsid()
        os.dup2(2, 1)
    os.umask(0o077)
    try:
        os.execv(argv[0], argv)  # noqa: S606  (no shell is the point)
    except OSError as error:
        print(f"can't run {argv[0]}: {error}", file=sys.stderr, flush=True)
        os._exit(126)


def take_account(become: str, uid: int, gid: int) -> None:
    """PostgreSQL refuses to run as root, so root either wears a mask or steps down.

    "masked" enters a user namespace that shows the present account as `uid`: files stay root's,
    nothing needs another owner, and the privileges of root are gone after exec. "user" is the plain
    change of account.
    """
    if become == "masked":
        real_uid, real_gid = os.geteuid(), os.getegid()
        _unshare_user_namespace()
        # The kernel lets an unprivileged process map its group only after it gave up setgroups.
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {real_uid} 1")
        _write("/proc/self/gid_map", f"{gid} {real_gid} 1")
    elif become == "user":
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def probe(paths: list[str]) -> int:
    """Tell whether the account can write the first path and run the others."""
    home, *programs = paths
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        print(f"it can't use the directory {home}", file=sys.stderr)
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
    import ctypes  # noqa: PLC0415  (10 ms that the other ways need not pay)

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
