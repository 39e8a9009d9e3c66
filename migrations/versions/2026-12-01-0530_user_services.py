"""Creates the table of the streaming services that users have.

Revises: c4a7d9
Created: 2026-12-01 05:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c58e93"
down_revision = "c4a7d9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "user_services",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("streaming_service_id", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "streaming_service_id", name="pk_user_services"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_services_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["streaming_service_id"],
            ["streaming_services.id"],
            name="fk_user_services_streaming_service_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_user_services_streaming_service_id", "user_services", ["streaming_service_id"])


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("user_services")
