"""Stores the result of a mutation with an Idempotency-Key in the transaction of its change.

Revises: a7d3f1
Created: 2026-11-30 15:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b93c2e"
down_revision = "a7d3f1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column."""
    op.add_column("idempotent_answers", sa.Column("payload", sa.Text()))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("idempotent_answers", "payload")
