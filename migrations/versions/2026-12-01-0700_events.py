"""Creates the events: a log of all changes that clients can be notified of.

Triggers write to `event_outbox` in the transaction of the change. `relay_events` moves these rows to `events`
and gives them ids in the order in which the transactions were committed, so that a client that has read up to
an id never misses an earlier event.

Revises: e2b7c4
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

revision = "b3d9f2"
down_revision = "e2b7c4"
branch_labels = None
depends_on = None

_TYPES = (
    "entry_added",
    "entry_updated",
    "entry_removed",
    "family_updated",
    "family_deleted",
    "member_joined",
    "member_left",
    "role_changed",
    "sharing_changed",
    "invitation_received",
    "invitation_answered",
    "invitation_revoked",
    "recommendation_received",
    "recommendation_updated",
    "recommendation_answered",
    "recommendation_withdrawn",
    "session_started",
    "session_ended",
    "settings_changed",
    "user_updated",
    "title_updated",
)

_DAYS_AHEAD = 7

# The columns that describe an event, in the outbox and in the log.
_COLUMNS = "type, node_id, user_id, other_user_id, family_id, media_item_id, occurred_at"


def _record(event_type: str, row: str, **columns: str) -> str:
    """The statement of a trigger that records an event about `row`."""
    names, values = ["type", "node_id", *columns], [f"'{event_type}'", f"{row}.id", *columns.values()]
    return f"INSERT INTO public.event_outbox ({', '.join(names)}) VALUES ({', '.join(values)});"


def _entry(event_type: str, row: str) -> str:
    return _record(event_type, row, user_id=f"{row}.user_id", media_item_id=f"{row}.media_item_id")


def _member(event_type: str, row: str) -> str:
    return _record(event_type, row, user_id=f"{row}.user_id", family_id=f"{row}.family_id")


def _recommendation(event_type: str, row: str) -> str:
    return _record(
        event_type,
        row,
        user_id=f"{row}.to_user_id",
        other_user_id=f"{row}.from_user_id",
        media_item_id=f"{row}.media_item_id",
    )


def _invitation(event_type: str, row: str) -> str:
    # The invited user, if the address is the verified address of an account.
    invited = (
        f"(SELECT id FROM public.users WHERE lower(email) = {row}.email AND email_verified_at IS NOT NULL)"
    )
    return _record(event_type, row, user_id=invited, family_id=f"{row}.family_id")


# The bodies of the triggers. Conditions on columns are in the bodies: a WHEN would make it impossible to change
# the type of its columns.
_TRIGGERS = {
    "watchlist_entries": f"""
    IF TG_OP = 'UPDATE' THEN {_entry("entry_updated", "NEW")}
    ELSIF TG_OP = 'INSERT' THEN {_entry("entry_added", "NEW")}
    ELSE {_entry("entry_removed", "OLD")}
    END IF;""",
    "families": f"""
    IF TG_OP = 'UPDATE' THEN {_record("family_updated", "NEW", family_id="NEW.id")}
    ELSIF TG_OP = 'DELETE' THEN {_record("family_deleted", "OLD", family_id="OLD.id")}
    END IF;""",
    "family_memberships": f"""
    IF TG_OP = 'INSERT' THEN {_member("member_joined", "NEW")}
    ELSIF TG_OP = 'DELETE' THEN {_member("member_left", "OLD")}
    ELSE
        IF OLD.role <> NEW.role THEN {_member("role_changed", "NEW")} END IF;
        IF OLD.shares_watchlist <> NEW.shares_watchlist THEN {_member("sharing_changed", "NEW")} END IF;
    END IF;""",
    "family_invitations": f"""
    IF TG_OP = 'DELETE' THEN {_invitation("invitation_revoked", "OLD")}
    ELSIF TG_OP = 'INSERT' OR NEW.status = 'pending' THEN {_invitation("invitation_received", "NEW")}
    ELSIF NEW.status = 'revoked' THEN {_invitation("invitation_revoked", "NEW")}
    ELSE {_invitation("invitation_answered", "NEW")}
    END IF;""",
    "recommendations": f"""
    IF TG_OP = 'INSERT' THEN {_recommendation("recommendation_received", "NEW")}
    ELSIF TG_OP = 'DELETE' THEN {_recommendation("recommendation_withdrawn", "OLD")}
    ELSIF OLD.status <> NEW.status THEN {_recommendation("recommendation_answered", "NEW")}
    ELSE {_recommendation("recommendation_updated", "NEW")}
    END IF;""",
    "sessions": f"""
    IF TG_OP = 'INSERT' THEN {_record("session_started", "NEW", user_id="NEW.user_id")}
    ELSIF OLD.revoked_at IS NULL AND (
        CASE TG_OP WHEN 'UPDATE' THEN NEW.revoked_at IS NOT NULL ELSE OLD.expires_at > now() END
    ) THEN {_record("session_ended", "OLD", user_id="OLD.user_id")}
    END IF;""",
    "users": f"""
    IF TG_OP = 'UPDATE' AND ROW(OLD.name, OLD.email, OLD.email_verified_at)
        IS DISTINCT FROM ROW(NEW.name, NEW.email, NEW.email_verified_at)
    THEN {_record("user_updated", "NEW", user_id="NEW.id")}
    END IF;""",
}
# The rows of these tables belong to a user and have no ids of their own.
_BY_USER = {
    "profiles": "user_updated",
    "user_settings": "settings_changed",
    "user_services": "settings_changed",
}

_BY_USER_BODY = """
    IF TG_OP = 'DELETE' THEN NEW = OLD; END IF;
    INSERT INTO public.event_outbox (type, node_id, user_id) VALUES ('{event_type}', NEW.user_id, NEW.user_id);"""

# Only for titles on a watchlist: others have no audience.
_TITLE_BODY = """
    INSERT INTO public.event_outbox (type, node_id, media_item_id) SELECT 'title_updated', NEW.id, NEW.id
    WHERE OLD.updated_at <> NEW.updated_at
        AND EXISTS (SELECT FROM public.watchlist_entries WHERE media_item_id = NEW.id);"""

_FUNCTION = """
CREATE FUNCTION record_{table}_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{body}
    RETURN NULL;
