"""The privileges of the serving role, if another role owns the tables.

The owner of the tables migrates. The serving role reads and writes rows; it can't change the schema, and can
remove data from the audit log only through two functions for that purpose.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db.session_parameters import single_use_engine

# Privileges on these tables that the application doesn't need, and the serving role doesn't get.
_RESERVED: Final = {
    "audit_events": "UPDATE, DELETE",
    "events": "INSERT, UPDATE, DELETE",
    "alembic_version": "INSERT, UPDATE, DELETE",
}
_FUNCTIONS: Final = (
    "purge_audit_events",
    "anonymise_audit_events",
    "anonymise_events",
    "relay_events",
    "create_event_partitions",
    "drop_event_partitions",
)
_QUOTED: Final = text("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = :role")
_ROLE: Final = text("SELECT current_user")


class UnknownRoleError(Exception):
    """There is no database role with this name."""


async def grant(url: str, role: str) -> bool:
    """Grants `role` the privileges for serving; `url` is the owner's. Returns False if `role` is the owner.

    Privileges that it doesn't need, such as DELETE on the audit log, are revoked. Run it again after
    migrations, because new tables have no grants.
    """
    engine = single_use_engine(url, "infocus-grants")
    try:
        async with engine.begin() as connection:
            if await connection.scalar(_ROLE) == role:
                return False
            await _grant(connection, role)
            return True
    finally:
        await engine.dispose()


async def _grant(connection: AsyncConnection, role: str) -> None:
    quoted = await connection.scalar(_QUOTED, {"role": role})
    if quoted is None:
        raise UnknownRoleError(role)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        *(f"REVOKE {rights} ON {table} FROM {quoted}" for table, rights in _RESERVED.items()),
        *(f"GRANT EXECUTE ON FUNCTION {function} TO {quoted}" for function in _FUNCTIONS),
    ]
    for statement in statements:
        await connection.execute(text(statement))
