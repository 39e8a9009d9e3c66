"""Renames the table `ended_sessions` and four functions: `revoked_sessions`, `purge_audit_events` and others.

Functions are renamed before they are replaced, so that their privileges stay. REPLACE drops the search path.

Revises: b81f42
Created: 2026-12-01 05:00:00+00:00
"""

from alembic import op

revision = "b3c61e"
down_revision = "b81f42"
branch_labels = None
depends_on = None

RECORD_REVOKED = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO {table} (session_id) VALUES (OLD.id) ON CONFLICT (session_id) DO NOTHING;
    PERFORM pg_notify('infocus_{table}', OLD.id);
    RETURN NULL;
END
$$
"""
REJECT_CHANGES = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('infocus.{purging}_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('infocus.anonymising_audit', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""
# The setting is not a SET clause of the function, because only a superuser may give it one with a custom parameter.
PURGE = """
CREATE OR REPLACE FUNCTION {function}(older_than timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    purged integer;
BEGIN
    PERFORM set_config('infocus.{purging}_audit', 'on', true);
    DELETE FROM audit_events WHERE id IN (
        SELECT id FROM audit_events
        WHERE created_at < least(older_than, now() - interval '30 days')
        ORDER BY created_at, id LIMIT at_most FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM set_config('infocus.{purging}_audit', 'off', true);
    RETURN purged;
END
$$
"""
PURGE_SEARCH_PATH = """
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION {function}(timestamptz, integer) SET search_path = %I, pg_temp', current_schema()
    );
END
$$
"""


def upgrade() -> None:
    """Gives the table and the functions their new names."""
    _rename_revoked_sessions("ended_sessions", "revoked_sessions", "ended_at", "revoked_at")
    _rename_function("session_ended", "record_revoked_session")
    op.execute(RECORD_REVOKED.format(function="record_revoked_session", table="revoked_sessions"))
    _rename_function("audit_is_append_only", "reject_audit_changes")
    op.execute(REJECT_CHANGES.format(function="reject_audit_changes", purging="purging"))
    _rename_function("forget_audit_events", "purge_audit_events")
    op.execute(PURGE.format(function="purge_audit_events", purging="purging"))
    op.execute(PURGE_SEARCH_PATH.format(function="purge_audit_events"))
    _rename_function("grow_version", "increment_version")
    op.execute("ALTER TRIGGER grow_version ON watchlist_entries RENAME TO increment_version")


def downgrade() -> None:
    """Restores the earlier names."""
    op.execute("ALTER TRIGGER increment_version ON watchlist_entries RENAME TO grow_version")
    _rename_function("increment_version", "grow_version")
    _rename_function("purge_audit_events", "forget_audit_events")
    op.execute(PURGE.format(function="forget_audit_events", purging="forgetting"))
    op.execute(PURGE_SEARCH_PATH.format(function="forget_audit_events"))
    _rename_function("reject_audit_changes", "audit_is_append_only")
    op.execute(REJECT_CHANGES.format(function="audit_is_append_only", purging="forgetting"))
    _rename_function("record_revoked_session", "session_ended")
    op.execute(RECORD_REVOKED.format(function="session_ended", table="ended_sessions"))
    _rename_revoked_sessions("revoked_sessions", "ended_sessions", "revoked_at", "ended_at")


def _rename_function(old: str, new: str) -> None:
    op.execute(f"ALTER FUNCTION {old} RENAME TO {new}")


def _rename_revoked_sessions(old: str, new: str, old_time: str, new_time: str) -> None:
    op.rename_table(old, new)
    op.alter_column(new, old_time, new_column_name=new_time)
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
    op.execute(f"ALTER INDEX ix_{old}_{old_time} RENAME TO ix_{new}_{new_time}")