END
$$"""

# The ids are 'ev' and microseconds since 1970, which say nothing about the number of events. They increase
# even if the clock does not. The lock is held until the commit, so that ids become visible in their order.
_RELAY = f"""
CREATE FUNCTION relay_events(batch_size integer DEFAULT 1000) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last bigint;
    moved integer;
    highest text;
BEGIN
    -- By the index: a scan of the table would read the pages of all rows relayed since the last vacuum.
    IF (SELECT min(id) FROM event_outbox) IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('relay_events'));
    -- Created in advance by a job; here in case that it has not run. An id can be of the next day.
    IF to_regclass('events_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYYMMDD')) IS NULL THEN
        PERFORM create_event_partitions({_DAYS_AHEAD});
    END IF;
    last = greatest((SELECT last_value FROM event_positions), (extract(epoch FROM clock_timestamp()) * 1e6)::bigint);
    WITH batch AS (
        DELETE FROM event_outbox WHERE id = ANY (ARRAY(SELECT id FROM event_outbox ORDER BY id LIMIT batch_size))
        RETURNING *
    ), relayed AS (
        INSERT INTO events (id, {_COLUMNS})
        SELECT event_id(last + row_number() OVER (ORDER BY id)), {_COLUMNS} FROM batch
        RETURNING id
    )
    SELECT count(*), max(id) INTO moved, highest FROM relayed;
    IF moved > 0 THEN
        PERFORM setval('event_positions', last + moved);
        PERFORM pg_notify('infocus_events', highest);
    END IF;
    RETURN moved;
END
$$"""

# A partition is created apart and then attached, which locks neither readers nor writers of the others.
_CREATE_PARTITIONS = """
CREATE FUNCTION create_event_partitions(days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    day date;
    name text;
    created integer = 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('event_partitions'));
    FOR day IN SELECT (now() AT TIME ZONE 'UTC')::date + d FROM generate_series(0, days) AS d LOOP
        name = 'events_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING INDEXES)', name);
            EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
                event_id_at(day::timestamp AT TIME ZONE 'UTC'), event_id_at((day + 1)::timestamp AT TIME ZONE 'UTC'));
            created = created + 1;
        END IF;
    END LOOP;
    RETURN created;
