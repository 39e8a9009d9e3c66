"""Creates API tokens, stored as hashes.

Revises: d4b2f0
Created: 2026-11-23 02:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ENUM

revision = "a9c3e1"
down_revision = "d4b2f0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    scope = ENUM("read", "write", "family_admin", "account", name="api_scope", create_type=False)
    scope.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(scope), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="some_scope"),
    )
    op.create_index("ix_api_tokens_user_id_created_at", "api_tokens", ["user_id", "created_at", "id"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("api_tokens")
    op.execute("DROP TYPE api_scope")
