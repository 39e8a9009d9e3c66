"""Functions that return a text of a title in a language, or in one that can stand in for it.

They are functions because a statement with the same sub-selects opens their tables and indexes even if no
title needs them, which costs more than reading the title. Without a language they are not called (STRICT).

Revision ID: e2b7c4
Revises: d1f6a8
"""

from alembic import op

revision = "e2b7c4"
down_revision = "d1f6a8"
branch_labels = None
depends_on = None

# The text in the language and country of the tag, or in the default of the language; then the original, if
# it is in the language; then the English text.
_FUNCTION = """
CREATE FUNCTION {column}_in_language(item text, tag text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    wanted text := split_part(tag, '-', 1);
    of_country text := split_part(tag, '-', 2);
    found text;
BEGIN
    SELECT t.{column} INTO found FROM media_translations t
    WHERE t.media_item_id = item AND t.language = wanted AND (t.country = of_country OR t.is_default)
        AND t.{column} IS NOT NULL
    ORDER BY t.country = of_country DESC LIMIT 1;{original}
    IF found IS NULL THEN
        SELECT t.{column} INTO found FROM media_translations t
        WHERE t.media_item_id = item AND t.language = 'en' AND t.is_default LIMIT 1;
    END IF;
    RETURN found;
END
$$"""
_ORIGINAL = """
    IF found IS NULL THEN
        SELECT m.original_title INTO found FROM media_items m
        WHERE m.id = item AND m.original_language = wanted;
    END IF;"""
_COLUMNS = {"title": _ORIGINAL, "description": "", "tagline": ""}


def upgrade() -> None:
    """Creates the functions."""
    for column, original in _COLUMNS.items():
        op.execute(_FUNCTION.format(column=column, original=original))


def downgrade() -> None:
    """Drops the functions."""
    for column in _COLUMNS:
        op.execute(f"DROP FUNCTION {column}_in_language")
