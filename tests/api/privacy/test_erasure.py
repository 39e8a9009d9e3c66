"""After the erasure of an account, the database contains nothing about its user.

Every column that can contain personal data is filled with marks, table by table. New tables and columns
are found in the catalogue of the database; these tests fail until they are filled, exported or excluded
with a reason, and erased.
"""

import csv
import io
import re
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.sql.visitors import iterate

from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.privacy.reads.contents import LEFT_OUT, SECTIONS
from infocus_graphql.domains.privacy.writes import erasure
from infocus_graphql.graph.context import Services
from tests.sample_rows import ROWS, run
from tests.support.client import Api
from tests.support.mailbox import Post
from tests.support.server import Server

from .conftest import exported
from .conftest import table as rows_of

PAGE = Path(__file__).parents[3] / "docs" / "data-export.md"
ANN, ADDRESS, FORMER = new_id("us"), "marked.ann@private.example", "former.ann@private.example"
MARK = "Unmistakable"  # in each text that a user can write, or that is recorded about their device
NETWORK = "198.51.100.0/24"
MARKS = (ANN, ADDRESS, FORMER, MARK, NETWORK[:10])
# Ann is the first user of the sample rows, which other tests of the tables use too.
FILL = ROWS.replace("'us1'", f"'{ANN}'").replace("'a@x.org'", f"'{ADDRESS}'")
FULL = f"""
UPDATE users SET name = '{MARK}' WHERE id = '{ANN}';
UPDATE profiles SET bio = '{MARK}', avatar = 'https://{MARK}.example', preferences = '{{"x": "{MARK}"}}'
    WHERE user_id = '{ANN}';
UPDATE sessions SET device = '{MARK}', ip_prefix = '{NETWORK}' WHERE user_id = '{ANN}';
UPDATE email_tokens SET name = '{MARK}', password_hash = 'h';
INSERT INTO email_tokens (id, purpose, email, name, token_hash, password_hash, expires_at)
    VALUES ('et2', 'registration', '{ADDRESS}', '{MARK}', 'h2', 'h', now());
INSERT INTO email_tokens (id, purpose, email, user_id, token_hash, expires_at)
    VALUES ('et3', 'address_change', '{ADDRESS}', 'us2', 'h3', now());
UPDATE api_tokens SET name = '{MARK}';
UPDATE passkeys SET name = '{MARK}';
UPDATE watchlist_entries SET notes = '{MARK}' WHERE user_id = '{ANN}';
UPDATE watch_events SET note = '{MARK}', source = '{MARK}' WHERE user_id = '{ANN}';
UPDATE recommendations SET message = '{MARK}';
UPDATE idempotency_records SET response = '{{"x": "{MARK}"}}', key = '{MARK}';
INSERT INTO idempotency_records (user_id, operation, key, fingerprint, claim, response)
    VALUES ('us2', 'createFamily', 'k1', 'h', 'c', '{{"name": "{MARK}"}}'),
    ('us2', 'createFamily', 'k2', 'h', 'c', '{{"id": "{ANN}"}}');
UPDATE idempotency_records SET payload = '{{"rows": {{"viewer": "{ANN}"}}}}';
INSERT INTO rate_states (key, level) VALUES ('invitation:{ANN}', 4e9);
INSERT INTO family_invitations (id, family_id, email, token_hash, status, expires_at)
    VALUES ('fi2', 'fa1', '{ADDRESS}', 'h2', 'pending', now()),
    ('fi3', 'fa1', '{FORMER}', 'h3', 'accepted', now());
INSERT INTO audit_events (id, action, actor_id, target_user_id, object_id, ip_prefix, device, details) VALUES
    ('ae2', 'invitation_accepted', '{ANN}', '{ANN}', 'fi3', '{NETWORK}', '{MARK}', '{{}}'),
    ('ae3', 'sign_in_failed', NULL, '{ANN}', NULL, '{NETWORK}', '{MARK}', '{{}}'),
    ('ae4', 'role_changed', 'us2', '{ANN}', 'fm1', '192.0.2.0/24', 'Another phone', '{{"role": "ADMIN"}}'),
    ('ae5', 'role_changed', '{ANN}', 'us2', 'fm2', '{NETWORK}', '{MARK}', '{{"person": "{ANN}"}}');
UPDATE data_export_parts SET content = convert_to('{MARK}', 'UTF8');
INSERT INTO pgqueuer (priority, status, entrypoint, payload, dedupe_key) VALUES
    (0, 'failed', 'send_mail', convert_to('{{"to": "{ADDRESS}", "text": "{MARK}"}}', 'UTF8'), NULL),
    (0, 'failed', 'send_mail', convert_to('{{"text": "{MARK}", "about": "{ANN}"}}', 'UTF8'), NULL),
    (0, 'failed', 'mail_reset', convert_to('{{"email": "{ADDRESS}"}}', 'UTF8'), 'reset:{ADDRESS}'),
    (0, 'failed', 'mail_reset', convert_to('{{"email": "x{ADDRESS[1:]}"}}', 'UTF8'), NULL);
"""
# Text columns that can't contain anything written by a user: generated values and enums.
MACHINE_MADE = re.compile(
    r"id|.*_id|.*_hash|totp_secret|status|operation|fingerprint|claim|purpose|role|scopes"
    r"|merge_key|unsubscribe_key|quiet_from|quiet_until|digest_at|public_key|transports|region|language|time_zone"
)
TEXTS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public'
AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')
"""
REFERENCES = """
SELECT conrelid::regclass::text AS "table", attname AS "column"
FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE contype = 'f' AND confrelid = 'users'::regclass
"""
TABLES = """
SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
"""


async def grep(database: asyncpg.Connection, *marks: str) -> list[str]:
    """Returns the rows of all tables that contain one of the marks, as text or as bytes."""
    wanted = [each.lower() for each in marks] + [each.encode().hex() for each in marks]
    found = []
    for (table,) in await database.fetch(TABLES):
        rows = await database.fetch(f"SELECT row::text AS text FROM {table} AS row")
        found += [
            f"{table}: {row['text']}" for row in rows if any(each in row["text"].lower() for each in wanted)
        ]
    return found


async def fill(server: Server, url: str) -> asyncpg.Connection:
    """Fills all tables with data about Ann."""
    await run(url, FILL)
    database = await server.connect(url)
    await database.execute(FULL)
    return database


async def test_erasure_leaves_nothing_in_the_database(
    server: Server, database_url: str, services: Services, post: Post
) -> None:
    database = await fill(server, database_url)
    before = await grep(database, *MARKS)
    await services.database.transaction(erasure.enqueue_due_deletions)
    mails = await post.delivered()
    assert [(mail.to, mail.subject) for mail in mails] == [(ADDRESS, "Your account was deleted")]
    # Jobs about a user whose address ends with the erased one are kept.
    other = "x" + ADDRESS[1:]
    left = [each for each in await grep(database, *MARKS) if other.encode().hex() not in each]
    # Events have ids that refer to nothing any more, from which other devices learn what to remove.
    assert [each for each in left if not each.startswith("public.event")] == []
    for table in ("events", "event_outbox"):
        linked = f"SELECT count(media_item_id) FROM {table} WHERE $1 IN (user_id, other_user_id)"
        assert await database.fetchval(linked, ANN) == 0
    assert len(before) > 30, "there was something to find"
    # Events of others, and the anonymised events, are kept.
    rows = {row["id"]: row for row in await database.fetch("SELECT * FROM audit_events")}
    assert (rows["ae4"]["actor_id"], rows["ae4"]["device"]) == ("us2", "Another phone")
    assert (rows["ae5"]["target_user_id"], rows["ae5"]["object_id"]) == ("us2", "fm2")
    assert rows["ae4"]["details"] == '{"role": "ADMIN"}' and rows["ae5"]["details"] == "{}"
    assert await database.fetchval("SELECT count(*) FROM users") == 1
    assert await database.fetchval(
        "SELECT string_agg(coalesce(response, 'lost'), ' ') FROM idempotency_records"
    ) == ("lost lost")
    assert await database.fetchval("SELECT count(payload) FROM idempotency_records") == 0
    await database.close()


async def test_every_column_with_personal_data_was_filled(server: Server, database_url: str) -> None:
    database = await fill(server, database_url)
    theirs = {
        (row["table"], row["column"]): await database.fetchval(
            f"SELECT count(*) FROM {row['table']} WHERE {row['column']} = $1", ANN
        )
        for row in await database.fetch(REFERENCES)
    }
    assert [place for place, count in theirs.items() if not count] == []
    personal = {table for table, _ in theirs} | {"users", "data_export_parts"}
    assert len(personal) > 15
    empty = []
    for table, column in await database.fetch(TEXTS):
        if table in personal - {"families"} and not MACHINE_MADE.fullmatch(column):
            rows = await database.fetch(f"SELECT {column}::text AS text FROM {table}")
            wanted = [each.lower() for each in MARKS] + [MARK.encode().hex()]
            if not any(mark in (row["text"] or "").lower() for row in rows for mark in wanted):
                empty.append(f"{table}.{column}")
    assert empty == [], "fill these with a mark"
    await database.close()


async def test_every_table_is_exported_or_excluded_with_a_reason(server: Server, database_url: str) -> None:
    database = await server.connect(database_url)
    names = {row[0].removeprefix("public.") for row in await database.fetch(TABLES)}
    names = {name for name in names if not re.fullmatch(r"events_\d{8}", name)}  # partitions
    await database.close()
    exported_tables = {
        column.table.name
        for section in SECTIONS
        for column in columns_of(section)
        if column.table is not None
    }
    # Titles and streaming services are exported with the lists that contain them.
    assert exported_tables & set(LEFT_OUT) == {"media_items", "streaming_services"}
    assert names == exported_tables | set(LEFT_OUT)


# Columns that no export contains: secrets, and the user's own id.
NOT_COLUMNS = re.compile(
    r".*_hash|totp_secret|last_step|response|payload|claim|fingerprint|user_id|email_tokens\.name"
    r"|public_key|credential_id|credentials_version|unsubscribe_key"
)


def test_every_column_is_exported_or_a_secret() -> None:
    shown: dict[str, set[str]] = {}
    for section in SECTIONS:
        for column in columns_of(section):
            shown.setdefault(column.table.name, set()).add(column.name)
    missing = []
    for section in SECTIONS:
        for column in columns_of(section):
            table = column.table
            if table.name in ("media_items", "streaming_services", "families", "recommendations"):
                continue
            missing += [
                f"{table.name}.{each.name}"
                for each in table.columns
                if each.name not in shown[table.name]
                and not NOT_COLUMNS.fullmatch(each.name)
                and not NOT_COLUMNS.fullmatch(f"{table.name}.{each.name}")
            ]
    assert sorted(set(missing)) == ["family_invitations.invited_by_id"]


def columns_of(section: Any) -> list[Any]:
    """Returns the table columns that a section reads."""
    found = []
    for value, _ in section.columns.values():
        for each in iterate(value.__clause_element__() if hasattr(value, "__clause_element__") else value):
            if getattr(each, "table", None) is not None and each.__visit_name__ == "column":
                found.append(each)
    return found


async def test_an_export_has_the_files_and_columns_in_the_documentation(
    api: Api, server: Server, database_url: str, post: Post
) -> None:
    await run(database_url, FILL)
    database = await server.connect(database_url)
    await database.execute("UPDATE family_invitations SET email = $1", ADDRESS)
    await database.execute("UPDATE users SET email_verified_at = now()")
    await database.close()
    archive = await exported(api.as_(ANN), post)
    page = PAGE.read_text("utf-8")
    tables = page[page.index("## account") :]
    assert archive.read("README.md").decode().endswith(tables)
    names = re.findall(r"^## (.*)$", tables, re.MULTILINE)
    documented = dict(zip(names, (columns(each) for each in tables.split("## ")[1:]), strict=True))
    assert set(archive.namelist()) == {"README.md"} | {
        f"{n}.{kind}" for n in names for kind in ("json", "csv")
    }
    for name in names:
        rows = rows_of(archive, name)
        assert rows, f"the sample rows have nothing for {name}"
        assert [list(row) for row in rows] == [documented[name]] * len(rows)
        lines = csv.reader(io.StringIO(archive.read(f"{name}.csv").decode(), newline=""))
        assert next(lines) == documented[name]
        assert len(list(lines)) == len(rows)


def columns(text: str) -> list[str]:
    """Returns the columns in the table of a section of the documentation."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
