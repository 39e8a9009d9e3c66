"""Gives genres, services and regions one spelling each, and normalises stored text.

`spellings` has the spelling of each genre and service. Triggers apply it to titles and offers, and add new spellings.
The most frequent existing spelling wins.

Offers of one service in several spellings are merged, with all their regions. Existing text is normalised (line
breaks in names, invisible characters, decomposed accents). The downgrade keeps the normalised text.

Revises: b7f2d1
Created: 2026-12-01 01:00:00+00:00
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from infocus_graphql.core.normal_form import multi_line, single_line

revision = "6eb31d"
down_revision = "b7f2d1"
branch_labels = None
depends_on = None

# Columns with single-line text, then with multi-line text, and the replacement of empty text that must not be null.
LINES = {
    "users": {"name": None},
    "families": {"name": "Family"},
    "media_items": {"title": "Untitled", "poster_path": None, "backdrop_path": None},
    "streaming_providers": {"provider": "Unknown", "url": None},
    "sessions": {"device": None},
    "api_tokens": {"name": "Token"},
    "passkeys": {"name": "Passkey"},
}
PARAGRAPHS = {
    "profiles": {"bio": None},
    "media_items": {"description": None},
    "watchlist_entries": {"notes": None},
    "recommendations": {"message": None},
}
LISTS = ("genres", "creators")
OFFERS = "uq_streaming_providers_media_item_id_provider_offer_type"
# Tables with a trigger that sets the time of change, which is disabled during this migration.
TOUCHED = {
    "users": "updated_at",
    "profiles": "updated_at",
    "families": "updated_at",
    "media_items": "updated_at",
    "watchlist_entries": "date_updated",
    "recommendations": "updated_at",
}
# Text that is not normalised contains one of these; Python checks the matches.
SUSPECT = (
    r"^\s|\s$|  |[\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U0002fffe-\U0010ffff]"
)


def upgrade() -> None:
    """Normalises the rows, and creates the triggers."""
    op.execute("SET LOCAL statement_timeout = '15min'")
    for table, column in TOUCHED.items():
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER touch_{column}")
    op.drop_constraint(op.f(OFFERS), "streaming_providers", type_="unique")
    if not op.get_context().as_sql:
        normalise_rows()
    merge_offers()
    create_spellings()
    spell_rows()
    op.create_unique_constraint(
        op.f(OFFERS), "streaming_providers", ["media_item_id", "provider", "offer_type"]
    )
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with deferred checks cannot be altered
    for table, column in TOUCHED.items():
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER touch_{column}")
    op.execute(
        'ALTER TABLE streaming_providers ADD COLUMN provider_sort text COLLATE "C" NOT NULL '
        "GENERATED ALWAYS AS (sort_form(provider)) STORED"
    )
    op.create_check_constraint(
        op.f("ck_streaming_providers_regions_upper_case"),
        "streaming_providers",
        "array_to_string(regions, ',') = upper(array_to_string(regions, ',') COLLATE \"C\")",
    )


def downgrade() -> None:
    """Drops the table and the triggers. Rows stay normalised."""
    op.drop_constraint(
        op.f("ck_streaming_providers_regions_upper_case"), "streaming_providers", type_="check"
    )
    op.execute("ALTER TABLE streaming_providers DROP COLUMN provider_sort")
    op.execute("DROP TRIGGER spell_provider ON streaming_providers")
    op.execute("DROP TRIGGER spell_genres ON media_items")
    op.execute("DROP FUNCTION spell_provider()")
    op.execute("DROP FUNCTION spell_genres()")
    op.execute("DROP FUNCTION spelled(spelling_kind, text[])")
    op.drop_table("spellings")
    op.execute("DROP TYPE spelling_kind")


def normalise_rows() -> None:
    """Normalises stored text."""
    for columns, form in ((LINES, single_line), (PARAGRAPHS, multi_line)):
        for table, fallbacks in columns.items():
            for column, fallback in fallbacks.items():
                normalise(table, column, form, fallback)
    for column in LISTS:
        normalise_lists(column)


def normalise(table: str, column: str, form: Callable[[str], str], fallback: str | None) -> None:
    """Rewrites the texts of a column that are not normalised."""
    found = op.get_bind().execute(
        sa.text(
            f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NFC NORMALIZED OR {column} ~ :suspect"
        ),
        {"suspect": SUSPECT},
    )
    changed = [(key, text, form(text)) for key, text in found.all()]
    rows = [{"key": key, "text": new or fallback} for key, text, new in changed if new != text]
    if rows:
        op.get_bind().execute(sa.text(f"UPDATE {table} SET {column} = :text WHERE id = :key"), rows)


def normalise_lists(column: str) -> None:
    """Normalises the labels of titles, and removes empty ones."""
    found = op.get_bind().execute(sa.text(f"SELECT id, {column} FROM media_items WHERE {column} <> '{{}}'"))
    changed = [
        (key, texts, [form for text in texts if (form := single_line(text))]) for key, texts in found.all()
    ]
    rows = [{"key": key, "texts": new} for key, texts, new in changed if new != texts]
    if rows:
        statement = sa.text(f"UPDATE media_items SET {column} = :texts WHERE id = :key")
        op.get_bind().execute(statement.bindparams(sa.bindparam("texts", type_=sa.ARRAY(sa.Text()))), rows)


def merge_offers() -> None:
    """Merges offers that differ only in spelling into the oldest, with all regions."""
    op.execute(
        """
        UPDATE streaming_providers SET regions = ARRAY(
            SELECT DISTINCT upper(region COLLATE "C") COLLATE "C" AS each FROM unnest(regions) AS region ORDER BY each)
        WHERE array_to_string(regions, ',') <> upper(array_to_string(regions, ',') COLLATE "C")
        """
    )
    op.execute(
        """
        WITH same AS (
            SELECT id, url, regions, min(id) OVER offer AS kept FROM streaming_providers
            WINDOW offer AS (PARTITION BY media_item_id, search_form(provider), offer_type)
        ), merged AS (
            SELECT kept, (array_agg(url ORDER BY id) FILTER (WHERE url IS NOT NULL))[1] AS url
            FROM same GROUP BY kept HAVING count(*) > 1
        )
        UPDATE streaming_providers SET url = merged.url, regions = ARRAY(
            SELECT DISTINCT region FROM same, unnest(same.regions) AS region
            WHERE same.kept = merged.kept ORDER BY region)
        FROM merged WHERE id = merged.kept
        """
    )
    op.execute(
        """
        DELETE FROM streaming_providers AS other USING streaming_providers AS kept
        WHERE other.media_item_id = kept.media_item_id AND other.offer_type = kept.offer_type
            AND search_form(other.provider) = search_form(kept.provider) AND other.id > kept.id
        """
    )


def create_spellings() -> None:
    """Creates the table, and the triggers that apply it."""
    op.execute("CREATE TYPE spelling_kind AS ENUM ('genre', 'service')")
    op.execute(
        """
        CREATE TABLE spellings (
            kind spelling_kind NOT NULL,
            key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (search_form(name)) STORED,
            name text COLLATE "C" NOT NULL,
            CONSTRAINT pk_spellings PRIMARY KEY (kind, key)
        )
        """
    )
    op.execute(
        """
        CREATE FUNCTION spelled(wanted spelling_kind, names text[]) RETURNS text[]
        LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            INSERT INTO spellings (kind, name)
                SELECT wanted, each FROM unnest(names) AS each WHERE NOT EXISTS (
                    SELECT FROM spellings WHERE kind = wanted AND key = search_form(each))
                ORDER BY search_form(each)
                ON CONFLICT DO NOTHING;
            RETURN ARRAY(
                SELECT spellings.name FROM unnest(names) WITH ORDINALITY AS given (name, place)
                JOIN spellings ON kind = wanted AND key = search_form(given.name)
                GROUP BY spellings.name ORDER BY min(place));
        END
        $$
        """
    )
    for name, table, column, value in (
        ("spell_genres", "media_items", "genres", "spelled('genre', NEW.genres)"),
        ("spell_provider", "streaming_providers", "provider", "(spelled('service', ARRAY[NEW.provider]))[1]"),
    ):
        op.execute(
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
            BEGIN
                NEW.{column} = {value};
                RETURN NEW;
            END
            $$
            """
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OF {column} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def spell_rows() -> None:
    """Applies the most frequent spelling of each name to all rows."""
    for kind, names in (
        ("genre", "SELECT unnest(genres) AS name FROM media_items"),
        ("service", "SELECT provider AS name FROM streaming_providers"),
    ):
        op.execute(
            f"""
            INSERT INTO spellings (kind, name)
            SELECT DISTINCT ON (search_form(name)) '{kind}'::spelling_kind, name
            FROM (SELECT name, count(*) AS uses FROM ({names}) AS used GROUP BY name) AS counted
            ORDER BY search_form(name), uses DESC, name COLLATE "C"
            """
        )
    op.execute("UPDATE media_items SET genres = genres WHERE genres <> spelled('genre', genres)")
    op.execute(
        "UPDATE streaming_providers SET provider = provider "
        "WHERE provider <> (spelled('service', ARRAY[provider]))[1]"
    )
