"""Creates the settings of users.

Revises: b3c61e
Created: 2026-12-01 05:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "a41c07"
down_revision = "b3c61e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "user_settings",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("region", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_settings"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_settings_user_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("region ~ '^[A-Z]{2}$'", name="region_code"),
        sa.CheckConstraint("language ~ '^[a-z]{2}(-[A-Z]{2})?$'", name="language_tag"),
        sa.CheckConstraint("char_length(time_zone) BETWEEN 1 AND 64", name="time_zone_length"),
    )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("user_settings")
