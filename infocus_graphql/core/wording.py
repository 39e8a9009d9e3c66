"""Names of input fields, and numbers, as error messages write them."""

from collections.abc import Sequence
from typing import Final

# The names of input fields and arguments in messages, if they differ from their GraphQL names.
LABELS: Final = {
    "actions": "list of actions",
    "addedSince": "earliest time of adding",
    "addToWatchlist": "watchlist setting",
    "after": "cursor",
    "again": "choice of a further play",
    "all": "choice of all notifications",
    "allGenres": "list of genres",
    "availableIn": "list of countries",
    "backdropPath": "backdrop path",
    "before": "cursor",
    "creators": "list of creators",
    "currentPassword": "current password",
    "deleteFamily": "decision to delete the family",
    "digestAt": "time of the digest",
    "email": "e-mail address",
    "entryId": "entry",
    "episodeIds": "list of episodes",
    "everywhere": "choice of sessions",
    "expectedEmail": "expected e-mail address",
    "expectedScheduledAt": "expected time of deletion",
    "expectedVersion": "expected version",
    "families": "list of families",
    "familyId": "family",
    "familyIds": "list of families",
    "field": "sort field",
    "first": "page size",
    "genreIds": "list of genres",
    "genres": "list of genres",
    "hideTracked": "choice of titles on the watchlist",
    "hints": "list of hints",
    "ids": "list of ids",
    "inApp": "setting of the list",
    "includeRemoved": "choice of removed items",
    "includeSpecials": "choice of specials",
    "invitationToken": "invitation token",
    "isRated": "choice of rated entries",
    "isStaff": "choice of staff",
    "items": "list of items",
    "keepOtherSessions": "choice of sessions",
    "language": "language",
    "last": "page size",
    "media": "title",
    "newEmail": "new e-mail address",
    "newPassword": "new password",
    "notesVisibility": "visibility of the notes",
    "notificationIds": "list of notifications",
    "offerType": "offer type",
    "offerTypes": "list of offer types",
    "onlyMine": "choice of the viewer's services",
    "orderBy": "order",
    "originalLanguages": "list of languages",
    "posterPath": "poster path",
    "provider": "name of the provider",
    "query": "search text",
    "quietFrom": "start of the quiet hours",
    "quietHours": "quiet hours",
    "quietUntil": "end of the quiet hours",
    "ratedAtLeast": "minimum rating",
    "ref": "reference to the title",
    "refreshToken": "refresh token",
    "region": "country",
    "regions": "list of countries",
    "releaseDate": "release date",
    "releasedSince": "earliest release date",
    "releasedUntil": "latest release date",
    "reuseExisting": "choice of an earlier export",
    "runtimeAtLeast": "minimum runtime",
    "runtimeAtMost": "maximum runtime",
    "scopes": "list of scopes",
    "seasonId": "season",
    "sharesWatchlist": "watchlist setting",
    "since": "start of the period",
    "statuses": "list of statuses",
    "streamingServiceId": "streaming service",
    "streamingServiceIds": "list of streaming services",
    "suitableForAge": "age",
    "timeZone": "time zone",
    "tmdb": "TMDB",
    "tokenExpiresAt": "time of expiry",
    "toUserId": "new owner",
    "toUserIds": "list of recipients",
    "transferToUserId": "new owner",
    "types": "list of types",
    "unreadOnly": "choice of unread notifications",
    "until": "end of the period",
    "upToEpisodeId": "last episode",
    "url": "URL",
    "useCookie": "choice of a cookie",
    "userId": "user",
    "userIds": "list of users",
    "votesAtLeast": "minimum number of votes",
    "wantedByAtLeast": "minimum number of members",
    "watchedAt": "time of the play",
    "watchedOn": "date of the play",
    "watchEventId": "play",
}
# The names of single items of lists.
ITEMS: Final = {
    "actions": "action",
    "allGenres": "genre",
    "availableIn": "country",
    "creators": "creator",
    "episodeIds": "episode",
    "families": "family",
    "familyIds": "family",
    "genreIds": "genre",
    "genres": "genre",
    "hints": "hint",
    "ids": "id",
    "items": "item",
    "notificationIds": "notification",
    "offerTypes": "offer type",
    "originalLanguages": "language",
    "preferences": "preference",
    "regions": "country",
    "scopes": "scope",
    "statuses": "status",
    "streamingServiceIds": "streaming service",
    "toUserIds": "recipient",
    "types": "type",
    "userIds": "user",
}


def number(value: float) -> str:
    """A number with thousands separators and without an exponent: `2,147,483,647`, `0.5`."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.10f}".rstrip("0")


def counted(count: int, thing: str) -> str:
    """A count with its noun: `1 character`, `2,000 characters`, `3 countries`."""
    return f"{number(count)} {thing if count == 1 else _plural(thing)}"


def label(path: tuple[str, ...], *, otherwise: str = "value") -> str:
    """The subject of a sentence about an input field.

    `("posterPath",)` is "The poster path", `("genres", "2")` is "Genre 3". Without a path it is "The value".
    """
    names = [each for each in path if not each.isdecimal()]
    if not names:
        return f"The {otherwise}"
    if path[-1].isdecimal():
        item = item_name(path)
        return f"{item[0].upper()}{item[1:]} {number(int(path[-1]) + 1)}"
    if names[-1] == "id" and len(names) > 1:
        return f"The {LABELS.get(names[-2], names[-2])} id"
    return f"The {LABELS.get(names[-1], names[-1])}"


def item_name(path: Sequence[str]) -> str:
    """Returns the name of a single item of a list: "genre" for `genres`."""
    names = [each for each in path if not each.isdecimal()]
    return ITEMS.get(names[-1], "item") if names else "item"


def alternatives(words: Sequence[str]) -> str:
    """Words to choose from: `a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def suggestion(meant: Sequence[str]) -> str:
    """The "Did you mean …?" at the end of a message; empty if `meant` is."""
    return f" Did you mean {alternatives([f'“{each}”' for each in meant])}?" if meant else ""


def _plural(thing: str) -> str:
    if thing.endswith("y"):
        return f"{thing[:-1]}ies"
    return f"{thing}es" if thing.endswith("s") else f"{thing}s"
