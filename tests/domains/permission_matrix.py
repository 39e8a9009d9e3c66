"""The permission table: the tests check each cell, and docs/permissions.md is generated from it.

`python -m tests.domains.permission_matrix` prints the document; with `--check` it compares instead.
`$names` in an operation stand for ids, addresses and tokens of tests.domains.permission_world. `$me` is
the actor, the others are users inside or outside the family.
"""

import sys

from tests.domains import permission_page
from tests.domains.permission_audit import AUDIT
from tests.domains.permission_notifications import NOTIFICATIONS
from tests.domains.permission_passkeys import PASSKEYS
from tests.domains.permission_personal_data import PERSONAL_DATA
from tests.domains.permission_plays import PLAYS
from tests.domains.permission_staff import ADMIN
from tests.domains.permission_words import (
    ADMINS_ONLY,
    BAD_INPUT,
    CANNOT_LEAVE,
    DONE,
    EVERYBODY,
    EXISTS,
    EXPIRED,
    FORBIDDEN,
    HIDDEN,
    IN_USE,
    INVALID,
    NO_FIELD,
    NOBODY_FINDS,
    NOT_FOUND,
    OF_ADMINS,
    OF_ADMINS_AND_THE_INVITED,
    OF_ALL,
    OF_MEMBERS,
    OF_NONE,
    OWN,
    OWNER_ONLY,
    PROCESSED,
    SHOWN,
    STAFF,
    Area,
    change,
    outsiders_not_found,
    read,
)

FAMILIES = Area(
    "Families",
    "The user who creates a family owns it. Only members see it.",
    (
        change("create a family", "createFamily", 'name: "New"', *EVERYBODY),
        read("see the family", '{ family(id: "$family") { name } }', "family.name", *OF_MEMBERS),
        read("query it by its id", '{ node(id: "$family") { id } }', "node", *OF_MEMBERS),
        change("rename it", "updateFamily", 'id: "$family", name: "New"', *ADMINS_ONLY),
        change("delete it", "deleteFamily", 'id: "$family"', *OWNER_ONLY),
    ),
)

_ROLE = 'familyId: "$family", userId: "{}", role: {}'
_MEMBER = 'familyId: "$family", userId: "{}"'
_TO = 'familyId: "$family", toUserId: "{}"'
_NO_OUTSIDER = outsiders_not_found(NOT_FOUND, NOT_FOUND, NOT_FOUND)
_NO_OWNER = outsiders_not_found(FORBIDDEN, FORBIDDEN, INVALID)

MEMBERS = Area(
    "Members",
    "The owner has to transfer the family before leaving. An outsider is a user who is not in the family.",
    (
        read(
            "see the members",
            '{ family(id: "$family") { members { nodes { role user { name } } } } }',
            "family.members.nodes",
            *OF_MEMBERS,
        ),
        read("query a membership by its id", '{ node(id: "$membership") { id } }', "node", *OF_MEMBERS),
        read(
            "see one's own membership",
            '{ family(id: "$family") { viewerMembership { role } } }',
            "family.viewerMembership",
            *OF_MEMBERS,
        ),
        change(
            "make a member an admin", "updateFamilyMemberRole", _ROLE.format("$member2", "ADMIN"), *OWNER_ONLY
        ),
        change(
            "make an admin a member", "updateFamilyMemberRole", _ROLE.format("$admin2", "MEMBER"), *OWNER_ONLY
        ),
        change(
            "make a member an owner", "updateFamilyMemberRole", _ROLE.format("$member2", "OWNER"), *_NO_OWNER
        ),
        change(
            "change the owner's role", "updateFamilyMemberRole", _ROLE.format("$owner", "ADMIN"), *_NO_OWNER
        ),
        change(
            "give a role to an outsider",
            "updateFamilyMemberRole",
            _ROLE.format("$outsider", "ADMIN"),
            *_NO_OUTSIDER,
        ),
        change(
            "transfer the family to a member", "transferFamilyOwnership", _TO.format("$member2"), *OWNER_ONLY
        ),
        change("transfer it to an admin", "transferFamilyOwnership", _TO.format("$admin2"), *OWNER_ONLY),
        change("transfer it to the owner", "transferFamilyOwnership", _TO.format("$owner"), *_NO_OWNER),
        change(
            "transfer it to an outsider", "transferFamilyOwnership", _TO.format("$outsider"), *_NO_OUTSIDER
        ),
        change("remove another member", "removeFamilyMember", _MEMBER.format("$member2"), *ADMINS_ONLY),
        change("remove another admin", "removeFamilyMember", _MEMBER.format("$admin2"), *OWNER_ONLY),
        change("remove the owner", "removeFamilyMember", _MEMBER.format("$owner"), *_NO_OWNER),
        change(
            "remove oneself",
            "removeFamilyMember",
            _MEMBER.format("$me"),
            *outsiders_not_found(INVALID, INVALID, INVALID),
        ),
        change("remove an outsider", "removeFamilyMember", _MEMBER.format("$outsider"), *_NO_OUTSIDER),
        change("leave", "leaveFamily", 'id: "$family"', *outsiders_not_found(DONE, DONE, CANNOT_LEAVE)),
        change(
            "change what is shared with the family",
            "updateFamilySharing",
            'familyId: "$family", sharesWatchlist: false',
            *outsiders_not_found(DONE, DONE, DONE),
        ),
    ),
)

