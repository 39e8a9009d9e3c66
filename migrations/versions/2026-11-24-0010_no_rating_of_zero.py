"""A title without votes has no rating: TMDB writes 0 for it, which was stored as the worst of all ratings.

Titles that were rated 0 (or -0.0) lose that rating; nobody can have given it, as TMDB's votes begin at 0.5.
Times of change stay, as nothing has changed for a reader of the catalogue.

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
    """Removes ratings of 0, and allows no new ones."""
    op.execute("ALTER TABLE media_items DISABLE TRIGGER touch_updated_at")
    op.execute("UPDATE media_items SET rating = NULL WHERE rating = 0")
    op.execute("ALTER TABLE media_items ENABLE TRIGGER touch_updated_at")
    replace_check("rating > 0 AND rating <= 10")


def downgrade() -> None:
    """Allows ratings of 0 again; none comes back."""
    replace_check("rating BETWEEN 0 AND 10")


def replace_check(condition: str) -> None:
    """Gives the check of the rating another condition."""
    op.drop_constraint(op.f(RATING), "media_items", type_="check")
    op.create_check_constraint(op.f(RATING), "media_items", condition)
