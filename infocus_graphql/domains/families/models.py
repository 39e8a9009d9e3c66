"""Families, their memberships and their invitations."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    length_check,
    partial_unique,
    secret,
    timestamptz,
    to_many,
    to_one,
    unique,
    updated_at_column,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.identity.users.models import User

MAX_FAMILY_NAME = 100


class FamilyRole(enum.Enum):
    """The role of a member, which decides what they may do."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class FamilyInvitationStatus(enum.Enum):
    """The state of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"


class Family(Base):
    """A group of users who share their watchlists. It has exactly one owner at any time."""

    __tablename__ = "families"

    id: Mapped[str] = id_column("fa")
    name: Mapped[str] = mapped_column(Text)
    created_by_id: Mapped[str | None] = foreign_key("users.id", ondelete="SET NULL", nullable=True)
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = updated_at_column()

    created_by: Mapped["User | None"] = to_one("families_created")
    members: Mapped[list["FamilyMembership"]] = to_many("family")
    invitations: Mapped[list["FamilyInvitation"]] = to_many("family")

    __table_args__ = (
        length_check("name", MAX_FAMILY_NAME, minimum=1),
        {
            "info": {
                "triggers": {
                    "family_has_owner": "when a transaction commits, each family has an owner, whichever way "
                    "memberships, users or families were changed"
                },
                # The error for clients if the trigger fails at the commit.
                "refusals": {
                    "family_has_owner": {
                        "refusal": ErrorCode.OWNER_CANNOT_LEAVE,
                        "path": (),
                        "message": "A family can't be without an owner. Transfer it first, or delete it.",
                    }
                },
            }
        },
    )


class FamilyMembership(Base):
    """The membership of a user in a family."""

    __tablename__ = "family_memberships"

    id: Mapped[str] = id_column("fm")
    family_id: Mapped[str] = foreign_key("families.id", ondelete="CASCADE", index=False)
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    role: Mapped[FamilyRole] = enum_column(FamilyRole, "family_role", server_default=FamilyRole.MEMBER.value)
    shares_watchlist: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    joined_at: Mapped[datetime] = created_at_column()

    family: Mapped[Family] = to_one("members")
    user: Mapped["User"] = to_one("memberships")

    __table_args__ = (
        unique(
            "user_id",
            "family_id",
            refusal=ErrorCode.ALREADY_EXISTS,
            message="This user is already in this family.",
        ),
        partial_unique(
            "uq_family_memberships_owner",
            "family_id",
            where=text("role = 'owner'"),
            refusal=ErrorCode.FORBIDDEN,
            message="A family has exactly one owner.",
        ),
        Index("ix_family_memberships_family_id_joined_at", "family_id", "joined_at", "id"),
        Index("ix_family_memberships_user_id_joined_at", "user_id", "joined_at", "id"),
    )


class FamilyInvitation(Base):
    """An invitation by e-mail. Its token is returned to the inviter; only the hash is stored."""

    __tablename__ = "family_invitations"

    id: Mapped[str] = id_column("fi")
    family_id: Mapped[str] = foreign_key("families.id", ondelete="CASCADE", index=False)
    email: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = secret(mapped_column(Text))
    # Hash of the token in the e-mail. Only this token verifies the invited user's address; the inviter
    # never sees it.
    mail_token_hash: Mapped[str | None] = secret(mapped_column(Text))
    status: Mapped[FamilyInvitationStatus] = enum_column(
        FamilyInvitationStatus, "invitation_status", server_default=FamilyInvitationStatus.PENDING.value
    )
    invited_by_id: Mapped[str | None] = foreign_key("users.id", ondelete="SET NULL", nullable=True)
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime] = timestamptz()
    accepted_at: Mapped[datetime | None] = timestamptz(nullable=True)

    family: Mapped[Family] = to_one("invitations")
    invited_by: Mapped["User | None"] = to_one("family_invitations_sent")

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        unique("mail_token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        partial_unique(
            "uq_family_invitations_pending",
            "family_id",
            "email",
            where=text("status = 'pending'"),
            refusal=ErrorCode.ALREADY_EXISTS,
            path=("email",),
        ),
        length_check("email", 254, minimum=3),
        Index("ix_family_invitations_family_id_created_at", "family_id", "created_at", "id"),
        Index("ix_family_invitations_email_status", "email", "status"),
        Index("ix_family_invitations_expires_at", "expires_at"),
    )
