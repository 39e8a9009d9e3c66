"""The rows of the permission table about notifications."""

from tests.domains.permission_words import EVERYBODY, NOBODY_FINDS, OF_NONE, OWN, Area, change, read

NOTIFICATIONS = Area(
    "Notifications",
    "Users see and change their own notifications only.",
    (
        read(
            "list one's own notifications",
            "{ viewer { notifications { nodes { id } } } }",
            "viewer.notifications.nodes",
            *OWN,
        ),
        read("see one of them", '{ node(id: "$my_notification") { id } }', "node", *OWN),
        read("see a member's notification", '{ node(id: "$notification") { id } }', "node", *OF_NONE),
        read(
            "see one's own preferences",
            "{ viewer { notificationPreferences { kind } } }",
            "viewer.notificationPreferences",
            *OWN,
        ),
        change(
            "change one's own preferences", "updateNotificationPreferences", 'digestAt: "09:00"', *EVERYBODY
        ),
        change(
            "mark one of them as read",
            "markNotificationsRead",
            'notificationIds: ["$my_notification"]',
            *EVERYBODY,
        ),
        change(
            "mark a member's as read",
            "markNotificationsRead",
            'notificationIds: ["$notification"]',
            *NOBODY_FINDS,
        ),
    ),
)
