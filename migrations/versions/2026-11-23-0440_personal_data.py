"""Creates data exports and account deletions.

`anonymise_audit_events` removes a user's id, network and device from audit events. It fails while the account exists, so it
cannot hide the actions of an active user.

Revises: d8e25b
Created: 2026-11-23 04:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "d95e2b"
down_revision = "d8e25b"
branch_labels = None
depends_on = None

LABELS = (
    "data_export_requested",
    "data_export_fetched",
    "account_deletion_requested",
    "account_deletion_cancelled",
    "account_deleted",
)
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('infocus.forgetting_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;{more}
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
ANONYMISING = """
    IF TG_OP = 'UPDATE' AND current_setting('infocus.anonymising_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;"""
ANONYMISE = """
CREATE FUNCTION anonymise_audit_events(person text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    changed integer;
BEGIN
    IF EXISTS (SELECT FROM users WHERE id = person) THEN
        RAISE EXCEPTION 'there is an account with this id' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('infocus.anonymising_audit', 'on', true);
    UPDATE audit_events SET
        actor_id = nullif(actor_id, person),
        person_id = nullif(person_id, person),
        object_id = CASE WHEN person_id = person THEN NULL ELSE nullif(object_id, person) END,
        ip_prefix = CASE WHEN coalesce(actor_id, person_id) = person THEN NULL ELSE ip_prefix END,
        device = CASE WHEN coalesce(actor_id, person_id) = person THEN NULL ELSE device END,
        details = CASE WHEN strpos(details::text, person) > 0 THEN '{}' ELSE details END
    WHERE actor_id = person OR person_id = person;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('infocus.anonymising_audit', 'off', true);
    RETURN changed;
END
$$
"""
# It runs with the owner's rights: the search path is fixed, and EXECUTE is not granted to PUBLIC.
GUARD = (
    """
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION anonymise_audit_events(text) SET search_path = %I, pg_temp', current_schema());
END
$$
""",
    "REVOKE ALL ON FUNCTION anonymise_audit_events(text) FROM PUBLIC",
)
# PostgreSQL cannot remove labels from an enum, so the type is recreated. Events with the labels are deleted.
WITHOUT_LABELS = f"""
DO $$
DECLARE
    labels text;
BEGIN
    SET LOCAL infocus.forgetting_audit = 'on';
    DELETE FROM audit_events WHERE action::text IN {LABELS};
    SET LOCAL infocus.forgetting_audit = 'off';
    SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) INTO labels
    FROM pg_enum WHERE enumtypid = 'audit_action'::regtype AND enumlabel NOT IN {LABELS};
    ALTER TYPE audit_action RENAME TO audit_action_before;
    EXECUTE format('CREATE TYPE audit_action AS ENUM (%s)', labels);
    ALTER TABLE audit_events ALTER COLUMN action TYPE audit_action USING action::text::audit_action;
    DROP TYPE audit_action_before;
END
$$
"""


def key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """An id column."""
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def time(name: str, *, nullable: bool = True, default: bool = False) -> sa.Column[object]:
    """A timestamp column."""
    now = sa.func.now() if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=nullable)


def upgrade() -> None:
    """Creates the tables, the labels and the function."""
    for label in LABELS:
        op.execute(f"ALTER TYPE audit_action ADD VALUE '{label}'")
    status = ENUM("queued", "running", "succeeded", "failed", name="export_status", create_type=False)
    status.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "data_exports",
        key("id"),
        key("user_id"),
        sa.Column("status", status, server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes", sa.Integer()),
        time("requested_at", nullable=False, default=True),
        time("finished_at"),
        time("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_data_exports"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_data_exports_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "uq_data_exports_pending",
        "data_exports",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_index("ix_data_exports_user_id_requested_at", "data_exports", ["user_id", "requested_at", "id"])
    op.create_index("ix_data_exports_requested_at", "data_exports", ["requested_at"])
    op.create_table(
        "data_export_parts",
        key("export_id"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("export_id", "number", name="pk_data_export_parts"),
        sa.ForeignKeyConstraint(
            ["export_id"], ["data_exports.id"], name="fk_data_export_parts_export_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("octet_length(content) <= 262144", name="content_size"),
    )
    # ZIP data cannot be compressed further.
    op.execute("ALTER TABLE data_export_parts ALTER COLUMN content SET STORAGE EXTERNAL")
    _deletions()
    op.execute(APPEND_ONLY.format(more=ANONYMISING))
    for statement in (ANONYMISE, *GUARD):
        op.execute(statement)


def _deletions() -> None:
    op.create_table(
        "account_deletions",
        key("user_id"),
        time("requested_at", nullable=False, default=True),
        time("scheduled_for", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_account_deletions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_account_deletions_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_account_deletions_scheduled_for", "account_deletions", ["scheduled_for"])
    op.create_table(
        "family_successions",
        key("user_id"),
        key("family_id"),
        key("new_owner_id", nullable=True),
        sa.Column("deletes_family", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "family_id", name="pk_family_successions"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account_deletions.user_id"],
            name="fk_family_successions_user_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["families.id"], name="fk_family_successions_family_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["new_owner_id"], ["users.id"], name="fk_family_successions_new_owner_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_family_successions_family_id", "family_successions", ["family_id"])
    op.create_index("ix_family_successions_new_owner_id", "family_successions", ["new_owner_id"])


def downgrade() -> None:
    """Drops them."""
    op.execute("DROP FUNCTION anonymise_audit_events(text)")
    op.execute(APPEND_ONLY.format(more=""))
    for table in ("family_successions", "account_deletions", "data_export_parts", "data_exports"):
        op.drop_table(table)
    op.execute("DROP TYPE export_status")
    op.execute(WITHOUT_LABELS)
