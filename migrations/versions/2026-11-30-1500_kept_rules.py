"""Enforces three rules in the database: families have an owner, addresses are lower case, versions increase.

Families are checked at commit, so that a transaction can replace the owner. Existing families without an owner are
repaired: those without members are deleted; in others the longest-serving admin, or else member, becomes the owner.

Revises: 5e1d0c
Created: 2026-11-30 15:00:00+00:00
"""

from alembic import op

revision = "a7d3f1"
down_revision = "5e1d0c"
branch_labels = None
depends_on = None

MEND = (
    """
DELETE FROM families
WHERE NOT EXISTS (SELECT FROM family_memberships WHERE family_memberships.family_id = families.id)
""",
    """
UPDATE family_memberships SET role = 'owner' WHERE id IN (
    SELECT DISTINCT ON (family_id) id FROM family_memberships AS oldest
    WHERE NOT EXISTS (
        SELECT FROM family_memberships AS owner WHERE owner.family_id = oldest.family_id AND owner.role = 'owner'
    )
    ORDER BY family_id, role, joined_at, id
)
""",
    """UPDATE users SET email = lower(email COLLATE "C") WHERE email <> lower(email COLLATE "C")""",
)
LOWER_CASE = """
ALTER TABLE users ADD CONSTRAINT ck_users_email_lower_case CHECK (email = lower(email COLLATE "C"))
"""
# The functions have a fixed search path, as they refer to tables.
FUNCTIONS = (
    """
CREATE FUNCTION require_family_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    family text;
BEGIN
    IF TG_TABLE_NAME = 'families' THEN
        family := NEW.id;
    ELSE
        family := OLD.family_id;
    END IF;
    IF EXISTS (SELECT FROM families WHERE id = family) AND NOT EXISTS (
        SELECT FROM family_memberships WHERE family_id = family AND role = 'owner'
    ) THEN
        RAISE EXCEPTION 'family % has no owner', family USING
            ERRCODE = 'check_violation', CONSTRAINT = 'family_has_owner', TABLE = 'families',
            HINT = 'Make another member the owner, or delete the family, in the same transaction.';
    END IF;
    RETURN NULL;
END
$$
""",
    """
CREATE FUNCTION require_no_families() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM families) THEN
        RAISE EXCEPTION 'families would have no owners' USING
            ERRCODE = 'check_violation', CONSTRAINT = 'family_has_owner', TABLE = 'families',
            HINT = 'Empty families, too: TRUNCATE families CASCADE.';
    END IF;
    RETURN NULL;
END
$$
""",
    """
CREATE FUNCTION grow_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END
$$
""",
)
TRIGGERS = (
    """
CREATE CONSTRAINT TRIGGER family_has_owner AFTER INSERT ON families
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_family_owner()
""",
    """
CREATE CONSTRAINT TRIGGER family_keeps_owner AFTER UPDATE OF family_id, role OR DELETE ON family_memberships
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION require_family_owner()
""",
    """
CREATE TRIGGER families_keep_owners AFTER TRUNCATE ON family_memberships
FOR EACH STATEMENT EXECUTE FUNCTION require_no_families()
""",
    """
CREATE TRIGGER grow_version BEFORE UPDATE ON watchlist_entries
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.* AND NEW.version <= OLD.version) EXECUTE FUNCTION grow_version()
""",
    "ALTER FUNCTION session_ended() SET search_path = public, pg_temp",
)


def upgrade() -> None:
    """Repairs rows that break the rules, and creates the rules."""
    for statement in (*MEND, *FUNCTIONS, *TRIGGERS):
        op.execute(statement)
    op.execute(LOWER_CASE)


def downgrade() -> None:
    """Drops the rules; repaired rows stay."""
    op.execute("ALTER TABLE users DROP CONSTRAINT ck_users_email_lower_case")
    op.execute("ALTER FUNCTION session_ended() RESET search_path")
    for table, trigger in (
        ("watchlist_entries", "grow_version"),
        ("family_memberships", "families_keep_owners"),
        ("family_memberships", "family_keeps_owner"),
        ("families", "family_has_owner"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in ("grow_version", "require_no_families", "require_family_owner"):
        op.execute(f"DROP FUNCTION {function}()")
