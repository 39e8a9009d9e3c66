"""The other user of a recommendation still finds its event after the erasure of an account.

Events of an erased user kept their recipient and lost their sender, so a sender's devices never learned
that a recommendation to an erased user was deleted. Now the event keeps the user who is left.

Revises: e5b8d0
"""

from alembic import op

revision = "c8e1a5"
down_revision = "e5b8d0"
branch_labels = None
depends_on = None

_ANONYMISE = """
CREATE OR REPLACE FUNCTION anonymise_events(erased text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
{statements}
END
$$"""
_BEFORE = "UPDATE {} SET media_item_id = NULL, other_user_id = NULL WHERE erased IN (user_id, other_user_id);"
_AFTER = (
    "UPDATE {} SET media_item_id = NULL, other_user_id = nullif(other_user_id, erased), "
    "user_id = CASE WHEN user_id <> erased OR other_user_id IS NULL THEN user_id END "
    "WHERE erased IN (user_id, other_user_id);"
)


def _replace(statement: str) -> None:
    tables = ("event_outbox", "events")
    op.execute(_ANONYMISE.format(statements="\n".join(f"    {statement.format(table)}" for table in tables)))


def upgrade() -> None:
    _replace(_AFTER)


def downgrade() -> None:
    _replace(_BEFORE)
