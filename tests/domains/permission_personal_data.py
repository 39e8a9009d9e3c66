"""The rows of the permission table about data exports and the deletion of accounts."""

from tests.domains.permission_words import EVERYBODY, OF_NONE, OWN, Area, change, read

PERSONAL_DATA = Area(
    "Data export and account deletion",
    "Users can export their own data and delete their own account. Requesting deletion needs the password, "
    "and a recent code where there is a second factor.",
    (
        change("request an export", "requestDataExport", "reuseExisting: false", *EVERYBODY),
        read(
            "list one's own exports",
            "{ viewer { dataExports { nodes { id } } } }",
            "viewer.dataExports.nodes",
            *OWN,
        ),
        read("see one of them", '{ node(id: "$my_export") { id } }', "node", *OWN),
        read("see a member's export", '{ node(id: "$export") { id } }', "node", *OF_NONE),
        read(
            "see when one's account will be deleted",
            "{ viewer { accountDeletion { scheduledAt } } }",
            "viewer.accountDeletion",
            *OWN,
        ),
        change(
            "cancel the deletion of one's account",
            "cancelAccountDeletion",
            "expectedScheduledAt: null",
            *EVERYBODY,
        ),
    ),
)