_INVITE = 'familyId: "$family", email: "{}"'
_ADMINISTER = (NOT_FOUND, FORBIDDEN, NOT_FOUND, DONE, DONE, NOT_FOUND)
_PROCESSED_TO_ADMINS = (NOT_FOUND, FORBIDDEN, NOT_FOUND, PROCESSED, PROCESSED, NOT_FOUND)


def _of_the_invited(outcome: str) -> tuple[str, ...]:
    return (NOT_FOUND, outcome, *[NOT_FOUND] * 4)


INVITATIONS = Area(
    "Invitations",
    "Members without the role admin or owner don't see invitations; invited users see their own. A token "
    "works only for the account with the invited address.",
    (
        read(
            "see the family's invitations",
            '{ family(id: "$family") { invitations { nodes { email } } } }',
            "family.invitations",
            *OF_ADMINS,
        ),
        read(
            "query an invitation by its id",
            '{ node(id: "$invitation") { id } }',
            "node",
            *OF_ADMINS_AND_THE_INVITED,
        ),
        read(
            "see it among one's own invitations",
            "{ viewer { familyInvitations { nodes { id } } } }",
            "viewer.familyInvitations.nodes",
            HIDDEN,
            HIDDEN,
            SHOWN,
            *[HIDDEN] * 4,
        ),
        read(
            "preview it by its token",
            '{ familyInvitationPreview(token: "$token") { familyName } }',
            "familyInvitationPreview.familyName",
            *OF_ALL,
        ),
        read(
            "read its token later",
            '{ node(id: "$invitation") { ... on FamilyInvitation { token } } }',
            "node.token",
            *[NO_FIELD] * 7,
        ),
        change("invite an address", "inviteToFamily", _INVITE.format("new@example.com"), *ADMINS_ONLY),
        change(
            "invite an invited address again",
            "inviteToFamily",
            _INVITE.format("$invited_email"),
            *ADMINS_ONLY,
        ),
        change(
            "invite a member",
            "inviteToFamily",
            _INVITE.format("$member2_email"),
            *outsiders_not_found(FORBIDDEN, EXISTS, EXISTS),
        ),
        change("send a pending one again", "resendFamilyInvitation", 'id: "$invitation"', *_ADMINISTER),
        change(
            "send a declined one again", "resendFamilyInvitation", 'id: "$declined"', *_PROCESSED_TO_ADMINS
        ),
        change("revoke a pending one", "revokeFamilyInvitation", 'id: "$invitation"', *_ADMINISTER),
        change("revoke a declined one", "revokeFamilyInvitation", 'id: "$declined"', *_PROCESSED_TO_ADMINS),
        change("accept", "acceptFamilyInvitation", 'token: "$token"', *_of_the_invited(DONE)),
        change(
            "accept an expired one", "acceptFamilyInvitation", 'token: "$late"', *_of_the_invited(EXPIRED)
        ),
        change(
            "accept a revoked one", "acceptFamilyInvitation", 'token: "$revoked"', *_of_the_invited(PROCESSED)
        ),
        change("decline", "declineFamilyInvitation", 'token: "$token"', *_of_the_invited(DONE)),
        change(
            "decline an expired one", "declineFamilyInvitation", 'token: "$late"', *_of_the_invited(EXPIRED)
        ),
        change(
            "decline a revoked one",
            "declineFamilyInvitation",
            'token: "$revoked"',
            *_of_the_invited(PROCESSED),
        ),
    ),
)

