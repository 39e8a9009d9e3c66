"""Adds e-mail verification: its time, and the tokens in mails.

Existing users are unverified, and request a mail when they need it.

Revises: c7a184
Created: 2026-11-23 02:05:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "c5a917"
down_revision = "c7a184"
branch_labels = None
depends_on = None

PURPOSES = ("registration", "verification", "password_reset", "address_change")


def upgrade() -> None:
    """Creates the columns and the table."""
    op.add_column("users", sa.Column("email_verified_at", sa.DateTime(timezone=True)))
    op.add_column("family_invitations", sa.Column("mail_token_hash", sa.Text()))
    op.create_unique_constraint(
        "uq_family_invitations_mail_token_hash", "family_invitations", ["mail_token_hash"]
    )
    purpose = ENUM(*PURPOSES, name="email_purpose", create_type=False)
    purpose.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "email_tokens",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", purpose, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(collation="C")),
        sa.Column("token_hash", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("password_hash", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_email_tokens"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_email_tokens_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_hash", name="uq_email_tokens_token_hash"),
        sa.CheckConstraint("char_length(email) BETWEEN 3 AND 254", name="email_length"),
        sa.CheckConstraint("(user_id IS NULL) = (purpose = 'registration')", name="account"),
    )
    op.create_index("ix_email_tokens_user_id", "email_tokens", ["user_id"])
    op.create_index("ix_email_tokens_email_created_at", "email_tokens", ["email", "created_at"])
    op.create_index("ix_email_tokens_expires_at", "email_tokens", ["expires_at"])


def downgrade() -> None:
    """Drops them."""
    op.drop_table("email_tokens")
    op.execute("DROP TYPE email_purpose")
    op.drop_constraint("uq_family_invitations_mail_token_hash", "family_invitations")
    op.drop_column("family_invitations", "mail_token_hash")
    op.drop_column("users", "email_verified_at")
