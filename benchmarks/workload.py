"""The workload: operations with fixed sets of variables and viewers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from benchmarks.well_known import typed

SETS: Final = 300
# The first TMDB id of the large data set; those of well-known titles are lower.
MADE_UP: Final = 900_000_000

DOCUMENTS: Final = {
    "Q1": """query Q1($id: ID!, $n: Int!) {
  family(id: $id) { name members(first: 10) { nodes { role user { id name profile { avatar }
    watchlist(first: $n) { nodes { id status rating dateAdded mediaItem {
      id title posterPath genres releaseDate rating streamingProviders { provider url regions }
    } } } } } } }
}""",
    "Q2": """query Q2($statuses: [WatchStatus!]) {
  viewer { watchlist(first: 50, filter: {statuses: $statuses}) { nodes {
    id status rating dateAdded mediaItem { id title posterPath genres }
  } } }
}""",
    "Q3": """query Q3($ref: MediaRef!) {
  mediaItem(ref: $ref) { id title description rating genres streamingProviders { provider url regions } }
}""",
    "Q4": "query Q4($id: ID!) { node(id: $id) { ... on User { id name } } }",
    "Q5": """query Q5($ref: MediaRef!) {
  mediaItem(ref: $ref) {
    id title description posterUrl releaseDate rating genres
    viewerEntry { id status rating }
    streamingProviders { provider offerType url }
    cast(first: 20) { nodes { character person { id name profileUrl } } }
    seasons(first: 20) { nodes { id number title airDate
      episodes(first: 50) { nodes { id number title airDate runtimeMinutes } }
    } }
  }
}""",
    "Q6": """query Q6($query: String!) {
  searchMedia(query: $query, first: 10) { nodes { id title releaseDate } }
}""",
    "M1": """mutation M1($input: UpdateWatchlistEntryInput!) {
  updateWatchlistEntry(input: $input) { entry { id status rating dateUpdated } }
}""",
    "T": "query T { " + " ".join(f"a{number}: __typename" for number in range(400)) + " }",
}
MEANINGS: Final = {
    "Q1": "family board: 4 members x 20 entries x providers",
    "Q1@5": "the same with 5 entries a member",
    "Q1@50": "the same with 50 entries a member",
    "Q2": "the viewer's list, a page of 50",
    "Q3": "one title with its providers",
    "Q4": "one person by `node(id)`",
    "Q5": "series page: seasons, episodes, offers in the region, cast, entry",
    "Q6": "search while typing: the beginnings of well-known titles",
    "M1": "change of an entry",
}
QUERIES: Final = tuple(MEANINGS)
COMPARISONS: Final = ("Q1", "Q2", "Q3", "Q4", "M1")
UNKNOWN_TO_STOCK: Final = {"Q5", "Q6"}  # queries that the server in Strawberry has no types for
SIZES: Final = {"Q1@5": 5, "Q1": 20, "Q1@50": 50}  # entries per member of the family boards
WORK: Final = "T"  # needs no database; used by the comparison of workers only

# Families whose members all share their lists, so that every member sees everything.
_FAMILIES: Final = """
SELECT family_id AS id, array_agg(user_id ORDER BY joined_at, id) AS members
FROM family_memberships GROUP BY family_id HAVING bool_and(shares_watchlist) AND count(*) = 4
ORDER BY md5(family_id)"""
_SERIES: Final = (
    "SELECT media_item_id AS id, user_id AS viewer FROM benchmark_series ORDER BY md5(media_item_id)"
)
_TITLES: Final = f"SELECT id FROM media_items WHERE tmdb_id >= {MADE_UP} ORDER BY md5(id) LIMIT $1"  # noqa: S608
_ENTRIES: Final = """
SELECT DISTINCT ON (user_id) id, user_id FROM watchlist_entries WHERE user_id = ANY($1)
ORDER BY user_id, md5(id)"""
_STATES: Final = ("NOT_WATCHED", "WATCHING", "COMPLETED")


@dataclass(frozen=True, slots=True)
class Request:
    """One operation with its variables and viewer."""

    query: str
    viewer: str
    variables: Mapping[str, Any]

    @property
    def body(self) -> str:
        """The request body, with the document."""
        name = self.query.partition("@")[0]
        content = {"operationName": name, "query": DOCUMENTS[name], "variables": self.variables}
        return json.dumps(content, separators=(",", ":"))

    def http(self, token: str) -> str:
        """The HTTP request. `X-Viewer` is for servers without authentication."""
        body = self.body
        return (
            "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nAuthorization: Bearer {token}\r\nX-Viewer: {self.viewer}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
        )


async def requests(dsn: str) -> dict[str, list[Request]]:
    """The requests of each query. The mutation changes families that no query reads."""
    connection = await asyncpg.connect(dsn)
    try:
        families = [(row["id"], row["members"]) for row in await connection.fetch(_FAMILIES)]
        titles = [row["id"] for row in await connection.fetch(_TITLES, SETS)]
        series = [(row["id"], row["viewer"]) for row in await connection.fetch(_SERIES)]
        half = len(families) // 2
        read, written = families[:half][:SETS], families[half:][:SETS]
        writers = [members[number % 4] for number, (_, members) in enumerate(written)]
        entries = await connection.fetch(_ENTRIES, writers)
    finally:
        await connection.close()
    board = {f"Q1@{n}": _boards(f"Q1@{n}", read, n) for n in (5, 50)}
    pages = [Request("Q5", viewer, {"ref": {"id": title}}) for title, viewer in series]
    return {"Q1": _boards("Q1", read, 20), **board, **_others(read, titles, entries), "Q5": pages}


def _boards(query: str, families: list[tuple[str, list[str]]], size: int) -> list[Request]:
    return [
        Request(query, members[number % 4], {"id": family, "n": size})
        for number, (family, members) in enumerate(families)
    ]


def _others(
    families: list[tuple[str, list[str]]], titles: list[str], entries: list[Any]
) -> dict[str, list[Request]]:
    people = [
        (members[number % 4], members[(number + 1) % 4]) for number, (_, members) in enumerate(families)
    ]
    return {
        "Q2": [
            Request("Q2", viewer, {"statuses": ["WATCHING"]} if number % 2 else {})
            for number, (viewer, _) in enumerate(people)
        ],
        "Q3": [
            Request("Q3", people[number % len(people)][0], {"ref": {"id": title}})
            for number, title in enumerate(titles)
        ],
        "Q4": [Request("Q4", viewer, {"id": other}) for viewer, other in people],
        "Q6": [
            Request("Q6", people[number % len(people)][0], {"query": text})
            for number, text in enumerate(typed(SETS))
        ],
        WORK: [Request(WORK, viewer, {}) for viewer, _ in people[:1]],
        "M1": [
            Request("M1", row["user_id"], {"input": _change(row["id"], number)})
            for number, row in enumerate(entries)
        ],
    }


def _change(entry: str, number: int) -> dict[str, Any]:
    return {"id": entry, "status": _STATES[number % 3], "rating": 1 + number % 10}
