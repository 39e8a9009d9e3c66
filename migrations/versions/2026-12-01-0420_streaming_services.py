"""Creates streaming services, arrivals and departures of offers, and the state of fetches from TMDB.

Revises: a3c9e7
Created: 2026-12-01 04:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b81f42"
down_revision = "a3c9e7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sa.Enum("arrived", "departed", name="offer_event_kind").create(op.get_bind())
    op.create_table(
        "streaming_services",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "name_sort",
            sa.Text(collation="C"),
            sa.Computed("sort_form(name)", persisted=True),
            nullable=False,
        ),
        sa.Column("logo_path", sa.Text(), nullable=True),
        sa.Column("regions", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("1000"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 100", name=op.f("ck_streaming_services_name_length")
        ),
        sa.CheckConstraint(
            "char_length(slug) BETWEEN 1 AND 100", name=op.f("ck_streaming_services_slug_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streaming_services")),
        sa.UniqueConstraint("slug", name=op.f("uq_streaming_services_slug")),
    )
    op.create_index(
        "ix_streaming_services_priority_name_sort",
        "streaming_services",
        ["priority", "name_sort"],
        unique=False,
    )
    op.create_index(
        "ix_streaming_services_regions",
        "streaming_services",
        ["regions"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "title_fetches",
        sa.Column(
            "tmdb_type", postgresql.ENUM("movie", "tv", name="media_type", create_type=False), nullable=False
        ),
        sa.Column("tmdb_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_title_fetches_failures_not_negative")),
        sa.CheckConstraint("tmdb_id > 0", name=op.f("ck_title_fetches_tmdb_id_positive")),
        sa.PrimaryKeyConstraint("tmdb_type", "tmdb_id", name=op.f("pk_title_fetches")),
    )
    op.create_index(
        "ix_title_fetches_refresh_at",
        "title_fetches",
        ["refresh_at"],
        unique=False,
        postgresql_where=sa.text("refresh_at IS NOT NULL"),
    )
    op.create_table(
        "tmdb_providers",
        sa.Column("tmdb_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("streaming_service_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_tmdb_providers_name_length")),
        sa.ForeignKeyConstraint(
            ["streaming_service_id"],
            ["streaming_services.id"],
            name=op.f("fk_tmdb_providers_streaming_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tmdb_id", name=op.f("pk_tmdb_providers")),
    )
    op.create_index(
        op.f("ix_tmdb_providers_streaming_service_id"),
        "tmdb_providers",
        ["streaming_service_id"],
        unique=False,
    )
    op.create_table(
        "offer_events",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("media_item_id", sa.Text(collation="C"), nullable=False),
        sa.Column("streaming_service_id", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "offer_type",
            postgresql.ENUM(
                "subscription", "free", "ads", "rent", "buy", name="offer_type", create_type=False
            ),
            nullable=False,
        ),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            postgresql.ENUM("arrived", "departed", name="offer_event_kind", create_type=False),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_item_id"],
            ["media_items.id"],
            name=op.f("fk_offer_events_media_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["streaming_service_id"],
            ["streaming_services.id"],
            name=op.f("fk_offer_events_streaming_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_offer_events")),
    )
    op.create_index(
        "ix_offer_events_media_item_id_occurred_at",
        "offer_events",
        ["media_item_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_events_streaming_service_id"), "offer_events", ["streaming_service_id"], unique=False
    )
    op.add_column(
        "streaming_providers", sa.Column("streaming_service_id", sa.Text(collation="C"), nullable=True)
    )
    op.create_index(
        op.f("ix_streaming_providers_streaming_service_id"),
        "streaming_providers",
        ["streaming_service_id"],
        unique=False,
    )
    op.create_foreign_key(
        op.f("fk_streaming_providers_streaming_service_id"),
        "streaming_providers",
        "streaming_services",
        ["streaming_service_id"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    op.drop_column("streaming_providers", "streaming_service_id")
    for table in ("title_fetches", "offer_events", "tmdb_providers", "streaming_services"):
        op.drop_table(table)
    op.execute("DROP TYPE offer_event_kind")
