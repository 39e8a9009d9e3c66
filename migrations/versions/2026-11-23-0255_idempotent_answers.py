"""Creates stored responses for mutations with an Idempotency-Key.

Revises: e1a6c3
Created: 2026-11-23 02:55:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b7d930"
down_revision = "e1a6c3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "idempotent_answers",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("operation", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("fingerprint", sa.Text(collation="C"), nullable=False),
        sa.Column("claim", sa.Text(collation="C"), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "operation", "key", name="pk_idempotent_answers"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_idempotent_answers_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_idempotent_answers_created_at", "idempotent_answers", ["created_at"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("idempotent_answers")
