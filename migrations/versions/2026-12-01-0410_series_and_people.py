"""Creates seasons, episodes, people and credits.

Revises: 9a61d0
Created: 2026-12-01 04:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a3c9e7"
down_revision = "9a61d0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_series()
    create_people()


def downgrade() -> None:
    for table in ("credits", "people", "episodes", "seasons"):
        op.drop_table(table)
    for kind in ("credit_kind", "episode_kind"):
        op.execute(f"DROP TYPE {kind}")


def create_series() -> None:
    """Creates seasons and episodes."""
    sa.Enum("standard", "mid_season_finale", "finale", name="episode_kind").create(op.get_bind())
    op.create_table(
        "seasons",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("air_date", sa.Date(), nullable=True),
        sa.Column("poster_path", sa.Text(), nullable=True),
        sa.Column("episode_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("media_item_id"), "="),
            (sa.column("number"), "="),
            where=sa.text("removed_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="ex_seasons_media_item_id_number",
        ),
        sa.CheckConstraint(
            "char_length(description) BETWEEN 0 AND 10000", name=op.f("ck_seasons_description_length")
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 0 AND 500", name=op.f("ck_seasons_title_length")),
        sa.CheckConstraint("episode_count >= 0", name=op.f("ck_seasons_episode_count_not_negative")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_seasons_number_not_negative")),
        sa.ForeignKeyConstraint(
            ["media_item_id"], ["media_items.id"], name=op.f("fk_seasons_media_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
        sa.UniqueConstraint("tmdb_id", name=op.f("uq_seasons_tmdb_id")),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("season_id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("air_date", sa.Date(), nullable=True),
        sa.Column("runtime_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            postgresql.ENUM(
                "standard", "mid_season_finale", "finale", name="episode_kind", create_type=False
            ),
            server_default="standard",
            nullable=False,
        ),
        sa.Column("still_path", sa.Text(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("vote_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("season_id"), "="),
            (sa.column("number"), "="),
            where=sa.text("removed_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="ex_episodes_season_id_number",
        ),
        sa.CheckConstraint(
            "char_length(description) BETWEEN 0 AND 10000", name=op.f("ck_episodes_description_length")
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 0 AND 500", name=op.f("ck_episodes_title_length")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_episodes_number_not_negative")),
        sa.CheckConstraint("rating > 0 AND rating <= 10", name=op.f("ck_episodes_rating_range")),
        sa.CheckConstraint("runtime_minutes > 0", name=op.f("ck_episodes_runtime_minutes_positive")),
        sa.CheckConstraint("vote_count >= 0", name=op.f("ck_episodes_vote_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["media_item_id"], ["media_items.id"], name=op.f("fk_episodes_media_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["season_id"], ["seasons.id"], name=op.f("fk_episodes_season_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
        sa.UniqueConstraint("tmdb_id", name=op.f("uq_episodes_tmdb_id")),
    )
    op.create_index(
        "ix_episodes_media_item_id_air_date", "episodes", ["media_item_id", "air_date"], unique=False
    )
    op.create_index("ix_episodes_season_id", "episodes", ["season_id"], unique=False)


def create_people() -> None:
    """Creates people and credits."""
    sa.Enum("cast", "crew", name="credit_kind").create(op.get_bind())
    op.create_table(
        "people",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile_path", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 300", name=op.f("ck_people_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("tmdb_id", name=op.f("uq_people_tmdb_id")),
    )
    op.create_table(
        "credits",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("person_id", sa.Text(collation="C"), nullable=False),
        sa.Column("tmdb_credit_id", sa.Text(), nullable=False),
        sa.Column(
            "kind", postgresql.ENUM("cast", "crew", name="credit_kind", create_type=False), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("character", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("episode_count", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "char_length(character) BETWEEN 0 AND 500", name=op.f("ck_credits_character_length")
        ),
        sa.CheckConstraint("char_length(job) BETWEEN 0 AND 500", name=op.f("ck_credits_job_length")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_credits_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["media_item_id"], ["media_items.id"], name=op.f("fk_credits_media_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_credits_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint(
            "media_item_id", "tmdb_credit_id", name=op.f("uq_credits_media_item_id_tmdb_credit_id")
        ),
    )
    op.create_index(
        "ix_credits_media_item_id_kind_position",
        "credits",
        ["media_item_id", "kind", "position"],
        unique=False,
    )
    op.create_index(op.f("ix_credits_person_id"), "credits", ["person_id"], unique=False)
