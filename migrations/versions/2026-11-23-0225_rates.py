"""Creates the shared counters of rate limits.

The table is unlogged: it writes no write-ahead log, and is empty after a crash of PostgreSQL.

Revises: d4f206
Created: 2026-11-23 02:25:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d4b2f0"
down_revision = "d4f206"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "rate_states",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("allowed_at", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_states"),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("rate_states")
