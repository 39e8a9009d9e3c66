"""The embedded PostgreSQL for development: shared by processes, and stopped by the last one.

Requires POSIX file locks: import it only if no database URL is configured.
"""

from infocus_graphql.db.embedded.binaries import find_binaries
from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.lifecycle import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "find_binaries"]
