"""Creates the preferences of notifications, and their deliveries.

Revises: d4a7c9
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "e5b8d0"
down_revision = "d4a7c9"
branch_labels = None
depends_on = None

_KINDS = ENUM(name="notification_kind", create_type=False)
_TIMING = ENUM("off", "at_once", "daily_digest", name="email_timing", create_type=False)
_CHANNELS = ENUM("email", name="delivery_channel", create_type=False)
_STATUS = ENUM("pending", "delivered", "skipped", "failed", name="delivery_status", create_type=False)


def upgrade() -> None:
    for each in (_TIMING, _CHANNELS, _STATUS):
        each.create(op.get_bind(), checkfirst=False)
    key, moment = sa.Text(collation="C"), sa.DateTime(timezone=True)
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", key, nullable=False),
        sa.Column("kind", _KINDS, nullable=False),
        sa.Column("in_app", sa.Boolean, nullable=False),
        sa.Column("email", _TIMING, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_notification_preferences")),
        _foreign_key("notification_preferences", "user_id", "users"),
    )
    op.create_table(
        "notification_schedules",
        sa.Column("user_id", key, nullable=False),
        sa.Column("quiet_from", key),
        sa.Column("quiet_until", key),
        sa.Column("digest_at", key, server_default="08:00", nullable=False),
        sa.Column("unsubscribe_key", key),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_schedules")),
        _foreign_key("notification_schedules", "user_id", "users"),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until",
            name=op.f("ck_notification_schedules_quiet_hours"),
        ),
    )
    op.create_table(
        "notification_deliveries",
        sa.Column("id", key, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("notification_id", key, nullable=False),
        sa.Column("channel", _CHANNELS, nullable=False),
        sa.Column("digest", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("status", _STATUS, server_default="pending", nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_deliveries")),
        _foreign_key("notification_deliveries", "user_id", "users"),
        _foreign_key("notification_deliveries", "notification_id", "notifications"),
    )
    table = "notification_deliveries"
    op.create_index("ix_notification_deliveries_user_id", table, ["user_id", "id"])
    op.create_index(op.f("ix_notification_deliveries_notification_id"), table, ["notification_id"])
    pending = "status = 'pending'"
    op.create_index(
        "ix_notification_deliveries_pending",
        table,
        ["notification_id", "channel"],
        unique=True,
        postgresql_where=sa.text(pending),
    )
    op.create_index(
        "ix_notification_deliveries_digest",
        table,
        ["due_at"],
        postgresql_where=sa.text(f"{pending} AND digest"),
    )


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in ("notification_deliveries", "notification_schedules", "notification_preferences"):
        op.drop_table(table)
    for each in (_STATUS, _CHANNELS, _TIMING):
        each.drop(op.get_bind(), checkfirst=False)
