"""Adds details of titles: texts, translations, certifications, videos, collections, similar titles and genres.

Revises: 80d53f
Created: 2026-12-01 04:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infocus_graphql.core.ids import new_id

revision = "9a61d0"
down_revision = "80d53f"
branch_labels = None
depends_on = None

# TMDB's genres of films and of series, with their ids there.
MOVIES = {
    28: "Action",
    12: "Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    14: "Fantasy",
    36: "History",
    27: "Horror",
    10402: "Music",
    9648: "Mystery",
    10749: "Romance",
    878: "Science Fiction",
    10770: "TV Movie",
    53: "Thriller",
    10752: "War",
    37: "Western",
}
SERIES = {
    10759: "Action & Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    10762: "Kids",
    9648: "Mystery",
    10763: "News",
    10764: "Reality",
    10765: "Sci-Fi & Fantasy",
    10766: "Soap",
    10767: "Talk",
    10768: "War & Politics",
    37: "Western",
}
# Changes of these columns alone don't set `updated_at`: generated columns, and values that change at TMDB every day.
TOUCH = """
CREATE OR REPLACE FUNCTION touch_media_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before media_items = OLD;
BEGIN
    before.title_search = NEW.title_search;
    before.title_sort = NEW.title_sort;
    before.popularity = NEW.popularity;
    before.vote_count = NEW.vote_count;
    IF before IS DISTINCT FROM NEW THEN
        NEW.updated_at = now();
    END IF;
    RETURN NEW;
END
$$
"""
OLD_TOUCH = """
CREATE OR REPLACE FUNCTION touch_media_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title_search = OLD.title_search;
    NEW.title_sort = OLD.title_sort;
    IF OLD IS DISTINCT FROM NEW THEN
        NEW.updated_at = now();
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    create_titles()
    create_lists()
    create_genres()
    op.execute(TOUCH)


def downgrade() -> None:
    op.execute(OLD_TOUCH)
    for table in (
        "genre_names",
        "genres",
        "similar_titles",
        "media_videos",
        "media_certifications",
        "media_translations",
    ):
        op.drop_table(table)
    for column in (
        "removed_at",
        "keywords",
        "collection_id",
        "wikidata_id",
        "tvdb_id",
        "imdb_id",
        "countries",
        "popularity",
        "vote_count",
        "production_status",
        "runtime_minutes",
        "end_date",
        "tagline",
        "original_language",
        "original_title",
    ):
        op.drop_column("media_items", column)
    op.drop_table("collections")
    op.execute("DROP TYPE production_status")


