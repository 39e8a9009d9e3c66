"""Creates notifications, and events for what only notifications report.

Revises: c4e1a7
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "d4a7c9"
down_revision = "c4e1a7"
branch_labels = None
depends_on = None

_EVENT_TYPES = ("notification_received", "export_ready", "job_failed", "season_added", "offer_arrived")
_KINDS = ENUM(
    "family_invitation",
    "member_joined",
    "role_changed",
    "recommendation_received",
    "recommendation_answered",
    "entries_added",
    "new_sign_in",
    "export_ready",
    "job_failed",
    "new_season",
    "next_episode",
    "arrived_on_service",
    name="notification_kind",
    create_type=False,
)

# For each table: the operation and condition on which it records an event, and the event's columns.
_TRIGGERS = {
    "notifications": (
        "INSERT OR UPDATE OF occurred_at",
        "NEW.in_app",
        "'notification_received', NEW.id, NEW.user_id, NULL",
    ),
    "data_exports": (
        "UPDATE",
        "NEW.status = 'succeeded' AND OLD.status <> 'succeeded'",
        "'export_ready', NEW.id, NEW.user_id, NULL",
    ),
    "pgqueuer": (
        "UPDATE",
        "NEW.status = 'failed' AND OLD.status <> 'failed'",
        "'job_failed', NEW.id::text, NULL, NULL",
    ),
    "offer_events": (
        "INSERT",
        "NEW.kind = 'arrived' AND NEW.offer_type IN ('subscription', 'free', 'ads')",
        "'offer_arrived', NEW.number::text, NULL, NEW.media_item_id",
    ),
}
_COLUMNS = "type, node_id, user_id, media_item_id"

# The first fetch of a series adds all its seasons in one transaction, whose time they have. Only a season
# that comes later and has a higher number is new.
_SEASON_BODY = f"""
    INSERT INTO public.event_outbox ({_COLUMNS})
    SELECT 'season_added', NEW.id, NULL, NEW.media_item_id
    WHERE NEW.number > (
        SELECT max(number) FROM public.seasons
        WHERE media_item_id = NEW.media_item_id AND created_at < NEW.created_at
    );"""
_FUNCTION = """
CREATE FUNCTION record_{table}_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{body}
    RETURN NULL;
END
$$"""


def upgrade() -> None:
    for each in _EVENT_TYPES:
        op.execute(f"ALTER TYPE event_type ADD VALUE IF NOT EXISTS '{each}'")
    _KINDS.create(op.get_bind(), checkfirst=False)
    key, moment = sa.Text(collation="C"), sa.DateTime(timezone=True)
    op.create_table(
        "notifications",
        sa.Column("id", key, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("kind", _KINDS, nullable=False),
        sa.Column("merge_key", key, nullable=False),
        sa.Column("actor_id", key),
        sa.Column("family_id", key),
        sa.Column("media_item_id", key),
        sa.Column("subject_id", key),
        sa.Column("count", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("in_app", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("occurred_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("read_at", moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_notifications_actor_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "merge_key", name=op.f("uq_notifications_user_id_merge_key")),
        sa.CheckConstraint("count > 0", name=op.f("ck_notifications_count_positive")),
    )
    op.create_index("ix_notifications_actor_id", "notifications", ["actor_id"])
    op.create_index("ix_notifications_occurred_at", "notifications", ["occurred_at"])
    listed = ["user_id", "occurred_at", "id"]
    op.create_index("ix_notifications_user_id_occurred_at", "notifications", listed)
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        listed,
        postgresql_where=sa.text("read_at IS NULL AND in_app"),
    )
    op.create_table(
        "notification_position",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("event_id", key, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notification_position")),
    )
    op.execute("INSERT INTO notification_position (name, event_id) VALUES ('log', event_id_at(now()))")
    for table, (operation, condition, values) in _TRIGGERS.items():
        body = f"\n    INSERT INTO public.event_outbox ({_COLUMNS}) VALUES ({values});"
        _create(table, operation, f" WHEN ({condition})", body)
    _create("seasons", "INSERT", " WHEN (NEW.number > 0)", _SEASON_BODY)


def _create(table: str, operation: str, condition: str, body: str) -> None:
    op.execute(_FUNCTION.format(table=table, body=body))
    op.execute(
        f"CREATE TRIGGER record_event AFTER {operation} ON {table} FOR EACH ROW{condition} "
        f"EXECUTE FUNCTION record_{table}_event()"
    )


def downgrade() -> None:
    """Drops the tables. The labels of event types stay, as events may have them."""
    for table in (*_TRIGGERS, "seasons"):
        op.execute(f"DROP TRIGGER record_event ON {table}")
        op.execute(f"DROP FUNCTION record_{table}_event")
    op.drop_table("notification_position")
    op.drop_table("notifications")
    _KINDS.drop(op.get_bind(), checkfirst=False)
