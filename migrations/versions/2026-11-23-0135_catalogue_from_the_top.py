"""Indexes for the catalogue from its best rated and its newest titles on, those without a value last.

Not CONCURRENTLY, which would take the migration out of its transaction: the catalogue is written by staff
alone, and indexing 20,000 titles takes 50 ms. A catalogue of millions waits some seconds, reading goes on.

Revises: 8d41b7
Created: 2026-11-23 01:35:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b3e6d9"
down_revision = "8d41b7"
branch_labels = None
depends_on = None

COLUMNS = ("release_date", "rating")


def upgrade() -> None:
    """Makes the indexes."""
    for column in COLUMNS:
        order = [sa.text(f"{column} DESC NULLS LAST"), sa.text("id DESC")]
        op.create_index(f"ix_media_items_{column}_desc", "media_items", order)


def downgrade() -> None:
    """Takes the indexes away."""
    for column in COLUMNS:
        op.drop_index(f"ix_media_items_{column}_desc", table_name="media_items")
