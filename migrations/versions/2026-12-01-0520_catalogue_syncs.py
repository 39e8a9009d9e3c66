"""Creates `catalogue_syncs`: until when the changes feed and the lists of TMDB were read.

Revises: a41c07
Created: 2026-12-01 05:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c4a7d9"
down_revision = "a41c07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_syncs",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_catalogue_syncs")),
    )


def downgrade() -> None:
    op.drop_table("catalogue_syncs")
