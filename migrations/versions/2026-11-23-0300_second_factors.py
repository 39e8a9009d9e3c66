"""Adds second factors, backup codes, and the time of the last step-up of a session.

Revises: b7d930
Created: 2026-11-23 03:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "f2b8d4"
down_revision = "b7d930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables and the column."""
    op.add_column("sessions", sa.Column("second_factor_at", sa.DateTime(timezone=True)))
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_second_factors_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", name="uq_second_factors_user_id"),
    )
    op.create_table(
        "backup_codes",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_backup_codes"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_backup_codes_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("code_hash", name="uq_backup_codes_code_hash"),
    )
    op.create_index("ix_backup_codes_user_id", "backup_codes", ["user_id"])


def downgrade() -> None:
    """Drops them."""
    op.drop_table("backup_codes")
    op.drop_table("second_factors")
    op.drop_column("sessions", "second_factor_at")
