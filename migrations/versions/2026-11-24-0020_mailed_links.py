"""Adds the version of credentials that invalidates mailed links.

Revises: 4c91e7
Created: 2026-11-24 00:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "e4b1c7"
down_revision = "4c91e7"
branch_labels = None
depends_on = None

TABLES = ("users", "email_tokens")


def upgrade() -> None:
    """Adds the version to users and to mailed links."""
    for table in TABLES:
        version = sa.Column("credentials_version", sa.Integer(), server_default=sa.text("0"), nullable=False)
        op.add_column(table, version)


def downgrade() -> None:
    """Drops the columns."""
    for table in reversed(TABLES):
        op.drop_column(table, "credentials_version")
