"""Records and announces the end of every session by triggers.

Servers that missed the notification read the table `ended_sessions`; its rows are needed for some minutes only.

Revises: b3e6d9
Created: 2026-11-23 02:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c7a184"
down_revision = "b3e6d9"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ended_sessions (session_id) VALUES (OLD.id) ON CONFLICT (session_id) DO NOTHING;
    PERFORM pg_notify('infocus_ended_sessions', OLD.id);
    RETURN NULL;
END
$$
"""
TRIGGERS = (
    """
CREATE TRIGGER session_revoked AFTER UPDATE OF revoked_at ON sessions
FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
EXECUTE FUNCTION session_ended()""",
    """
CREATE TRIGGER session_deleted AFTER DELETE ON sessions
FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now())
EXECUTE FUNCTION session_ended()""",
)


def upgrade() -> None:
    """Creates the table, and the triggers that fill it."""
    op.create_table(
        "ended_sessions",
        sa.Column("session_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_ended_sessions"),
    )
    op.create_index("ix_ended_sessions_ended_at", "ended_sessions", ["ended_at"])
    op.execute(FUNCTION)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Drops them."""
    for name in ("session_revoked", "session_deleted"):
        op.execute(f"DROP TRIGGER {name} ON sessions")
    op.execute("DROP FUNCTION session_ended()")
    op.drop_table("ended_sessions")