END
$$"""
_DROP_PARTITIONS = """
CREATE FUNCTION drop_event_partitions(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
    dropped integer = 0;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
        WHERE inhparent = 'events'::regclass
            AND to_date(right(relname, 8), 'YYYYMMDD') + 1 <= (before AT TIME ZONE 'UTC')::date
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped = dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$"""

# What is left of an erased user: ids that refer to nothing, which other devices need to remove their copies.
_ANONYMISE = """
CREATE FUNCTION anonymise_events(erased text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE event_outbox SET media_item_id = NULL, other_user_id = NULL WHERE erased IN (user_id, other_user_id);
    UPDATE events SET media_item_id = NULL, other_user_id = NULL WHERE erased IN (user_id, other_user_id);
END
$$"""


def upgrade() -> None:
    kind = ENUM(*_TYPES, name="event_type", create_type=False)
    kind.create(op.get_bind(), checkfirst=False)
    key = sa.Text(collation="C")
    columns = [
        ("type", kind, False),
        ("node_id", key, False),
        ("user_id", key, True),
        ("other_user_id", key, True),
        ("family_id", key, True),
        ("media_item_id", key, True),
    ]

    def described() -> list[sa.Column]:
        return [
            *(sa.Column(name, each, nullable=nullable) for name, each, nullable in columns),
            sa.Column(
                "occurred_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
            ),
        ]

    op.create_table(
        "event_outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *described(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outbox")),
    )
    op.create_table(
        "events",
        sa.Column("id", key, nullable=False),
        *described(),
        postgresql_partition_by="RANGE (id)",
    )
    # No primary key: pg_restore --clean fails to drop the keys of partitions.
    op.create_index("ix_events_id", "events", ["id"], unique=True)
    op.create_index("ix_events_user_id", "events", ["user_id", "id"])
    op.create_index("ix_events_other_user_id", "events", ["other_user_id", "id"])
    op.create_index("ix_events_family_id", "events", ["family_id", "id"])
    op.create_index("ix_events_media_item_id", "events", ["media_item_id", "id"])
    op.execute("CREATE SEQUENCE event_positions")
    op.execute(
        "CREATE FUNCTION event_id(place bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE "
        "RETURN 'ev' || lpad(place::text, 25, '0')"
    )
    op.execute(
        "CREATE FUNCTION event_id_at(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE "
        "RETURN event_id((extract(epoch FROM moment) * 1e6)::bigint)"
    )
    op.execute(_RELAY)
    op.execute(_CREATE_PARTITIONS)
    op.execute(_DROP_PARTITIONS)
    op.execute(_ANONYMISE)
    for function in ("relay_events", "create_event_partitions", "drop_event_partitions", "anonymise_events"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"SELECT create_event_partitions({_DAYS_AHEAD})")
    for table, body in _TRIGGERS.items():
        _create_triggers(table, body)
    for table, event_type in _BY_USER.items():
        _create_triggers(table, _BY_USER_BODY.format(event_type=event_type))
    _create_function("media_items", _TITLE_BODY)
    _create_trigger("media_items", "UPDATE")


def _create_triggers(table: str, body: str) -> None:
    _create_function(table, body)
    _create_trigger(table, "INSERT OR DELETE")
    _create_trigger(table, "UPDATE", " WHEN (OLD.* IS DISTINCT FROM NEW.*)")


def _create_function(table: str, body: str) -> None:
    op.execute(_FUNCTION.format(table=table, body=body))


def _create_trigger(table: str, operation: str, condition: str = "") -> None:
    name = "record_change" if operation == "UPDATE" else "record_event"
    op.execute(
        f"CREATE TRIGGER {name} AFTER {operation} ON {table} FOR EACH ROW{condition} "
        f"EXECUTE FUNCTION record_{table}_event()"
    )


def downgrade() -> None:
    for table in (*_TRIGGERS, *_BY_USER):
        op.execute(f"DROP TRIGGER record_event ON {table}")
    for table in (*_TRIGGERS, *_BY_USER, "media_items"):
        op.execute(f"DROP TRIGGER record_change ON {table}")
        op.execute(f"DROP FUNCTION record_{table}_event")
    op.execute("DROP FUNCTION anonymise_events")
    op.drop_table("events")
    op.drop_table("event_outbox")
    for function in (
        "create_event_partitions",
        "drop_event_partitions",
        "relay_events",
        "event_id_at",
        "event_id",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP SEQUENCE event_positions")
    op.execute("DROP TYPE event_type")
