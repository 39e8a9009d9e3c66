"""Creates plays of films and episodes, and counts the rewatches of watchlist entries.

Revises: c8e1a5
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "a8e3d1"
down_revision = "c8e1a5"
branch_labels = None
depends_on = None

_PRECISION = ENUM(
    "instant", "day", "month", "year", "unknown", name="watch_date_precision", create_type=False
)
_REFERENCES = {
    "user_id": ("users.id", "CASCADE"),
    "entry_id": ("watchlist_entries.id", "CASCADE"),
    "episode_id": ("episodes.id", "CASCADE"),
    "streaming_service_id": ("streaming_services.id", "SET NULL"),
}
_INDEXES = (
    ("episode_id",),
    ("streaming_service_id",),
    ("user_id", "watched_at", "id"),
    ("entry_id", "episode_id", "rewatch"),
)


def upgrade() -> None:
    """Creates the table."""
    op.add_column(
        "watchlist_entries",
        sa.Column("rewatch_count", sa.Integer, server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_watchlist_entries_rewatch_count_not_negative"), "watchlist_entries", "rewatch_count >= 0"
    )
    _PRECISION.create(op.get_bind(), checkfirst=False)
    key, moment = sa.Text(collation="C"), sa.DateTime(timezone=True)
    op.create_table(
        "watch_events",
        sa.Column("id", key, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("entry_id", key, nullable=False),
        sa.Column("episode_id", key),
        sa.Column("watched_at", moment),
        sa.Column("precision", _PRECISION, nullable=False),
        sa.Column("rewatch", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("streaming_service_id", key),
        sa.Column("source", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_events")),
        *(
            sa.ForeignKeyConstraint(
                [column], [target], name=op.f(f"fk_watch_events_{column}"), ondelete=action
            )
            for column, (target, action) in _REFERENCES.items()
        ),
        sa.CheckConstraint(
            "(watched_at IS NULL) = (precision = 'unknown')",
            name=op.f("ck_watch_events_watched_at_unless_unknown"),
        ),
        sa.CheckConstraint("rewatch >= 0", name=op.f("ck_watch_events_rewatch_not_negative")),
        sa.CheckConstraint(
            "char_length(source) BETWEEN 0 AND 50", name=op.f("ck_watch_events_source_length")
        ),
        sa.CheckConstraint("char_length(note) BETWEEN 0 AND 2000", name=op.f("ck_watch_events_note_length")),
    )
    for columns in _INDEXES:
        named = "_".join(columns[:2])
        op.create_index(f"ix_watch_events_{named}", "watch_events", list(columns))


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("watch_events")
    _PRECISION.drop(op.get_bind(), checkfirst=False)
    op.drop_constraint("ck_watchlist_entries_rewatch_count_not_negative", "watchlist_entries")
    op.drop_column("watchlist_entries", "rewatch_count")