def create_titles() -> None:
    """Adds collections, and columns to `media_items`."""
    sa.Enum(
        "rumored",
        "planned",
        "pilot",
        "in_production",
        "post_production",
        "released",
        "returning_series",
        "ended",
        "canceled",
        name="production_status",
    ).create(op.get_bind())
    op.create_table(
        "collections",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("poster_path", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 300", name=op.f("ck_collections_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("tmdb_id", name=op.f("uq_collections_tmdb_id")),
    )
    op.add_column("media_items", sa.Column("original_title", sa.Text(), nullable=True))
    op.add_column("media_items", sa.Column("original_language", sa.Text(), nullable=True))
    op.add_column("media_items", sa.Column("tagline", sa.Text(), nullable=True))
    op.add_column("media_items", sa.Column("end_date", sa.Date(), nullable=True))
    op.add_column("media_items", sa.Column("runtime_minutes", sa.Integer(), nullable=True))
    op.add_column(
        "media_items",
        sa.Column(
            "production_status",
            postgresql.ENUM(
                "rumored",
                "planned",
                "pilot",
                "in_production",
                "post_production",
                "released",
                "returning_series",
                "ended",
                "canceled",
                name="production_status",
                create_type=False,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "media_items", sa.Column("vote_count", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("media_items", sa.Column("popularity", sa.Double(), nullable=True))
    op.add_column(
        "media_items",
        sa.Column("countries", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("media_items", sa.Column("imdb_id", sa.Text(), nullable=True))
    op.add_column("media_items", sa.Column("tvdb_id", sa.Integer(), nullable=True))
    op.add_column("media_items", sa.Column("wikidata_id", sa.Text(), nullable=True))
    op.add_column("media_items", sa.Column("collection_id", sa.Text(collation="C"), nullable=True))
    op.add_column(
        "media_items",
        sa.Column("keywords", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("media_items", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_media_items_collection_id"), "media_items", ["collection_id"], unique=False)
    op.create_index(
        "ix_media_items_imdb_id",
        "media_items",
        ["imdb_id"],
        unique=False,
        postgresql_where=sa.text("imdb_id IS NOT NULL"),
    )
    op.create_index(
        "ix_media_items_popularity_desc",
        "media_items",
        [sa.literal_column("popularity DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_foreign_key(
        op.f("fk_media_items_collection_id"),
        "media_items",
        "collections",
        ["collection_id"],
        ["id"],
        ondelete="SET NULL",
    )
    for constraint, condition in (
        ("original_title_length", "char_length(original_title) BETWEEN 0 AND 500"),
        ("tagline_length", "char_length(tagline) BETWEEN 0 AND 500"),
        ("runtime_minutes_positive", "runtime_minutes > 0"),
        ("vote_count_not_negative", "vote_count >= 0"),
    ):
        op.create_check_constraint(op.f(f"ck_media_items_{constraint}"), "media_items", condition)


def create_lists() -> None:
    """Creates the tables with several rows for a title."""
    op.create_table(
        "media_certifications",
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("country", sa.Text(collation="C"), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("minimum_age", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "char_length(label) BETWEEN 1 AND 20", name=op.f("ck_media_certifications_label_length")
        ),
        sa.CheckConstraint(
            "minimum_age BETWEEN 0 AND 21", name=op.f("ck_media_certifications_minimum_age_range")
        ),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_media_certifications_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("media_item_id", "country", name=op.f("pk_media_certifications")),
    )
    op.create_index(
        "ix_media_certifications_country_minimum_age",
        "media_certifications",
        ["country", "minimum_age"],
        unique=False,
    )
    op.create_table(
        "media_translations",
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("country", sa.Text(collation="C"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "char_length(description) BETWEEN 0 AND 10000",
            name=op.f("ck_media_translations_description_length"),
        ),
        sa.CheckConstraint(
            "char_length(tagline) BETWEEN 0 AND 500", name=op.f("ck_media_translations_tagline_length")
        ),
        sa.CheckConstraint(
            "char_length(title) BETWEEN 0 AND 500", name=op.f("ck_media_translations_title_length")
        ),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_media_translations_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("media_item_id", "language", "country", name=op.f("pk_media_translations")),
    )
    op.create_table(
        "media_videos",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("official", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 200", name=op.f("ck_media_videos_key_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 0 AND 300", name=op.f("ck_media_videos_name_length")),
        sa.CheckConstraint("char_length(site) BETWEEN 1 AND 300", name=op.f("ck_media_videos_site_length")),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_media_videos_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_videos")),
        sa.UniqueConstraint(
            "media_item_id", "site", "key", name=op.f("uq_media_videos_media_item_id_site_key")
        ),
    )
    op.create_table(
        "similar_titles",
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "tmdb_type", postgresql.ENUM("movie", "tv", name="media_type", create_type=False), nullable=False
        ),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_similar_titles_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("media_item_id", "tmdb_type", "tmdb_id", name=op.f("pk_similar_titles")),
    )


def create_genres() -> None:
    """Creates the tables of genres, with those of TMDB in their spelling in the catalogue."""
    op.create_table(
        "genres",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("for_movies", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("for_series", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 300", name=op.f("ck_genres_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_genres")),
        sa.UniqueConstraint("name", name=op.f("uq_genres_name")),
        sa.UniqueConstraint("tmdb_id", name=op.f("uq_genres_tmdb_id")),
    )
    op.create_table(
        "genre_names",
        sa.Column("genre_id", sa.Text(collation="C"), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 300", name=op.f("ck_genre_names_name_length")),
        sa.ForeignKeyConstraint(
            ["genre_id"], ["genres.id"], name=op.f("fk_genre_names_genre_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("genre_id", "language", name=op.f("pk_genre_names")),
    )
    for tmdb_id, name in (MOVIES | SERIES).items():
        values = {
            "id": new_id("ge"),
            "tmdb_id": tmdb_id,
            "name": name,
            "movies": tmdb_id in MOVIES,
            "series": tmdb_id in SERIES,
        }
        op.execute(
            sa.text(
                "INSERT INTO genres (id, tmdb_id, name, for_movies, for_series) "
                "VALUES (:id, :tmdb_id, (spelled('genre', ARRAY[:name]))[1], :movies, :series)"
            ).bindparams(**values)
        )
