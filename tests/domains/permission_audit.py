"""The rows of the permission table about the audit log."""

from tests.domains.permission_words import (
    HIDDEN,
    OF_ADMINS,
    OWN,
    SHOWN,
    Area,
    read,
)

_OF_STAFF = (*[HIDDEN] * 6, SHOWN)
_OF_ADMINS_AND_STAFF = (*[HIDDEN] * 4, SHOWN, SHOWN, SHOWN)

AUDIT = Area(
    "Audit log",
    "Users read events that they caused or that concern their account, admins those of their family, staff "
    "all. No one can change it.",
    (
        read("read one's own log", "{ viewer { auditLog { nodes { id } } } }", "viewer.auditLog.nodes", *OWN),
        read("see an event of one's own", '{ node(id: "$my_event") { id } }', "node", *OWN),
        read(
            "see its network",
            '{ node(id: "$my_event") { ... on AuditEvent { ipPrefix } } }',
            "node.ipPrefix",
            *OWN,
        ),
        read("see a sign-in of a member", '{ node(id: "$their_event") { id } }', "node", *_OF_STAFF),
        read(
            "see what another admin did in the family",
            '{ node(id: "$family_event") { id } }',
            "node",
            *_OF_ADMINS_AND_STAFF,
        ),
        read(
            "see its network there",
            '{ node(id: "$family_event") { ... on AuditEvent { ipPrefix } } }',
            "node.ipPrefix",
            *_OF_STAFF,
        ),
        read(
            "see its device there",
            '{ node(id: "$family_event") { ... on AuditEvent { device } } }',
            "node.device",
            *_OF_STAFF,
        ),
        read(
            "read the family's log",
            '{ family(id: "$family") { auditLog { nodes { id } } } }',
            "family.auditLog.nodes",
            *OF_ADMINS,
        ),
    ),
)
