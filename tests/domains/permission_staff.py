"""The rows of the permission table about what staff see of the whole server."""

from tests.domains.permission_words import FORBIDDEN, HIDDEN, SHOWN, SIGN_IN, Action, Area, read

_OF_STAFF = (*[HIDDEN] * 6, SHOWN)


def _admin(words: str, selection: str, value: str) -> Action:
    outcomes = (SIGN_IN, *[FORBIDDEN] * 5, SHOWN)
    return read(words, f"{{ admin {{ {selection} }} }}", f"admin.{value}", *outcomes)


ADMIN = Area(
    "Staff",
    "Staff see who has an account, what was done, and how the background jobs are. Lists, notes and families "
    "of others are not for them.",
    (
        _admin("list the accounts", "accounts { nodes { id } }", "accounts.nodes"),
        _admin("see a person's address", 'accounts(query: "$member2") { nodes { email } }', "accounts.nodes"),
        _admin("read the whole log", "auditLog { nodes { id } }", "auditLog.nodes"),
        _admin("see how many jobs there are", "jobs { failed }", "jobs"),
        _admin("list the jobs that failed", "failedJobs { totalCount }", "failedJobs"),
        read(
            "see whose account an event is about",
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
