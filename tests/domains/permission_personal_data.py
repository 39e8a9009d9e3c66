"""The rows of the permission table about copies of people's data, and the deletion of accounts."""

from tests.domains.permission_words import EVERYBODY, OF_NONE, OWN, Area, change, read

PERSONAL_DATA = Area(
    "One's own data",
    "Everybody can have a copy of their data and end their account, and nobody that of others. Asking for "
    "the deletion takes the password, and a recent code of who has a second factor.",
    (
        change("ask for a copy", "requestDataExport", "reuseExisting: false", *EVERYBODY),
        read(
            "list one's own copies",
            "{ viewer { dataExports { nodes { id } } } }",
            "viewer.dataExports.nodes",
            *OWN,
        ),
        read("see one of them", '{ node(id: "$my_export") { id } }', "node", *OWN),
        read("see that there is one of a member", '{ node(id: "$export") { id } }', "node", *OF_NONE),
        read(
            "see when one's account will be deleted",
            "{ viewer { accountDeletion { scheduledAt } } }",
            "viewer.accountDeletion",
            *OWN,
        ),
        change("keep one's account", "cancelAccountDeletion", "expectedScheduledAt: null", *EVERYBODY),
    ),
)
