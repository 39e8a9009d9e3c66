"""The limit: a bare ASGI application over asyncpg and SQL written by hand. It has no checks."""

import asyncio
import os
from typing import Any, Final

import asyncpg
import orjson

from benchmarks.limit_search import STATEMENT as SEARCH
from benchmarks.limit_search import values as search_values

_PROVIDERS: Final = """array(select row_to_json(p) from (
    select s.provider, s.url, s.regions from streaming_providers s
    where s.media_item_id = i.id order by s.provider_sort, s.offer_type) p)"""


def _list(user: str, limit: str, more: str = "", where: str = "") -> str:
    """The object of a page of a user's entries."""
    return f"""(select row_to_json(l) from (select array(select row_to_json(e) from (
        select w.id, upper(w.status::text) as status, w.rating, w.date_added as "dateAdded", (
            select row_to_json(m) from (
                select i.id, i.title, i.poster_path as "posterPath", i.genres{more}
                from media_items i where i.id = w.media_item_id) m) as "mediaItem"
        from watchlist_entries w where w.user_id = {user} {where}
        order by w.date_added desc, w.id desc limit {limit}) e) as nodes) l)"""  # noqa: S608 - constants


_BOARD: Final = f', i.release_date as "releaseDate", i.rating, {_PROVIDERS} as "streamingProviders"'
_IMAGES: Final = "https://image.tmdb.org/t/p/"
_STATEMENTS: Final = {
    "Q1": f"""select row_to_json(r) from (select (select row_to_json(f) from (
        select f.name, (select row_to_json(c) from (select array(select row_to_json(n) from (
            select upper(m.role::text) as role, (select row_to_json(x) from (
                select u.id, coalesce(u.name, '') as name,
                    (select row_to_json(p) from (
                        select p.avatar from profiles p where p.user_id = u.id) p) as profile,
                    {_list("u.id", "$2", _BOARD)} as watchlist
                from users u where u.id = m.user_id) x) as "user"
            from family_memberships m where m.family_id = f.id
            order by m.joined_at, m.id limit 10) n) as nodes) c) as members
        from families f where f.id = $1) f) as family) r""",  # noqa: S608
    "Q2": f"""select row_to_json(r) from (select (select row_to_json(v) from (
        select {_list("$1", "50")} as watchlist) v) as viewer) r""",  # noqa: S608
    "Q2 by status": f"""select row_to_json(r) from (select (select row_to_json(v) from (
        select {_list("$1", "50", where="and w.status = any($2::watch_status[])")} as watchlist) v) as viewer
        ) r""",  # noqa: S608
    "Q3": f"""select row_to_json(r) from (select (select row_to_json(m) from (
        select i.id, i.title, i.description, i.rating, i.genres, {_PROVIDERS} as "streamingProviders"
        from media_items i where i.id = $1) m) as "mediaItem") r""",  # noqa: S608
    "Q4": """select row_to_json(r) from (select (select row_to_json(u) from (
        select id, coalesce(name, '') as name from users where id = $1) u) as node) r""",
    "Q5": f"""select row_to_json(r) from (select (select row_to_json(m) from (
        select i.id, i.title, i.description, '{_IMAGES}w500/' || ltrim(i.poster_path, '/') as "posterUrl",
            i.release_date as "releaseDate", i.rating, i.genres,
            (select row_to_json(w) from (select w.id, upper(w.status::text) as status, w.rating
                from watchlist_entries w where w.user_id = $2 and w.media_item_id = i.id) w) as "viewerEntry",
            array(select row_to_json(p) from (
                select s.provider, upper(s.offer_type::text) as "offerType", s.url
                from streaming_providers s where s.media_item_id = i.id and u.region = any(s.regions)
                order by s.provider_sort, s.offer_type) p) as "streamingProviders",
            (select row_to_json(c) from (select array(select row_to_json(n) from (
                select c.character, (select row_to_json(p) from (select p.id, p.name,
                    '{_IMAGES}w185/' || ltrim(p.profile_path, '/') as "profileUrl"
                    from people p where p.id = c.person_id) p) as person
                from credits c where c.media_item_id = i.id and c.kind = 'cast'
                order by c.position, c.id limit 20) n) as nodes) c) as "cast",
            (select row_to_json(c) from (select array(select row_to_json(n) from (
                select s.id, s.number, coalesce(s.title, case when s.number = 0 then 'Specials'
                    else 'Season ' || s.number end) as title, s.air_date as "airDate",
                    (select row_to_json(l) from (select array(select row_to_json(x) from (
                        select e.id, e.number, coalesce(e.title, 'Episode ' || e.number) as title,
                            e.air_date as "airDate", e.runtime_minutes as "runtimeMinutes"
                        from episodes e where e.season_id = s.id and e.removed_at is null
                        order by e.number, e.id limit 50) x) as nodes) l) as episodes
                from seasons s where s.media_item_id = i.id and s.removed_at is null
                order by s.number, s.id limit 20) n) as nodes) c) as seasons
        from media_items i, (select region from user_settings where user_id = $2) u where i.id = $1
        ) m) as "mediaItem") r""",  # noqa: S608
    "Q6": SEARCH,
    "M1": """update watchlist_entries
        set status = lower($3)::watch_status, rating = $4, version = version + 1
        where id = $1 and user_id = $2
        returning json_build_object('updateWatchlistEntry', json_build_object('entry', json_build_object(
            'id', id, 'status', upper(status::text), 'rating', rating, 'dateUpdated', date_updated)))""",
}
_free: asyncio.LifoQueue[dict[str, Any]] = asyncio.LifoQueue()  # the prepared statements of one connection


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Responds to the operations of the workload by their names."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    request = orjson.loads(body)
    name, values = _asked(request["operationName"], request["variables"], dict(scope["headers"]))
    statements = await _free.get()
    try:
        found = await statements[name].fetchval(*values)
    finally:
        _free.put_nowait(statements)
    content = b'{"data":' + found.encode() + b"}"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _asked(  # noqa: PLR0911 - one for each operation
    name: str, given: dict[str, Any], headers: dict[bytes, bytes]
) -> tuple[str, tuple[Any, ...]]:
    viewer = headers[b"x-viewer"].decode()
    match name:
        case "Q1":
            return name, (given["id"], given["n"])
        case "Q2" if "statuses" in given:
            states = [status.lower() for status in given["statuses"]]
            return "Q2 by status", (viewer, states)
        case "Q2":
            return name, (viewer,)
        case "Q3" | "Q5":
            return name, (given["ref"]["id"], viewer)[: 1 if name == "Q3" else 2]
        case "Q4":
            return name, (given["id"],)
        case "Q6":
            return name, search_values(given["query"])
        case _:
            change = given["input"]
            return name, (change["id"], viewer, change["status"], change["rating"])


async def _live(receive: Any, send: Any) -> None:
    await receive()
    for _ in range(int(os.environ["POOL_SIZE"])):
        settings = {"timezone": "UTC", "plan_cache_mode": "force_generic_plan"}
        connection = await asyncpg.connect(os.environ["DATABASE_URL"], server_settings=settings)
        _free.put_nowait({name: await connection.prepare(text) for name, text in _STATEMENTS.items()})
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
