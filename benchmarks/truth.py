"""The expected responses, computed by one plain statement per level, or (Q6) by that of the limit."""

import json
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from benchmarks.limit_search import STATEMENT as SEARCH
from benchmarks.limit_search import values as search_values
from benchmarks.series_page import series_page
from benchmarks.workload import Request

_ENTRIES: Final = """
SELECT * FROM watchlist_entries WHERE user_id = $1 AND ($2::text[] IS NULL OR status::text = ANY($2))
ORDER BY date_added DESC, id DESC LIMIT $3"""
_PROVIDERS: Final = """
SELECT provider, url, regions FROM streaming_providers WHERE media_item_id = $1
ORDER BY provider_sort, offer_type"""
_MEMBERS: Final = "SELECT * FROM family_memberships WHERE family_id = $1 ORDER BY joined_at, id LIMIT 10"
_NAMES: Final = {"posterPath": "poster_path", "releaseDate": "release_date"}


class Wrong(Exception):
    """A server returned a wrong response."""


async def expected_data(  # noqa: PLR0911 - one for each query
    connection: asyncpg.Connection, request: Request
) -> dict[str, Any]:
    """The expected `data`. Mutations must have run before."""
    given = request.variables
    fields: tuple[str, ...]
    match request.query.partition("@")[0]:
        case "Q1":
            return {"family": await _family(connection, given["id"], given["n"])}
        case "Q2":
            wanted = [status.lower() for status in given["statuses"]] if "statuses" in given else None
            fields = ("id", "title", "posterPath", "genres")
            nodes = await _entries(connection, request.viewer, 50, wanted, fields)
            return {"viewer": {"watchlist": {"nodes": nodes}}}
        case "Q3":
            fields = ("id", "title", "description", "rating", "genres")
            return {"mediaItem": await _title(connection, given["ref"]["id"], fields, providers=True)}
        case "Q5":
            return {"mediaItem": await series_page(connection, given["ref"]["id"], request.viewer)}
        case "Q6":
            data: dict[str, Any] = json.loads(
                await connection.fetchval(SEARCH, *search_values(given["query"]))
            )
            return data
        case "Q4":
            return {"node": await _person(connection, given["id"])}
        case _:
            return {"updateWatchlistEntry": {"entry": await _changed(connection, given["input"])}}


def difference(got: Any, want: Any, path: str = "data") -> str | None:
    """The first difference between a response and the expected one, or None."""
    if isinstance(want, dict) and isinstance(got, dict):
        if got.keys() != want.keys():
            return f"{path}: {sorted(got)} for {sorted(want)}"
        places = (difference(got[key], value, f"{path}.{key}") for key, value in want.items())
        return next((place for place in places if place), None)
    if isinstance(want, list) and isinstance(got, list):
        if len(got) != len(want):
            return f"{path}: {len(got)} items for {len(want)}"
        pairs = enumerate(zip(got, want, strict=True))
        places = (difference(mine, right, f"{path}[{index}]") for index, (mine, right) in pairs)
        return next((place for place in places if place), None)
    if isinstance(want, datetime) and isinstance(got, str):
        same = datetime.fromisoformat(got) == want
    else:
        same = got == (want.isoformat() if isinstance(want, date) else want)
    return None if same else f"{path}: {got!r} for {want!r}"


async def _family(connection: asyncpg.Connection, family: str, size: int) -> dict[str, Any]:
    fields = ("id", "title", "posterPath", "genres", "releaseDate", "rating")
    nodes = []
    for member in await connection.fetch(_MEMBERS, family):
        user = member["user_id"]
        avatar = await connection.fetchval("SELECT avatar FROM profiles WHERE user_id = $1", user)
        entries = await _entries(connection, user, size, None, fields, providers=True)
        person = await _person(connection, user)
        person |= {"profile": {"avatar": avatar}, "watchlist": {"nodes": entries}}
        nodes.append({"role": member["role"].upper(), "user": person})
    name = await connection.fetchval("SELECT name FROM families WHERE id = $1", family)
    return {"name": name, "members": {"nodes": nodes}}


async def _person(connection: asyncpg.Connection, user: str) -> dict[str, Any]:
    found = await connection.fetchrow("SELECT id, coalesce(name, '') AS name FROM users WHERE id = $1", user)
    return dict(found)


async def _entries(
    connection: asyncpg.Connection,
    user: str,
    size: int,
    states: list[str] | None,
    fields: tuple[str, ...],
    *,
    providers: bool = False,
) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "status": row["status"].upper(),
            "rating": row["rating"],
            "dateAdded": row["date_added"],
            "mediaItem": await _title(connection, row["media_item_id"], fields, providers=providers),
        }
        for row in await connection.fetch(_ENTRIES, user, states, size)
    ]


async def _title(
    connection: asyncpg.Connection, title: str, fields: tuple[str, ...], *, providers: bool
) -> dict[str, Any]:
    row = await connection.fetchrow("SELECT * FROM media_items WHERE id = $1", title)
    found = {field: row[_NAMES.get(field, field)] for field in fields}
    if providers:
        found["streamingProviders"] = [dict(each) for each in await connection.fetch(_PROVIDERS, title)]
    return found


async def _changed(connection: asyncpg.Connection, change: dict[str, Any]) -> dict[str, Any]:
    row = await connection.fetchrow("SELECT * FROM watchlist_entries WHERE id = $1", change["id"])
    if (row["status"].upper(), row["rating"]) != (change["status"], change["rating"]):
        raise Wrong(f"{change['id']} was not changed")
    return {**change, "dateUpdated": row["date_updated"]}
