"""What the role that serves needs, when another one owns the tables.

The owner of the tables migrates; the serving role reads and changes rows, and can neither change the schema
nor take anything out of the audit log but by the two functions that were made for it.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db.session_parameters import single_use_engine

# What the application never does to a table, though the serving role may do the rest.
_RESERVED: Final = {
    "audit_events": "UPDATE, DELETE",
    "alembic_version": "INSERT, UPDATE, DELETE",
}
_FUNCTIONS: Final = ("forget_audit_events", "anonymise_audit_events")
_QUOTED: Final = text("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = :role")
_ROLE: Final = text("SELECT current_user")


class UnknownRoleError(Exception):
    """The server has no role of that name."""


async def grant(url: str, role: str) -> bool:
    """Grants `role` what it needs to serve; `url` is the owner's. False when that is the same role.

    Rights that it had before and doesn't need, such as to delete from the audit log, are revoked. It is run
    again after a migration: new tables have no grants yet.
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
