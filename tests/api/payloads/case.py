"""A test case for a mutation: compares its payload with a query afterwards."""

from dataclasses import dataclass
from typing import Any, Final

from tests.support.client import Api
from tests.support.payloads import PAYLOADS

SHOWN: Final = {
    "viewer": """
        user { name profile { bio } } email emailVerified hasSecondFactor backupCodesLeft
        watchlistStats { total notWatched watching completed }
        watchlist { totalCount nodes { id status rating } }
        families {
            totalCount edges { role }
            nodes {
                id name members { totalCount } watchlist { totalCount } titles { totalCount }
                recommendations { totalCount }
            }
        }
        memberships { totalCount nodes { id role sharesWatchlist } }
        familyInvitations { totalCount }
        recommendationsReceived { totalCount nodes { id recommendationStatus } }
        recommendationsSent { totalCount nodes { id recommendationStatus } }
        suggestions { totalCount nodes { mediaItem { id } } }
        unreadNotificationCount
        auditLog { totalCount }
        dataExports { totalCount nodes { id exportStatus } }
        accountDeletion { scheduledAt }
        sessions { totalCount nodes { id revokedAt } }
        apiTokens { totalCount nodes { id } }
        passkeys { totalCount nodes { id name lastUsedAt } }
    """,
    "mediaItem": """
        id title viewerEntry { id status rating }
        entries { totalCount nodes { id } }
        recommendations { totalCount nodes { id recommendationStatus } }
        streamingProviders { id provider }
    """,
    "family": """
        id name viewerMembership { id role sharesWatchlist }
        members { totalCount nodes { id role } }
        invitations { totalCount nodes { id invitationStatus expiresAt } }
        watchlist { totalCount }
        titles { totalCount }
        recommendations { totalCount }
        auditLog { totalCount }
    """,
}
_ARGUMENTS: Final = {"viewer": "", "mediaItem": "(ref: {id: $media})", "family": "(id: $family)"}


@dataclass(frozen=True)
class Case:
    """A mutation with its client and input, and the ids of the title and family that it changes."""

    client: Api
    input: dict[str, Any]
    media: str = "mi" + "0" * 25
    family: str = "fa" + "0" * 25
    # Whether the mutation changes any of the compared objects.
    changes: bool = True

    async def state(self) -> dict[str, Any]:
        """Returns the objects as queries return them now."""
        fields = " ".join(f"{name}{_ARGUMENTS[name]} {{ {shown} }}" for name, shown in SHOWN.items())
        query = f"query ($media: ID!, $family: ID!) {{ {fields} }}"
        found: dict[str, Any] = await self.client.data(query, media=self.media, family=self.family)
        return found

    async def run(self, mutation: str) -> dict[str, Any]:
        """Runs the mutation and returns its payload with all objects."""
        fields = [
            name if name == "deletedId" else f"{name} {{ {SHOWN.get(name, 'id')} }}"
            for name in PAYLOADS[mutation].split()
        ]
        payload: dict[str, Any] = await self.client.change(mutation, self.input, fields=" ".join(fields))
        return payload
