"""The PostgreSQL that comes along: found, created, shared by processes, stopped by the last one.

Needs POSIX file locks: import it only when no address of a database is configured.
"""

from infocus_graphql.db.embedded.binaries import find_binaries
from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.lifecycle import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "find_binaries"]