_ENTRY = '{{ node(id: "{}") {{ ... on WatchlistEntry {{ status rating notes }} }} }}'

PEOPLE = Area(
    "Users and their data",
    "The rows are about another member of the family, the last ones about the user's own data. Data that "
    "only its own user can read has no field on `User`, but on `Viewer`.",
    (
        read(
            "see a member's name",
            '{ node(id: "$member2") { ... on User { name } } }',
            "node.name",
            *OF_MEMBERS,
        ),
        read(
            "see a member's profile",
            '{ node(id: "$member2") { ... on User { profile { bio } } } }',
            "node.profile.bio",
            *OF_MEMBERS,
        ),
        read(
            "see a member's list",
            '{ node(id: "$member2") { ... on User { watchlist { nodes { id } } } } }',
            "node.watchlist.nodes",
            *OF_MEMBERS,
        ),
        read("see a member's entry", _ENTRY.format("$entry"), "node.status", *OF_MEMBERS),
        read("see a member's rating", _ENTRY.format("$entry"), "node.rating", *OF_MEMBERS),
        read("read a member's private notes", _ENTRY.format("$entry"), "node.notes", *OF_NONE),
        read("read a member's shared notes", _ENTRY.format("$noted"), "node.notes", *OF_MEMBERS),
        read(
            "see the entry of a member who doesn't share", _ENTRY.format("$unshared"), "node.status", *OF_NONE
        ),
        read(
            "read a member's e-mail address",
            '{ node(id: "$member2") { ... on User { email } } }',
            "x",
            *[NO_FIELD] * 7,
        ),
        read(
            "read a member's preferences",
            '{ node(id: "$profile") { ... on Profile { preferences } } }',
            "x",
            *[NO_FIELD] * 7,
        ),
        read("see a member's session", '{ node(id: "$session") { id } }', "node", *OF_NONE),
        read("see a member's refresh token", '{ node(id: "$refresh") { id } }', "node", *OF_NONE),
        read("see a member's API token", '{ node(id: "$api_token") { id } }', "node", *OF_NONE),
        change("create an API token", "createApiToken", 'name: "New", scopes: [READ]', *EVERYBODY),
        change("revoke a member's API token", "revokeApiToken", 'id: "$api_token"', *NOBODY_FINDS),
        read("read one's own e-mail address", "{ viewer { email } }", "viewer.email", *OWN),
        read("read one's own preferences", "{ viewer { preferences } }", "viewer.preferences", *OWN),
        read("see one's own session", '{ node(id: "$my_session") { id } }', "node", *OWN),
        change("end one's own session", "revokeSession", 'id: "$my_session"', *EVERYBODY),
        read("read one's own private notes", _ENTRY.format("$mine"), "node.notes", *OWN),
        change("change one's own profile", "updateProfile", 'bio: "New"', *EVERYBODY),
        read("read one's own settings", "{ viewer { settings { language } } }", "viewer.settings", *OWN),
        change("change one's own settings", "updateSettings", 'region: "AT"', *EVERYBODY),
    ),
)

WATCHLISTS = Area(
    "Watchlists",
    "Users change only their own list.",
    (
        read(
            "see the family's watchlist",
            '{ family(id: "$family") { watchlist { nodes { id } } } }',
            "family.watchlist.nodes",
            *OF_MEMBERS,
        ),
        read(
            "see it grouped by title",
            '{ family(id: "$family") { titles { nodes { completedBy { id } } } } }',
            "family.titles.nodes",
            *OF_MEMBERS,
        ),
        read(
            "get suggestions from it",
            '{ viewer { suggestions(familyId: "$family") { nodes { score } } } }',
            "viewer.suggestions.nodes",
            *(HIDDEN, BAD_INPUT, BAD_INPUT, SHOWN, SHOWN, SHOWN, BAD_INPUT),
        ),
        change("add a title", "addToWatchlist", 'media: { id: "$film" }', *EVERYBODY),
        change("add a title again", "addToWatchlist", 'media: { id: "$tracked" }', *[EXISTS] * 6),
        change("change one's own entry", "updateWatchlistEntry", 'id: "$mine", rating: 3', *EVERYBODY),
        change("change a member's entry", "updateWatchlistEntry", 'id: "$entry", rating: 3', *NOBODY_FINDS),
        change("add several titles", "addManyToWatchlist", 'items: [{ media: { id: "$film" } }]', *EVERYBODY),
        change(
            "change several own entries",
            "updateManyWatchlistEntries",
            'items: [{ id: "$mine", rating: 3 }]',
            *EVERYBODY,
        ),
        change("remove one's own entry", "removeFromWatchlist", 'entryId: "$mine"', *EVERYBODY),
        change("remove a member's entry", "removeFromWatchlist", 'entryId: "$entry"', *NOBODY_FINDS),
    ),
)

