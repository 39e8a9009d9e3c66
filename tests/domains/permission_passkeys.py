"""The rows of the permission table about passkeys."""

from tests.domains.permission_words import EVERYBODY, NOBODY_FINDS, OF_NONE, OWN, Area, change, read

_PASSWORD = "REQUIRED"

PASSKEYS = Area(
    "Passkeys",
    "Users see only their own. Adding and removing one needs the password, or a code or passkey used within "
    "ten minutes; otherwise the error is `REQUIRED`.",
    (
        read(
            "list one's own passkeys",
            "{ viewer { passkeys { nodes { id } } } }",
            "viewer.passkeys.nodes",
            *OWN,
        ),
        read("see one of them", '{ node(id: "$my_passkey") { id } }', "node", *OWN),
        read("see a member's passkey", '{ node(id: "$passkey") { id } }', "node", *OF_NONE),
        change("rename one's own passkey", "renamePasskey", 'id: "$my_passkey", name: "New"', *EVERYBODY),
        change("rename a member's passkey", "renamePasskey", 'id: "$passkey", name: "New"', *NOBODY_FINDS),
        change(
            "remove one's own passkey with a session alone",
            "removePasskey",
            'id: "$my_passkey"',
            *[_PASSWORD] * 6,
        ),
        change("remove a member's passkey", "removePasskey", 'id: "$passkey"', *NOBODY_FINDS),
    ),
)
