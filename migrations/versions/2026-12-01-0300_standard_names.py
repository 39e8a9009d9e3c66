"""Renames a table and columns: `idempotency_records.response`, `audit_events.target_user_id`.

Revises: 7fc42e
Created: 2026-12-01 03:00:00+00:00
"""

from alembic import op

revision = "80d53f"
down_revision = "7fc42e"
branch_labels = None
depends_on = None

# REPLACE keeps owner and privileges, but not the search path. `{target}` is the column with the affected user.
ANONYMISE = """
CREATE OR REPLACE FUNCTION anonymise_audit_events(person text) RETURNS integer
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
        {target} = nullif({target}, person),
        object_id = CASE WHEN {target} = person THEN NULL ELSE nullif(object_id, person) END,
        ip_prefix = CASE WHEN coalesce(actor_id, {target}) = person THEN NULL ELSE ip_prefix END,
        device = CASE WHEN coalesce(actor_id, {target}) = person THEN NULL ELSE device END,
        details = CASE WHEN strpos(details::text, person) > 0 THEN '{{}}' ELSE details END
    WHERE actor_id = person OR {target} = person;
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('infocus.anonymising_audit', 'off', true);
    RETURN changed;
END
$$
"""
SEARCH_PATH = """
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION anonymise_audit_events(text) SET search_path = %I, pg_temp', current_schema());
END
$$
"""


def upgrade() -> None:
    """Gives the table and the columns their new names."""
    _rename_table("idempotent_answers", "idempotency_records")
    op.alter_column("idempotency_records", "answer", new_column_name="response")
    _rename_target("person_id", "target_user_id")


def downgrade() -> None:
    """Restores the earlier names."""
    _rename_target("target_user_id", "person_id")
    op.alter_column("idempotency_records", "response", new_column_name="answer")
    _rename_table("idempotency_records", "idempotent_answers")


def _rename_table(old: str, new: str) -> None:
    op.rename_table(old, new)
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
    op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT fk_{old}_user_id TO fk_{new}_user_id")
    op.execute(f"ALTER INDEX ix_{old}_created_at RENAME TO ix_{new}_created_at")


def _rename_target(old: str, new: str) -> None:
    op.alter_column("audit_events", old, new_column_name=new)
    op.execute(f"ALTER INDEX ix_audit_events_{old}_created_at RENAME TO ix_audit_events_{new}_created_at")
    op.execute(ANONYMISE.format(target=new))
    op.execute(SEARCH_PATH)
