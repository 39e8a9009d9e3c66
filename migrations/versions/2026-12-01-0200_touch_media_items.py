"""Ignores generated columns in the trigger that sets `media_items.updated_at`.

A trigger's WHEN cannot compare whole rows with generated columns: a dump could not be restored, and every UPDATE
counted as a change, because a BEFORE trigger runs before generated columns are computed.

Revises: 6eb31d
Created: 2026-12-01 02:00:00+00:00
"""

from alembic import op

revision = "7fc42e"
down_revision = "6eb31d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TRIGGER touch_updated_at ON media_items")
    # PostgreSQL overwrites what a BEFORE trigger assigns to a generated column.
    op.execute(
        """
        CREATE FUNCTION touch_media_item() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.title_search = OLD.title_search;
            NEW.title_sort = OLD.title_sort;
            IF OLD IS DISTINCT FROM NEW THEN
                NEW.updated_at = now();
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER touch_updated_at BEFORE UPDATE ON media_items "
        "FOR EACH ROW EXECUTE FUNCTION touch_media_item()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER touch_updated_at ON media_items")
    op.execute("DROP FUNCTION touch_media_item()")
    # Every UPDATE counts as a change, as it did with the whole-row comparison.
    op.execute(
        "CREATE TRIGGER touch_updated_at BEFORE UPDATE ON media_items "
        "FOR EACH ROW EXECUTE FUNCTION touch_updated_at()"
    )
