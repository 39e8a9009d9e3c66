"""Creates the search of titles: the terms of each title, and a dictionary of words for misspelt queries.

`search_terms(titles)` returns the terms of a title in all its languages, independent of the locale:

- each form without blanks, after `=`: `=theshawshankredemption`, for queries that are a title or its beginning;
- each word: `shawshank`. Of scripts without blanks between words, such as Japanese, each letter with the next one.

Triggers update the terms when titles or translations change, for all rows of a statement at once, and add new words
to the dictionary. The dictionary keeps words that no title has any more; they find nothing.

Revises: c58e93
Created: 2026-12-01 05:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c74e05"
down_revision = "c58e93"
branch_labels = None
depends_on = None

# Punctuation and symbols, which separate words. Apostrophes are removed.
NO_LETTERS = (
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    r"\u2e00-\u2e7f\u3000-\u3004\u3008-\u3030\u303d\u30fb\ufe30-\ufe4f\U0001f000-\U0001faff]+"
)
# Scripts without blanks between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese.
UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
ACCENTS = r"[\u0300-\u036f]"
# Second spellings: letters with accents are also written as two letters, and & as a word. What follows an apostrophe
# is also a word of its own, such as `odyssée` in `l'odyssée`.
SPELLINGS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "&": " and ", "'": " ", "\u2019": " "}
SPELLINGS |= {letter.upper(): letters for letter, letters in SPELLINGS.items()}


def upgrade() -> None:
    """Creates the functions, the tables and the triggers, and fills the tables."""
    # Computing the terms of 100,000 titles in ten languages takes some minutes.
    op.execute("SET LOCAL statement_timeout = '60min'")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    create_functions()
    op.create_table(
        "media_search_terms",
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_media_search_terms_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("media_item_id", name=op.f("pk_media_search_terms")),
    )
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "typo_keys",
            sa.ARRAY(sa.Text()),
            sa.Computed("typo_keys(word)", persisted=True),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    create_triggers()
    op.execute("SELECT refresh_search_terms(ARRAY(SELECT id FROM media_items))")
    # Without a list of pending entries, which each search would have to read.
    op.create_index(
        "ix_media_search_terms_terms",
        "media_search_terms",
        ["terms"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_search_words_word_trigrams",
        "search_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.create_index("ix_search_words_typo_keys", "search_words", ["typo_keys"], postgresql_using="gin")


def downgrade() -> None:
    """Drops everything again."""
    for name, table, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION refresh_search_terms(text[])")
    op.drop_table("search_words")
    op.drop_table("media_search_terms")
    for function in ("search_terms(text[])", "search_pieces(text)", "search_text(text)", "typo_keys(text)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP EXTENSION pg_trgm")


def create_functions() -> None:
    """Creates the immutable functions of text."""
    # The form of a text with its words separated by single blanks. Most texts are ASCII without their accents, and
    # don't need all of `search_form`, which is slow for others.
    folded = f"regexp_replace(normalize($1, NFKD), '{ACCENTS}', '', 'g')"
    create_function(
        "search_text(text) RETURNS text",
        f"""
        SELECT coalesce(nullif(btrim(regexp_replace(regexp_replace(
            replace(form, chr(39), ''), {quoted(NO_LETTERS)}, ' ', 'g'), '({UNSPACED}+)', ' \\1 ', 'g')), ''), form)
            COLLATE "C"
        FROM (
            SELECT CASE WHEN octet_length(bare) = char_length(bare) THEN lower(bare COLLATE "C")
                ELSE search_form($1) END AS form
            FROM (SELECT {folded} AS bare) AS folded
        ) AS forms
        """,
    )
    # The words of such a form, in their order, and pairs of letters of scripts without blanks.
    create_function(
        "search_pieces(text) RETURNS text[]",
        f"""
        SELECT array_agg(piece ORDER BY place, number)
        FROM string_to_table($1, ' ') WITH ORDINALITY AS words (word, place)
        CROSS JOIN LATERAL (
            SELECT 1 AS number, word AS piece WHERE word <> '' AND word !~ '{UNSPACED}'
            UNION ALL
            SELECT start, substr(word, start, 2) FROM generate_series(1, length(word)) AS start
            WHERE word ~ '{UNSPACED}'
        ) AS pieces
        """,
    )
    respelled = "title"
    for letter, letters in SPELLINGS.items():
        respelled = f"replace({respelled}, {quoted(letter)}, '{letters}')"
    create_function(
        "search_terms(text[]) RETURNS tsvector",
        f"""
        SELECT coalesce(array_to_tsvector(array_agg(left(term, 100))), '')
        FROM (
            SELECT DISTINCT search_text(title) AS form FROM (
                SELECT title FROM unnest($1) AS title WHERE title <> ''
                UNION ALL
                SELECT {respelled} FROM unnest($1) AS title WHERE title ~ {quoted(f"[{''.join(SPELLINGS)}]")}
            ) AS spellings
        ) AS forms
        CROSS JOIN LATERAL (SELECT '=' || replace(form, ' ', '') UNION ALL SELECT unnest(search_pieces(form))) AS t (term)
        """,
    )
    # A short word and what remains of it without one of its letters. Words with a common key differ by one letter
    # more, less, other or at another place. Trigrams find longer words.
    create_function(
        "typo_keys(text) RETURNS text[]",
        """
        SELECT CASE WHEN length($1) BETWEEN 3 AND 7 THEN ARRAY(
            SELECT $1 UNION SELECT left($1, place - 1) || substr($1, place + 1)
            FROM generate_series(1, length($1)) AS place) END
        """,
    )


def create_triggers() -> None:
    """Creates the triggers that keep the tables up to date."""
    # Rows are locked first, so that the second of two transactions that change translations of a title reads those
    # of the first: the next statement has a new snapshot.
    op.execute(
        """
        CREATE FUNCTION refresh_search_terms(ids text[]) RETURNS void
        LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            IF cardinality(ids) = 0 THEN
                RETURN;
            END IF;
            PERFORM FROM media_search_terms WHERE media_item_id = ANY (ids) ORDER BY media_item_id FOR UPDATE;
            WITH changed AS (
                INSERT INTO media_search_terms AS kept (media_item_id, terms)
                SELECT id, search_terms(ARRAY[title, original_title] || ARRAY(
                    SELECT other.title FROM media_translations AS other WHERE other.media_item_id = media_items.id))
                FROM media_items WHERE id = ANY (ids) ORDER BY id
                ON CONFLICT (media_item_id) DO UPDATE SET terms = excluded.terms WHERE kept.terms <> excluded.terms
                RETURNING terms
            )
            INSERT INTO search_words (word)
            SELECT DISTINCT term COLLATE "C" FROM changed, unnest(tsvector_to_array(terms)) AS term
            WHERE length(term) BETWEEN 3 AND 40 AND term NOT LIKE '=%'
                AND NOT EXISTS (SELECT FROM search_words WHERE word = term COLLATE "C")
            ORDER BY 1 ON CONFLICT DO NOTHING;
        END
        $$
        """
    )
    for name, table, (event, tables, ids) in TRIGGERS:
        op.execute(
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
            BEGIN
                PERFORM refresh_search_terms(ARRAY({ids}));
                RETURN NULL;
            END
            $$
            """
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


