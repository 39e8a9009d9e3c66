"""An index for the seasons of a title that TMDB no longer lists, and for the deletion of titles.

Revision ID: d1f6a8
Revises: c74e05
"""

from alembic import op

revision = "d1f6a8"
down_revision = "c74e05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index."""
    op.create_index("ix_seasons_media_item_id", "seasons", ["media_item_id"])


def downgrade() -> None:
    """Drops the index."""
    op.drop_index("ix_seasons_media_item_id", "seasons")
