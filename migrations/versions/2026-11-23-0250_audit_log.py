"""Creates the append-only audit log.

One function deletes rows, and only those older than thirty days. It runs with the owner's rights, so the serving role needs
no right to delete.

Revises: a9c3e1
Created: 2026-11-23 02:50:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM, JSONB

revision = "e1a6c3"
down_revision = "a9c3e1"
branch_labels = None
depends_on = None

ACTIONS = (
    "account_created",
    "email_verified",
    "email_changed",
    "password_changed",
    "password_reset",
    "signed_in",
    "sign_in_failed",
    "signed_out",
    "session_revoked",
    "refresh_token_reused",
    "second_factor_added",
    "second_factor_removed",
    "backup_codes_renewed",
    "api_token_created",
    "api_token_revoked",
    "family_created",
    "family_renamed",
    "family_deleted",
    "ownership_transferred",
    "role_changed",
    "member_removed",
    "member_left",
    "sharing_changed",
    "invitation_sent",
    "invitation_revoked",
    "invitation_accepted",
    "invitation_declined",
    "staff_promoted",
    "staff_demoted",
    "title_saved",
    "title_deleted",
    "offer_saved",
    "offer_removed",
)

REFUSE = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('infocus.forgetting_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
"""
FORGET = """
CREATE FUNCTION forget_audit_events(older_than timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    forgotten integer;
BEGIN
    -- Not a SET clause of the function: only a superuser may give it one with a parameter of ours.
    PERFORM set_config('infocus.forgetting_audit', 'on', true);
    DELETE FROM audit_events WHERE id IN (
        SELECT id FROM audit_events
        WHERE created_at < least(older_than, now() - interval '30 days')
        ORDER BY created_at, id LIMIT at_most FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('infocus.forgetting_audit', 'off', true);
    RETURN forgotten;
END
$$
"""
# It runs with the owner's rights: the search path is fixed, and EXECUTE is not granted to PUBLIC.
GUARD = (
    """
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION forget_audit_events(timestamptz, integer) SET search_path = %I, pg_temp', current_schema()
    );
END
$$
""",
    "REVOKE ALL ON FUNCTION forget_audit_events(timestamptz, integer) FROM PUBLIC",
)
INDEXED = ("actor_id", "person_id", "family_id")


def upgrade() -> None:
    """Creates the table and its triggers."""
    action = ENUM(*ACTIONS, name="audit_action", create_type=False)
    action.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("action", action, nullable=False),
        sa.Column("actor_id", sa.Text(collation="C")),
        sa.Column("person_id", sa.Text(collation="C")),
        sa.Column("family_id", sa.Text(collation="C")),
        sa.Column("object_id", sa.Text(collation="C")),
        sa.Column("ip_prefix", sa.Text()),
        sa.Column("device", sa.Text()),
        sa.Column("details", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        sa.CheckConstraint("char_length(device) BETWEEN 0 AND 200", name="device_length"),
    )
    for name in INDEXED:
        op.create_index(f"ix_audit_events_{name}_created_at", "audit_events", [name, "created_at", "id"])
    op.create_index("ix_audit_events_created_at", "audit_events", ["created_at", "id"])
    for statement in (REFUSE, TRIGGER, FORGET, *GUARD):
        op.execute(statement)


def downgrade() -> None:
    """Drops it."""
    op.execute("DROP FUNCTION forget_audit_events(timestamptz, integer)")
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION audit_is_append_only()")
    op.execute("DROP TYPE audit_action")
