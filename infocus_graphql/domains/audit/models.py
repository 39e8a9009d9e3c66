"""Events of the audit log. A trigger makes the table append-only."""

import enum
from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.db.base import (
    Base,
    created_at_column,
    enum_column,
    id_column,
    key_text,
    length_check,
    private,
)

MAX_DEVICE = 200


class AuditAction(enum.Enum):
    """The kind of change that an event records."""

    ACCOUNT_CREATED = "account_created"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action, not a password
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an action, not a password
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - an action, not a token
    SECOND_FACTOR_ENABLED = "second_factor_enabled"
    SECOND_FACTOR_DISABLED = "second_factor_disabled"
    BACKUP_CODES_REGENERATED = "backup_codes_regenerated"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_REFUSED = "passkey_refused"
    API_TOKEN_CREATED = "api_token_created"  # noqa: S105 - an action, not a token
    API_TOKEN_REVOKED = "api_token_revoked"  # noqa: S105 - an action, not a token
    FAMILY_CREATED = "family_created"
    FAMILY_RENAMED = "family_renamed"
    FAMILY_DELETED = "family_deleted"
    OWNERSHIP_TRANSFERRED = "ownership_transferred"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"
    MEMBER_LEFT = "member_left"
    SHARING_CHANGED = "sharing_changed"
    INVITATION_SENT = "invitation_sent"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_DECLINED = "invitation_declined"
    STAFF_PROMOTED = "staff_promoted"
    STAFF_DEMOTED = "staff_demoted"
    MEDIA_ITEM_SAVED = "media_item_saved"
    MEDIA_ITEM_DELETED = "media_item_deleted"
    STREAMING_PROVIDER_SAVED = "streaming_provider_saved"
    STREAMING_PROVIDER_DELETED = "streaming_provider_deleted"
    RECORD_CHANGED = "record_changed"
    DATA_EXPORT_REQUESTED = "data_export_requested"
    DATA_EXPORT_FETCHED = "data_export_fetched"
    ACCOUNT_DELETION_REQUESTED = "account_deletion_requested"
    ACCOUNT_DELETION_CANCELLED = "account_deletion_cancelled"
    ACCOUNT_DELETED = "account_deleted"


class AuditEvent(Base):
    """One recorded action. Users and objects are stored as plain ids and may no longer exist."""

    __tablename__ = "audit_events"

    id: Mapped[str] = id_column("ae")
    action: Mapped[AuditAction] = enum_column(AuditAction, "audit_action")
    # The actor and the user whose account was affected. They are no foreign keys: ON DELETE actions would
    # change rows of an append-only table.
    actor_id: Mapped[str | None] = mapped_column(key_text())
    target_user_id: Mapped[str | None] = mapped_column(key_text())
    family_id: Mapped[str | None] = mapped_column(key_text())
    object_id: Mapped[str | None] = mapped_column(key_text())
    ip_prefix: Mapped[str | None] = private(mapped_column(Text))
    device: Mapped[str | None] = private(mapped_column(Text))
    details: Mapped[JsonObject] = private(mapped_column(JSONB, server_default=text("'{}'")))
    created_at: Mapped[datetime] = created_at_column()

    __table_args__ = (
        length_check("device", MAX_DEVICE),
        Index("ix_audit_events_actor_id_created_at", "actor_id", "created_at", "id"),
        Index("ix_audit_events_target_user_id_created_at", "target_user_id", "created_at", "id"),
        Index("ix_audit_events_family_id_created_at", "family_id", "created_at", "id"),
        Index("ix_audit_events_created_at", "created_at", "id"),
        Index("ix_audit_events_action_created_at", "action", "created_at", "id"),
        {"info": {"triggers": {"append_only": "only `purge_audit_events` deletes events"}}},
    )
