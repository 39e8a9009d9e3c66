"""Sets ratings of 0 to null, and rejects new ones: TMDB writes 0 for titles without votes.

TMDB's votes begin at 0.5, so 0 (or -0.0) is never a real rating. `updated_at` stays as it is.

Revises: d95e2b
Created: 2026-11-24 00:10:00+00:00
"""

from alembic import op

revision = "4c91e7"
down_revision = "d95e2b"
branch_labels = None
depends_on = None

RATING = "ck_media_items_rating_range"


def upgrade() -> None:
    """Sets ratings of 0 to null, and rejects new ones."""
    op.execute("ALTER TABLE media_items DISABLE TRIGGER touch_updated_at")
    op.execute("UPDATE media_items SET rating = NULL WHERE rating = 0")
    op.execute("ALTER TABLE media_items ENABLE TRIGGER touch_updated_at")
    replace_check("rating > 0 AND rating <= 10")


def downgrade() -> None:
    """Allows ratings of 0 again; removed ones stay null."""
    replace_check("rating BETWEEN 0 AND 10")


def replace_check(condition: str) -> None:
    """Replaces the check of the rating."""
    op.drop_constraint(op.f(RATING), "media_items", type_="check")
    op.create_check_constraint(op.f(RATING), "media_items", condition)
