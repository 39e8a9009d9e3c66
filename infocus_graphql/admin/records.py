"""Which tables the data browser shows, and which of their columns: what is not named here is not shown."""

from dataclasses import dataclass
from typing import Any, Final

from infocus_graphql.domains.accounts.models import Profile, User
from infocus_graphql.domains.api_tokens.models import ApiToken
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.auth.models import Session
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider
from infocus_graphql.domains.passkeys.models import Passkey
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.second_factor.models import SecondFactor
from infocus_graphql.domains.staff.models import FailedJob
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.fields import marks


@dataclass(frozen=True)
class Shown:
    """A table: its name for people, the columns of its list and, besides, of its details.

    `search` are texts that are found by how they begin, and ids that are found whole. The last by `order`
    comes first: ids tell by themselves which row was made last.
    """

    model: Any
    name: str
    icon: str
    columns: tuple[str, ...]
    details: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    order: str = "id"

    def __post_init__(self) -> None:
        for name in (*self.columns, *self.details, *self.search, self.order):
            if "secret" in marks(getattr(self.model, name)):
                raise TypeError(f"{self.model.__name__}.{name} is secret")

    @property
    def plural(self) -> str:
        """Its name for many rows."""
        return f"{self.name[:-1]}ies" if self.name.endswith("y") and self.name[-2] != "e" else f"{self.name}s"

    @property
    def all(self) -> tuple[str, ...]:
        """The columns of the details."""
        return (*self.columns, *self.details)


SHOWN: Final = (
    Shown(
        User,
        "User",
        "fa-solid fa-user",
        ("id", "email", "name", "is_staff", "created_at"),
        ("email_verified_at", "updated_at"),
        ("email", "name"),
    ),
    Shown(
        Profile,
        "Profile",
        "fa-solid fa-id-card",
        ("id", "user_id", "bio"),
        ("avatar", "created_at", "updated_at"),
        ("user_id",),
    ),
    Shown(
        Session,
        "Session",
        "fa-solid fa-laptop",
        ("id", "user_id", "device", "last_seen_at", "expires_at", "revoked_at"),
        ("ip_prefix", "created_at", "second_factor_at"),
        ("user_id",),
    ),
    Shown(
        ApiToken,
        "API token",
        "fa-solid fa-key",
        ("id", "user_id", "name", "scopes", "expires_at", "last_used_at"),
        ("created_at",),
        ("user_id",),
    ),
    Shown(
        SecondFactor,
        "Second factor",
        "fa-solid fa-mobile",
        ("id", "user_id", "created_at", "confirmed_at"),
        search=("user_id",),
    ),
    Shown(
        Passkey,
        "Passkey",
        "fa-solid fa-fingerprint",
        ("id", "user_id", "name", "created_at", "last_used_at"),
        ("backed_up",),
        ("user_id",),
    ),
    Shown(
        Family,
        "Family",
        "fa-solid fa-house",
        ("id", "name", "created_by_id", "created_at"),
        ("updated_at",),
        ("name",),
    ),
    Shown(
        FamilyMembership,
        "Membership",
        "fa-solid fa-people-roof",
        ("id", "family_id", "user_id", "role", "joined_at"),
        ("shares_watchlist",),
        ("family_id", "user_id"),
    ),
    Shown(
        FamilyInvitation,
        "Invitation",
        "fa-solid fa-envelope",
        ("id", "family_id", "email", "status", "created_at", "expires_at"),
        ("invited_by_id", "accepted_at"),
        ("family_id", "email"),
    ),
    Shown(
        MediaItem,
        "Title",
        "fa-solid fa-film",
        ("id", "title", "tmdb_type", "tmdb_id", "release_date", "rating"),
        ("description", "genres", "creators", "poster_path", "backdrop_path", "created_at", "updated_at"),
        ("title",),
    ),
    Shown(
        StreamingProvider,
        "Offer",
        "fa-solid fa-tv",
        ("id", "media_item_id", "provider", "offer_type", "regions", "added_at"),
        ("url",),
        ("media_item_id", "provider"),
    ),
    Shown(
        WatchlistEntry,
        "Watchlist entry",
        "fa-solid fa-list",
        ("id", "user_id", "media_item_id", "status", "rating", "date_added"),
        ("date_updated", "version"),
        ("user_id", "media_item_id"),
    ),
    Shown(
        Recommendation,
        "Recommendation",
        "fa-solid fa-thumbs-up",
        ("id", "from_user_id", "to_user_id", "media_item_id", "status", "created_at"),
        ("updated_at",),
        ("from_user_id", "to_user_id"),
    ),
    Shown(
        AuditEvent,
        "Audit event",
        "fa-solid fa-clipboard-list",
        ("id", "created_at", "action", "actor_id", "person_id", "object_id", "details"),
        ("family_id", "ip_prefix", "device"),
        ("actor_id", "person_id", "family_id"),
    ),
    Shown(
        FailedJob,
        "Failed job",
        "fa-solid fa-triangle-exclamation",
        ("id", "kind", "attempts", "reason", "failed_at"),
        ("created_at",),
        ("kind",),
        "failed_at",
    ),
)
