"""The text search query of a filter: titles that begin with a text or have its words.

If the catalogue has none, words that are like those of the text are alternatives.

Revision ID: c4e1a7
Revises: b3d9f2
"""

from alembic import op

revision = "c4e1a7"
down_revision = "b3d9f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the function."""
    # Quotes and backslashes are doubled for the text form of a tsquery. The last word may be incomplete, if it is
    # long enough: `'a':*` would be a third of the index. The condition for similar words is that of `searchMedia`.
    # Without an index, EXISTS reads the whole table if no title matches.
    op.execute(
        r"""
        CREATE FUNCTION search_query(wanted text) RETURNS tsquery
        LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT SET enable_seqscan = off AS $$
        DECLARE
            form text := search_text(wanted);
            pieces text[] := search_pieces(form);
            last text := pieces[cardinality(pieces)];
            ending text := CASE WHEN length(last) < 3 AND octet_length(last) = length(last) THEN '' ELSE ':*' END;
            quoted text[];
            found tsquery;
        BEGIN
            IF pieces IS NULL THEN
                RETURN ''::tsquery;
            END IF;
            SELECT array_agg('''' || replace(replace(piece, '\', '\\'), '''', '''''') || '''' ORDER BY place)
            INTO quoted FROM unnest(pieces) WITH ORDINALITY AS each (piece, place);
            found := (array_to_string(quoted, ' & ') || ending)::tsquery
                || ('''=' || replace(replace(left(replace(form, ' ', ''), 100), '\', '\\'), '''', '''''') || ''':*')::tsquery;
            IF EXISTS (SELECT FROM media_search_terms WHERE terms @@ found) THEN
                RETURN found;
            END IF;
            WITH candidates AS (
                SELECT place, word,
                    greatest(similarity(word, piece), CASE WHEN typo_keys && typo_keys(piece) THEN 0.5 END) AS likeness
                FROM unnest(pieces) WITH ORDINALITY AS each (piece, place), LATERAL (
                    SELECT word, typo_keys FROM search_words WHERE word % piece
                    UNION SELECT word, typo_keys FROM search_words WHERE typo_keys && typo_keys(piece)
                ) AS alike
                WHERE length(piece) > 3
            ), ranked AS (
                SELECT place, word, likeness >= 0.7 * max(likeness) OVER likest
                    AND row_number() OVER likest <= 20 AS is_like
                FROM candidates WINDOW likest AS (PARTITION BY place ORDER BY likeness DESC, word)
            ), choices AS (
                SELECT '(' || quoted[place] || coalesce((
                    SELECT string_agg(' | ''' || replace(replace(word, '\', '\\'), '''', '''''') || '''', '') FROM ranked
                    WHERE ranked.place = each.place AND is_like), '') || ')' AS choice
                FROM unnest(pieces) WITH ORDINALITY AS each (piece, place)
            )
            SELECT string_agg(choice, ' & ')::tsquery INTO found FROM choices;
            RETURN found;
        END
        $$
        """
    )


def downgrade() -> None:
    """Drops the function."""
    op.execute("DROP FUNCTION search_query(text)")
