"""Adds indexes to search for accounts, and the audit action of the data browser.

Revises: f2b8d4
Created: 2026-11-23 04:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7a"
down_revision = "f2b8d4"
branch_labels = None
depends_on = None

# PostgreSQL cannot remove a label from an enum, so the type is recreated without it. Events with the label
# are deleted, which the trigger allows with the setting that `forget_audit_events` uses.
WITHOUT_LABEL = """
DO $$
DECLARE
    labels text;
BEGIN
    SET LOCAL infocus.forgetting_audit = 'on';
    DELETE FROM audit_events WHERE action = 'record_changed';
    SET LOCAL infocus.forgetting_audit = 'off';
    SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) INTO labels
    FROM pg_enum WHERE enumtypid = 'audit_action'::regtype AND enumlabel <> 'record_changed';
    ALTER TYPE audit_action RENAME TO audit_action_before;
    EXECUTE format('CREATE TYPE audit_action AS ENUM (%s)', labels);
    ALTER TABLE audit_events ALTER COLUMN action TYPE audit_action USING action::text::audit_action;
    DROP TYPE audit_action_before;
END
$$
"""


def upgrade() -> None:
    """Creates the indexes and the label."""
    op.create_index("ix_users_email_prefix", "users", [sa.text("lower(email) text_pattern_ops")])
    op.create_index("ix_users_name_prefix", "users", [sa.text("lower(name) text_pattern_ops")])
    op.create_index("ix_users_created_at", "users", ["created_at", "id"])
    op.create_index("ix_audit_events_action_created_at", "audit_events", ["action", "created_at", "id"])
    op.execute("ALTER TYPE audit_action ADD VALUE 'record_changed'")


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_audit_events_action_created_at", "audit_events")
    op.execute(WITHOUT_LABEL)
    op.drop_index("ix_users_created_at", "users")
    op.drop_index("ix_users_name_prefix", "users")
    op.drop_index("ix_users_email_prefix", "users")
