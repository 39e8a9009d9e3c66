"""Users and their profiles."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Index, Integer, Text, column, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    foreign_key,
    id_column,
    length_check,
    partial_unique,
    private,
    secret,
    timestamptz,
    to_many,
    to_one,
    unique,
    updated_at_column,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.families.models import (
        Family,
        FamilyInvitation,
        FamilyMembership,
    )
    from infocus_graphql.domains.identity.api_tokens.models import ApiToken
    from infocus_graphql.domains.identity.passkeys.models import Passkey
    from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
    from infocus_graphql.domains.recommendations.models import Recommendation
    from infocus_graphql.domains.watchlists.models import WatchlistEntry

MAX_EMAIL, MAX_NAME, MAX_BIO, MAX_AVATAR = 254, 100, 2000, 2048
MAX_PREFERENCES_BYTES = 16_384


def _beginnings(name: str, of: str) -> Index:
    """Returns an index for prefix searches in the search form of a text column."""
    return Index(
        name, func.search_form(column(of)).label("folded"), postgresql_ops={"folded": "text_pattern_ops"}
    )


class User(Base):
    """A user account. E-mail addresses are stored in lower case and are unique."""

    __tablename__ = "users"

    id: Mapped[str] = id_column("us")
    email: Mapped[str] = private(mapped_column(Text))
    password_hash: Mapped[str] = secret(mapped_column(Text))
    name: Mapped[str | None] = mapped_column(Text)
    is_staff: Mapped[bool] = private(mapped_column(Boolean, server_default=text("false")))
    # When the user verified the current e-mail address.
    email_verified_at: Mapped[datetime | None] = private(timestamptz(nullable=True))
    # Raised by each change of password, address or second factor; links mailed before are rejected.
    credentials_version: Mapped[int] = secret(mapped_column(Integer, server_default=text("0")))
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = updated_at_column()

    profile: Mapped["Profile"] = to_many("user", uselist=False)
    sessions: Mapped[list["Session"]] = to_many("user")
    api_tokens: Mapped[list["ApiToken"]] = to_many()
    passkeys: Mapped[list["Passkey"]] = to_many()
    refresh_tokens: Mapped[list["RefreshToken"]] = to_many("user")
    watchlist: Mapped[list["WatchlistEntry"]] = to_many("user")
    memberships: Mapped[list["FamilyMembership"]] = to_many("user")
    families_created: Mapped[list["Family"]] = to_many("created_by")
    family_invitations_sent: Mapped[list["FamilyInvitation"]] = to_many("invited_by")
    recommendations_sent: Mapped[list["Recommendation"]] = to_many(
        "from_user", foreign_keys="Recommendation.from_user_id"
    )
    recommendations_received: Mapped[list["Recommendation"]] = to_many(
        "to_user", foreign_keys="Recommendation.to_user_id"
    )

    __table_args__ = (
        partial_unique(
            "uq_users_email",
            func.lower(column("email")),
            refusal=ErrorCode.ALREADY_EXISTS,
            path=("email",),
            message="A user with this e-mail address already exists.",
        ),
        # For the staff view of accounts: search by prefix of address or name, and paging through all.
        _beginnings("ix_users_email_prefix", "email"),
        _beginnings("ix_users_name_prefix", "name"),
        Index("ix_users_created_at", "created_at", "id"),
        length_check("email", MAX_EMAIL, minimum=3),
        check(
            "email_lower_case",
            'email = lower(email COLLATE "C")',
            refusal=ErrorCode.INVALID,
            path=("email",),
        ),
        length_check("name", MAX_NAME, minimum=1),
    )


class Profile(Base):
    """A user's public profile and private preferences. Created together with the user."""

    __tablename__ = "profiles"

    id: Mapped[str] = id_column("pr")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    bio: Mapped[str | None] = mapped_column(Text)
    avatar: Mapped[str | None] = mapped_column(Text)
    preferences: Mapped[JsonObject] = private(mapped_column(JSONB, server_default=text("'{}'")))
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = updated_at_column()

    user: Mapped[User] = to_one("profile")

    __table_args__ = (
        unique("user_id", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("bio", MAX_BIO),
        length_check("avatar", MAX_AVATAR),
    )
