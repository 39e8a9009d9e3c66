"""Creates the table of persisted GraphQL documents.

Revises: c5a917
Created: 2026-11-23 02:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "d4f206"
down_revision = "c5a917"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "persisted_documents",
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_persisted_documents"),
    )
    op.create_index("ix_persisted_documents_used_at", "persisted_documents", ["used_at"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("persisted_documents")
