"""A pool of test databases, because cleaning a database is several times faster than cloning one."""

from contextlib import suppress

import asyncpg

from tests.support.server import Server

# Autovacuum is off, so deleted rows stay in the files. A database is replaced before they slow tests down.
_MAX_USES = 60
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""
# With session_replication_role = replica, triggers and foreign keys are disabled, so the order of the tables
# doesn't matter.
_CLEAN = """
SET session_replication_role = replica;
SET lock_timeout = '2s';
DO $$
DECLARE
    name text;
    used boolean;
BEGIN
    FOREACH name IN ARRAY string_to_array('{tables}', ' ') LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO used;
        IF used THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    {filled}
    PERFORM setval(oid::regclass, seqstart, false) FROM pg_class JOIN pg_sequence ON seqrelid = oid;
END $$
"""
# Of a table that migrations fill, only their rows stay. If a test has changed one of them, the database is
# dropped.
_CLEAN_FILLED = """
    DELETE FROM {name} WHERE md5({name}::text) <> ALL ('{rows}');
    ASSERT (SELECT count(*) FROM {name}) = {count};"""
_ROWS = "SELECT array_agg(md5({name}::text)) FROM {name}"
# Every change of the schema, of privileges or of the database's settings writes new rows of system catalogs,
# with another `xmin`.
_SCHEMA = """
SELECT md5(string_agg(state, ',' ORDER BY state)) FROM (
    SELECT 'pg_class', oid, xmin FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT 'pg_attribute', attrelid, xmin FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 'pg_attrdef', oid, xmin FROM pg_attrdef
    UNION ALL SELECT 'pg_index', indexrelid, xmin FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT 'pg_constraint', oid, xmin FROM pg_constraint
    UNION ALL SELECT 'pg_trigger', oid, xmin FROM pg_trigger
    UNION ALL SELECT 'pg_event_trigger', oid, xmin FROM pg_event_trigger
    UNION ALL SELECT 'pg_rewrite', oid, xmin FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT 'pg_policy', oid, xmin FROM pg_policy
    UNION ALL SELECT 'pg_proc', oid, xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 'pg_type', oid, xmin FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT 'pg_enum', oid, xmin FROM pg_enum
    UNION ALL SELECT 'pg_collation', oid, xmin FROM pg_collation WHERE oid >= 16384
    UNION ALL SELECT 'pg_namespace', oid, xmin FROM pg_namespace
    UNION ALL SELECT 'pg_default_acl', oid, xmin FROM pg_default_acl
    UNION ALL SELECT 'pg_extension', oid, xmin FROM pg_extension
    UNION ALL SELECT 'pg_statistic', starelid, xmin FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT 'pg_db_role_setting', setrole, xmin FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS catalogs (catalog, id, version), LATERAL concat(catalog, ' ', id, ' ', version) AS state
"""
_DISCONNECT = """
SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Databases:
    """Clones of the template, each used by one test at a time.

    They are cleaned and reused. A database to which a test connected as the superuser may have another schema
    or other settings; then it is dropped.
    """

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[tuple[str, int]] = []  # with the number of its uses
        self._uses: dict[str, int] = {}
        self._clean: str | None = None
        self._schema: str | None = None
        # One connection to each database stays open: a new one would have to look up all tables again.
        self._cleaners: dict[str, asyncpg.Connection] = {}

    async def acquire(self) -> str:
        """Returns the URL of a migrated, empty database."""
        if self._free:
            url, uses = self._free.pop()
        else:
            url, uses = await self._server.create_database(self._template), 0
            self._clean = self._clean or await self._cleaning(url)
            self._schema = self._schema or await (await self._cleaner(url)).fetchval(_SCHEMA)
        self._uses[url] = uses + 1
        return url

    async def release(self, url: str) -> None:
        """Cleans the database for the next test, or drops it."""
        uses = self._uses.pop(url)
        if uses < _MAX_USES:
            with suppress(asyncpg.PostgresError):  # a table is missing, or something still holds a lock
                if await self._empty(url):
                    self._free.append((url, uses))
                    return
        if cleaner := self._cleaners.pop(url, None):
            await cleaner.close()
        await self._server.drop_database(url)

    async def close(self) -> None:
        """Closes the connections."""
        for cleaner in self._cleaners.values():
            await cleaner.close()
        self._cleaners.clear()

    async def _cleaner(self, url: str) -> asyncpg.Connection:
        if url not in self._cleaners or self._cleaners[url].is_closed():
            self._cleaners[url] = await self._server.connect_for_cleaning(url)
        return self._cleaners[url]

    async def _cleaning(self, url: str) -> str:
        cleaner = await self._cleaner(url)
        names = [row[0] for row in await cleaner.fetch(_TABLES)]
        rows = {name: await cleaner.fetchval(_ROWS.format(name=name)) for name in names}
        filled = {name: found for name, found in rows.items() if found}
        parts = [
            _CLEAN_FILLED.format(name=name, rows=f"{{{','.join(found)}}}", count=len(found))
            for name, found in filled.items()
        ]
        return _CLEAN.format(tables=" ".join(set(names) - set(filled)), filled="".join(parts))

    async def _empty(self, url: str) -> bool:
        """Deletes all rows. Returns False, and deletes nothing, if the schema has changed."""
        cleaner = await self._cleaner(url)
        await cleaner.execute(_DISCONNECT)
        if self._server.was_administered(url) and await cleaner.fetchval(_SCHEMA) != self._schema:
            return False
        await cleaner.execute(str(self._clean))
        return True
