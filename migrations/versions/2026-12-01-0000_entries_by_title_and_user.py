"""Indexes watchlist entries by title and user.

Revises: b93c2e
Created: 2026-12-01 00:00:00+00:00
"""

from alembic import op

revision = "b7f2d1"
down_revision = "b93c2e"
branch_labels = None
depends_on = None

TABLE = "watchlist_entries"


def upgrade() -> None:
    """Extends the index."""
    op.create_index("ix_watchlist_entries_media_item_id_user_id", TABLE, ["media_item_id", "user_id"])
    op.drop_index("ix_watchlist_entries_media_item_id", TABLE)


def downgrade() -> None:
    """Restores the shorter index."""
    op.create_index("ix_watchlist_entries_media_item_id", TABLE, ["media_item_id"])
    op.drop_index("ix_watchlist_entries_media_item_id_user_id", TABLE)