_RECOMMEND = 'media: {{ id: "$film" }}, toUserIds: ["{}"]'

RECOMMENDATIONS = Area(
    "Recommendations",
    "Only the sender and the recipient see a recommendation, even when they no longer share a family.",
    (
        change(
            "recommend a title to a member",
            "recommend",
            _RECOMMEND.format("$member2"),
            *outsiders_not_found(DONE, DONE, DONE),
        ),
        change(
            "recommend a title to an outsider", "recommend", _RECOMMEND.format("$outsider"), *NOBODY_FINDS
        ),
        change("recommend a title to oneself", "recommend", _RECOMMEND.format("$me"), *[INVALID] * 6),
        read("see a received one", '{ node(id: "$received") { id } }', "node", *OWN),
        read("see a sent one", '{ node(id: "$sent") { id } }', "node", *OWN),
        read("see one between other users", '{ node(id: "$theirs") { id } }', "node", *OF_NONE),
        change("accept a received one", "acceptRecommendation", 'id: "$received"', *EVERYBODY),
        change("accept a sent one", "acceptRecommendation", 'id: "$sent"', *[FORBIDDEN] * 6),
        change("accept one between other users", "acceptRecommendation", 'id: "$theirs"', *NOBODY_FINDS),
        change("reject a received one", "rejectRecommendation", 'id: "$received"', *EVERYBODY),
        change("reject a sent one", "rejectRecommendation", 'id: "$sent"', *[FORBIDDEN] * 6),
        change("reject one between other users", "rejectRecommendation", 'id: "$theirs"', *NOBODY_FINDS),
        change("withdraw a sent one", "withdrawRecommendation", 'id: "$sent"', *EVERYBODY),
        change("withdraw a received one", "withdrawRecommendation", 'id: "$received"', *[FORBIDDEN] * 6),
        change("withdraw one between other users", "withdrawRecommendation", 'id: "$theirs"', *NOBODY_FINDS),
    ),
)

CATALOGUE = Area(
    "Catalogue",
    "Readable without signing in; only staff change it.",
    (
        read("see a title", '{ mediaItem(ref: { id: "$film" }) { title } }', "mediaItem.title", *OF_ALL),
        read("list titles", "{ discoverMedia { nodes { id } } }", "discoverMedia.nodes", *OF_ALL),
        read("see where a title streams", '{ node(id: "$offer") { id } }', "node", *OF_ALL),
        read(
            "see a member's entry for a title",
            '{ mediaItem(ref: { id: "$seen" }) { entries { nodes { id } } } }',
            "mediaItem.entries.nodes",
            *OF_MEMBERS,
        ),
        read(
            "see one's own entry for a title",
            '{ mediaItem(ref: { id: "$tracked" }) { viewerEntry { id } } }',
            "mediaItem.viewerEntry",
            *OWN,
        ),
        change(
            "create or change a title",
            "saveMediaItem",
            'tmdb: { id: 550, type: MOVIE }, title: "New"',
            *STAFF,
        ),
        change("delete a title", "deleteMediaItem", 'id: "$film"', *STAFF),
        change("delete a title on a watchlist", "deleteMediaItem", 'id: "$seen"', *STAFF[:-1], IN_USE),
        change(
            "create or change an offer",
            "saveStreamingProvider",
            'media: { id: "$film" }, provider: "New"',
            *STAFF,
        ),
        change("remove an offer", "deleteStreamingProvider", 'id: "$offer"', *STAFF),
    ),
)

AREAS = (
    FAMILIES,
    MEMBERS,
    INVITATIONS,
    PEOPLE,
    WATCHLISTS,
    RECOMMENDATIONS,
    PLAYS,
    CATALOGUE,
    PASSKEYS,
    NOTIFICATIONS,
    PERSONAL_DATA,
    AUDIT,
    ADMIN,
)


if __name__ == "__main__":
    sys.exit(permission_page.main(AREAS, sys.argv[1:]))
