"""The trigger that keeps `media_items.updated_at` names the columns it compares.

A whole-row comparison includes the generated columns, which a BEFORE trigger can't read: a dump of the database
could not be restored, and an UPDATE without a change counted as one.

Revises: 6eb31d
Created: 2026-12-01 02:00:00+00:00
"""

from alembic import op

revision = "7fc42e"
down_revision = "6eb31d"
branch_labels = None
depends_on = None

COLUMNS = (
    "id",
    "tmdb_id",
    "tmdb_type",
    "title",
    "description",
    "poster_path",
    "backdrop_path",
    "release_date",
    "rating",
    "genres",
    "creators",
    "created_at",
    "updated_at",
)


def upgrade() -> None:
    old, new = (", ".join(f"{row}.{column}" for column in COLUMNS) for row in ("OLD", "NEW"))
    op.execute("DROP TRIGGER touch_updated_at ON media_items")
    op.execute(
        f"""
        CREATE TRIGGER touch_updated_at BEFORE UPDATE ON media_items
        FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
        EXECUTE FUNCTION touch_updated_at()
        """
    )


def downgrade() -> None:
    """Nothing: the former trigger can't be created beside generated columns, and this one does the same."""
