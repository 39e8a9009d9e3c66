"""The rows of the permission table about plays."""

from tests.domains.permission_words import EVERYBODY, NOBODY_FINDS, OF_MEMBERS, OWN, Area, change, read

PLAYS = Area(
    "Plays",
    "Plays are visible with their watchlist entry. Users log and undo their own.",
    (
        read("list one's own plays", "{ viewer { history { nodes { id } } } }", "viewer.history.nodes", *OWN),
        read("see a member's play", '{ node(id: "$play") { id } }', "node", *OF_MEMBERS),
        change("log a play of a title", "logWatch", 'media: { id: "$film" }', *EVERYBODY),
        change("undo one's own play", "undoWatch", 'watchEventId: "$my_play"', *EVERYBODY),
        change("undo a member's play", "undoWatch", 'watchEventId: "$play"', *NOBODY_FINDS),
        change("watch one's own title again", "startRewatch", 'entryId: "$mine"', *EVERYBODY),
        change("start a rewatch for a member", "startRewatch", 'entryId: "$entry"', *NOBODY_FINDS),
    ),
)
