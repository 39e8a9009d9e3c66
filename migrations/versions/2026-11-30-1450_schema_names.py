"""Renames columns and labels as in the GraphQL schema.

Revises: 5da20c
Created: 2026-11-30 14:50:00+00:00
"""

from alembic import op

revision = "5e1d0c"
down_revision = "5da20c"
branch_labels = None
depends_on = None

COLUMNS = (
    ("data_exports", "requested_at", "created_at"),
    ("account_deletions", "requested_at", "created_at"),
    ("account_deletions", "scheduled_for", "scheduled_at"),
)
INDEXES = (
    ("ix_data_exports_user_id_requested_at", "ix_data_exports_user_id_created_at"),
    ("ix_data_exports_requested_at", "ix_data_exports_created_at"),
    ("ix_account_deletions_scheduled_for", "ix_account_deletions_scheduled_at"),
)
ACTIONS = (
    ("second_factor_added", "second_factor_enabled"),
    ("second_factor_removed", "second_factor_disabled"),
    ("backup_codes_renewed", "backup_codes_regenerated"),
    ("title_saved", "media_item_saved"),
    ("title_deleted", "media_item_deleted"),
    ("offer_saved", "streaming_provider_saved"),
    ("offer_removed", "streaming_provider_deleted"),
)


def upgrade() -> None:
    """Renames without rewriting rows."""
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for old, new in ACTIONS:
        op.execute(f"ALTER TYPE audit_action RENAME VALUE '{old}' TO '{new}'")


def downgrade() -> None:
    """Renames back."""
    for old, new in ACTIONS:
        op.execute(f"ALTER TYPE audit_action RENAME VALUE '{new}' TO '{old}'")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, old, new in COLUMNS:
        op.alter_column(table, new, new_column_name=old)
