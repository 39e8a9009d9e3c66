"""The rows of the permission table about the fields of `admin`."""

from tests.domains.permission_words import FORBIDDEN, HIDDEN, SHOWN, SIGN_IN, Action, Area, read

_OF_STAFF = (*[HIDDEN] * 6, SHOWN)


def _admin(words: str, selection: str, value: str) -> Action:
    outcomes = (SIGN_IN, *[FORBIDDEN] * 5, SHOWN)
    return read(words, f"{{ admin {{ {selection} }} }}", f"admin.{value}", *outcomes)


ADMIN = Area(
    "Staff",
    "Staff see accounts, the audit log and background jobs, but not the lists, notes and families of "
    "other users.",
    (
        _admin("list the accounts", "accounts { nodes { id } }", "accounts.nodes"),
        _admin("see a user's address", 'accounts(query: "$member2") { nodes { email } }', "accounts.nodes"),
        _admin("read the whole log", "auditLog { nodes { id } }", "auditLog.nodes"),
        _admin("see the number of jobs", "jobs { failed }", "jobs"),
        _admin("list failed jobs", "failedJobs { totalCount }", "failedJobs"),
        read(
            "see the account that an event concerns",
            '{ node(id: "$their_event") { ... on AuditEvent { targetAccount { email } } } }',
            "node.targetAccount",
            *_OF_STAFF,
        ),
        read(
            "see the address behind an event of one's own",
            '{ node(id: "$my_event") { ... on AuditEvent { actorAccount { email } } } }',
            "node.actorAccount",
            *_OF_STAFF,
        ),
    ),
)
