"""Creates passkeys and their challenges.

Revises: c41f7a
Created: 2026-11-23 04:25:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ENUM

revision = "d8e25b"
down_revision = "c41f7a"
branch_labels = None
depends_on = None

TRANSPORTS = ENUM(
    "internal", "hybrid", "usb", "nfc", "ble", "smart_card", name="passkey_transport", create_type=False
)
PURPOSES = ENUM("adding", "signing_in", "proving", name="passkey_purpose", create_type=False)
ACTIONS = ("passkey_added", "passkey_removed", "passkey_refused")


def upgrade() -> None:
    """Creates the tables and the labels."""
    before = "backup_codes_renewed"
    for action in ACTIONS:
        op.execute(f"ALTER TYPE audit_action ADD VALUE IF NOT EXISTS '{action}' AFTER '{before}'")
        before = action
    for kind in (TRANSPORTS, PURPOSES):
        kind.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(collation="C"), nullable=False),
        sa.Column("public_key", sa.Text(collation="C"), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("transports", ARRAY(TRANSPORTS), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_passkeys_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
        sa.CheckConstraint("char_length(credential_id) BETWEEN 1 AND 1364", name="credential_id_length"),
        sa.CheckConstraint("char_length(public_key) BETWEEN 1 AND 1024", name="public_key_length"),
    )
    op.create_index("ix_passkeys_user_id_created_at", "passkeys", ["user_id", "created_at", "id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", PURPOSES, nullable=False),
        sa.Column("challenge_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(collation="C")),
        sa.Column("session_id", sa.Text(collation="C")),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passkey_challenges"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_passkey_challenges_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("challenge_hash", name="uq_passkey_challenges_challenge_hash"),
    )
    op.create_index("ix_passkey_challenges_user_id", "passkey_challenges", ["user_id"])
    op.create_index("ix_passkey_challenges_expires_at", "passkey_challenges", ["expires_at"])


def downgrade() -> None:
    """Drops the tables. The labels stay, as audit events may have them."""
    op.drop_table("passkey_challenges")
    op.drop_table("passkeys")
    for kind in (PURPOSES, TRANSPORTS):
        kind.drop(op.get_bind(), checkfirst=False)