NEW, OLD = "NEW TABLE AS fresh", "OLD TABLE AS stale"
TRIGGERS = (
    ("search_inserted_titles", "media_items", ("INSERT", NEW, "SELECT id FROM fresh")),
    (
        "search_updated_titles",
        "media_items",
        (
            "UPDATE",
            f"{NEW} {OLD}",
            "SELECT fresh.id FROM fresh JOIN stale USING (id) WHERE (fresh.title, fresh.original_title) "
            "IS DISTINCT FROM (stale.title, stale.original_title)",
        ),
    ),
    (
        "search_inserted_translations",
        "media_translations",
        ("INSERT", NEW, "SELECT DISTINCT media_item_id FROM fresh WHERE title IS NOT NULL"),
    ),
    (
        "search_updated_translations",
        "media_translations",
        (
            "UPDATE",
            f"{NEW} {OLD}",
            "SELECT media_item_id FROM (SELECT media_item_id, title FROM fresh EXCEPT SELECT media_item_id, title "
            "FROM stale) AS gained UNION SELECT media_item_id FROM (SELECT media_item_id, title FROM stale EXCEPT "
            "SELECT media_item_id, title FROM fresh) AS lost",
        ),
    ),
    (
        "search_deleted_translations",
        "media_translations",
        ("DELETE", OLD, "SELECT DISTINCT media_item_id FROM stale WHERE title IS NOT NULL"),
    ),
)


def create_function(signature: str, body: str) -> None:
    """Creates an immutable SQL function of one argument."""
    op.execute(f"CREATE FUNCTION {signature} LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC {body}; END")


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
