"""Creates the first eleven tables.

Revises:
Created: 2026-11-22 22:00:00+00:00
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM, JSONB

revision = "5f0c2a"
down_revision = branch_labels = depends_on = None

ENUMS = {
    "media_type": ("movie", "tv"),
    "offer_type": ("subscription", "free", "ads", "rent", "buy"),
    "watch_status": ("not_watched", "watching", "completed"),
    "visibility": ("private", "family"),
    "family_role": ("owner", "admin", "member"),
    "invitation_status": ("pending", "accepted", "declined", "revoked"),
    "recommendation_status": ("pending", "accepted", "rejected"),
}

# The column with the time of the last change, for each table that has one.
TOUCHED = {
    "users": "updated_at",
    "profiles": "updated_at",
    "families": "updated_at",
    "media_items": "updated_at",
    "watchlist_entries": "date_updated",
    "recommendations": "updated_at",
}

# In order of creation: each refers only to earlier tables or to itself.
TABLES = (
    "users",
    "profiles",
    "sessions",
    "refresh_tokens",
    "families",
    "family_memberships",
    "family_invitations",
    "media_items",
    "streaming_providers",
    "watchlist_entries",
    "recommendations",
)


def upgrade() -> None:
    for name, labels in ENUMS.items():
        ENUM(*labels, name=name).create(op.get_bind(), checkfirst=False)
    create_users()
    create_profiles()
    create_sessions()
    create_refresh_tokens()
    create_families()
    create_family_memberships()
    create_family_invitations()
    create_media_items()
    create_streaming_providers()
    create_watchlist_entries()
    create_recommendations()
    create_triggers()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for column in sorted(set(TOUCHED.values())):
        op.execute(f"DROP FUNCTION touch_{column}()")
    for name in ENUMS:
        op.execute(f"DROP TYPE {name}")


def create_users() -> None:
    op.create_table(
        "users",
        key("id"),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("is_staff", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        time_of_writing("created_at"),
        time_of_writing("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        length("users", "email", 3, 254),
        length("users", "name", 1, 100),
        sa.Index("uq_users_email", sa.text("lower(email)"), unique=True),
    )


def create_profiles() -> None:
    op.create_table(
        "profiles",
        key("id"),
        key("user_id"),
        sa.Column("bio", sa.Text()),
        sa.Column("avatar", sa.Text()),
        sa.Column("preferences", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        time_of_writing("created_at"),
        time_of_writing("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
        refers("profiles", "user_id", "users", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", name="uq_profiles_user_id"),
        length("profiles", "bio", 0, 2000),
        length("profiles", "avatar", 0, 2048),
    )


def create_sessions() -> None:
    op.create_table(
        "sessions",
        key("id"),
        key("user_id"),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("device", sa.Text()),
        sa.Column("ip_prefix", sa.Text()),
        time_of_writing("created_at"),
        time_of_writing("last_seen_at"),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        refers("sessions", "user_id", "users", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
        length("sessions", "device", 0, 200),
        sa.Index("ix_sessions_user_id_created_at", "user_id", "created_at", "id"),
        sa.Index("ix_sessions_expires_at", "expires_at"),
    )


def create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        key("id"),
        key("user_id"),
        key("session_id"),
        sa.Column("token_hash", sa.Text(), nullable=False),
        time_of_writing("created_at"),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        key("replaced_by_id", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_refresh_tokens"),
        refers("refresh_tokens", "user_id", "users", ondelete="CASCADE"),
        refers("refresh_tokens", "session_id", "sessions", ondelete="CASCADE"),
        refers("refresh_tokens", "replaced_by_id", "refresh_tokens", ondelete="SET NULL"),
        sa.UniqueConstraint("token_hash", name="uq_refresh_tokens_token_hash"),
        sa.Index("ix_refresh_tokens_user_id_created_at", "user_id", "created_at", "id"),
        sa.Index("ix_refresh_tokens_session_id", "session_id"),
        sa.Index("ix_refresh_tokens_replaced_by_id", "replaced_by_id"),
        sa.Index("ix_refresh_tokens_expires_at", "expires_at"),
    )


def create_families() -> None:
    op.create_table(
        "families",
        key("id"),
        sa.Column("name", sa.Text(), nullable=False),
        key("created_by_id", nullable=True),
        time_of_writing("created_at"),
        time_of_writing("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_families"),
        refers("families", "created_by_id", "users", ondelete="SET NULL"),
        length("families", "name", 1, 100),
        sa.Index("ix_families_created_by_id", "created_by_id"),
    )


def create_family_memberships() -> None:
    op.create_table(
        "family_memberships",
        key("id"),
        key("family_id"),
        key("user_id"),
        sa.Column("role", enum("family_role"), server_default="member", nullable=False),
        sa.Column("shares_watchlist", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        time_of_writing("joined_at"),
        sa.PrimaryKeyConstraint("id", name="pk_family_memberships"),
        refers("family_memberships", "family_id", "families", ondelete="CASCADE"),
        refers("family_memberships", "user_id", "users", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", "family_id", name="uq_family_memberships_user_id_family_id"),
        sa.Index(
            "uq_family_memberships_owner",
            "family_id",
            unique=True,
            postgresql_where=sa.text("role = 'owner'"),
        ),
        sa.Index("ix_family_memberships_family_id_joined_at", "family_id", "joined_at", "id"),
        sa.Index("ix_family_memberships_user_id_joined_at", "user_id", "joined_at", "id"),
    )


def create_family_invitations() -> None:
    op.create_table(
        "family_invitations",
        key("id"),
        key("family_id"),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("status", enum("invitation_status"), server_default="pending", nullable=False),
        key("invited_by_id", nullable=True),
        time_of_writing("created_at"),
        instant("expires_at"),
        instant("accepted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_family_invitations"),
        refers("family_invitations", "family_id", "families", ondelete="CASCADE"),
        refers("family_invitations", "invited_by_id", "users", ondelete="SET NULL"),
        sa.UniqueConstraint("token_hash", name="uq_family_invitations_token_hash"),
        length("family_invitations", "email", 3, 254),
        sa.Index(
            "uq_family_invitations_pending",
            "family_id",
            "email",
            unique=True,
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.Index("ix_family_invitations_family_id_created_at", "family_id", "created_at", "id"),
        sa.Index("ix_family_invitations_email_status", "email", "status"),
        sa.Index("ix_family_invitations_invited_by_id", "invited_by_id"),
        sa.Index("ix_family_invitations_expires_at", "expires_at"),
    )


def create_media_items() -> None:
    op.create_table(
        "media_items",
        key("id"),
        sa.Column("tmdb_id", sa.Integer(), nullable=False),
        sa.Column("tmdb_type", enum("media_type"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("poster_path", sa.Text()),
        sa.Column("backdrop_path", sa.Text()),
        sa.Column("release_date", sa.Date()),
        sa.Column("rating", sa.Double()),
        texts("genres"),
        texts("creators"),
        time_of_writing("created_at"),
        time_of_writing("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_media_items"),
        sa.UniqueConstraint("tmdb_type", "tmdb_id", name="uq_media_items_tmdb_type_tmdb_id"),
        check("media_items", "tmdb_id_positive", "tmdb_id > 0"),
        check("media_items", "rating_range", "rating BETWEEN 0 AND 10"),
        length("media_items", "title", 1, 500),
        length("media_items", "description", 0, 10_000),
        sa.Index("ix_media_items_title_id", "title", "id"),
        sa.Index("ix_media_items_created_at_id", "created_at", "id"),
        sa.Index("ix_media_items_release_date_id", "release_date", "id"),
        sa.Index("ix_media_items_rating_id", "rating", "id"),
        sa.Index("ix_media_items_genres", "genres", postgresql_using="gin"),
    )


def create_streaming_providers() -> None:
    op.create_table(
        "streaming_providers",
        key("id"),
        key("media_item_id"),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("offer_type", enum("offer_type"), server_default="subscription", nullable=False),
        sa.Column("url", sa.Text()),
        texts("regions"),
        time_of_writing("added_at"),
        sa.PrimaryKeyConstraint("id", name="pk_streaming_providers"),
        refers("streaming_providers", "media_item_id", "media_items", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "media_item_id",
            "provider",
            "offer_type",
            name="uq_streaming_providers_media_item_id_provider_offer_type",
        ),
        length("streaming_providers", "provider", 1, 100),
        length("streaming_providers", "url", 0, 2048),
        sa.Index("ix_streaming_providers_regions", "regions", postgresql_using="gin"),
    )


def create_watchlist_entries() -> None:
    op.create_table(
        "watchlist_entries",
        key("id"),
        key("user_id"),
        key("media_item_id"),
        sa.Column("status", enum("watch_status"), server_default="not_watched", nullable=False),
        sa.Column("rating", sa.SmallInteger()),
        sa.Column("notes", sa.Text()),
        sa.Column("notes_visibility", enum("visibility"), server_default="private", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        time_of_writing("date_added"),
        time_of_writing("date_updated"),
        sa.PrimaryKeyConstraint("id", name="pk_watchlist_entries"),
        refers("watchlist_entries", "user_id", "users", ondelete="CASCADE"),
        refers("watchlist_entries", "media_item_id", "media_items", ondelete="RESTRICT"),
        sa.UniqueConstraint("user_id", "media_item_id", name="uq_watchlist_entries_user_id_media_item_id"),
        check("watchlist_entries", "rating_range", "rating BETWEEN 1 AND 10"),
        length("watchlist_entries", "notes", 0, 2000),
        sa.Index("ix_watchlist_entries_user_id_date_added", "user_id", "date_added", "id"),
        sa.Index("ix_watchlist_entries_user_id_date_updated", "user_id", "date_updated", "id"),
        sa.Index("ix_watchlist_entries_user_id_status", "user_id", "status", "date_added", "id"),
        sa.Index("ix_watchlist_entries_media_item_id", "media_item_id"),
    )


def create_recommendations() -> None:
    op.create_table(
        "recommendations",
        key("id"),
        key("media_item_id"),
        key("from_user_id"),
        key("to_user_id"),
        sa.Column("message", sa.Text()),
        sa.Column("status", enum("recommendation_status"), server_default="pending", nullable=False),
        time_of_writing("created_at"),
        time_of_writing("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_recommendations"),
        refers("recommendations", "media_item_id", "media_items", ondelete="RESTRICT"),
        refers("recommendations", "from_user_id", "users", ondelete="CASCADE"),
        refers("recommendations", "to_user_id", "users", ondelete="CASCADE"),
        check("recommendations", "not_to_oneself", "from_user_id <> to_user_id"),
        length("recommendations", "message", 0, 1000),
        sa.Index(
            "uq_recommendations_pending",
            "from_user_id",
            "to_user_id",
            "media_item_id",
            unique=True,
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.Index("ix_recommendations_from_user_id_created_at", "from_user_id", "created_at", "id"),
        sa.Index("ix_recommendations_to_user_id_created_at", "to_user_id", "created_at", "id"),
        sa.Index("ix_recommendations_to_user_id_status", "to_user_id", "status"),
        sa.Index("ix_recommendations_media_item_id", "media_item_id"),
    )


def create_triggers() -> None:
    """Creates the tables, with triggers that set the time of the last change."""
    for column in sorted(set(TOUCHED.values())):
        op.execute(
            f"""
            CREATE FUNCTION touch_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.{column} = now();
                RETURN NEW;
            END
            $$
            """
        )
    for table, column in TOUCHED.items():
        # An UPDATE without a difference does not count as a change.
        op.execute(
            f"""
            CREATE TRIGGER touch_{column} BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
            EXECUTE FUNCTION touch_{column}()
            """
        )


def key(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """An id or a foreign key, compared bytewise."""
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def enum(name: str) -> ENUM:
    """An existing enum type."""
    return ENUM(*ENUMS[name], name=name, create_type=False)


def texts(name: str) -> sa.Column[Any]:
    """An array of texts, empty by default."""
    return sa.Column(name, sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A timestamp."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def time_of_writing(name: str) -> sa.Column[Any]:
    """A timestamp with the default now()."""
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def refers(table: str, column: str, target: str, *, ondelete: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the id of another table."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    """A check; `op.f` keeps the naming convention from adding its prefix a second time."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def length(table: str, column: str, minimum: int, maximum: int) -> sa.CheckConstraint:
    """The length of a text in characters."""
    return check(table, f"{column}_length", f"char_length({column}) BETWEEN {minimum} AND {maximum}")
