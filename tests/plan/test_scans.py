"""Planned statements never scan a large table completely, as planned by PostgreSQL for large data."""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from benchmarks.workload import Request
from tests.plan.engines import Engines
from tests.plan.large import TABLES, pretend, read_whole
from tests.plan.statements import statements_of
from tests.sample_rows import ROWS
from tests.support.server import Server

# The queries of the benchmark, with their variables.
WORKLOAD = [
    Request("Q1", "", {"id": "x", "n": 20}),
    Request("Q2", "", {}),
    Request("Q2", "", {"statuses": ["WATCHING"]}),
    Request("Q3", "", {"ref": {"id": "x"}}),
    Request("Q5", "", {"ref": {"id": "x"}}),
    Request("Q4", "", {"id": "us" + "0" * 25}),
]
QUERIES = {
    "the payload of M1": "node(id: $entry) { ... on WatchlistEntry { id status rating dateUpdated } }",
    "an entry": """node(id: $entry) { ... on WatchlistEntry { notes user { name profile { bio } }
        mediaItem { title streamingProviders { provider } } } }""",
    "rows of all types": "nodes(ids: [$user, $entry, $family, $title]) { id }",
    "a family's titles": """family(id: $family) { titles(first: 20, filter: {types: [MOVIE], query: "x"}) {
        totalCount nodes { averageRating mediaItem { title } wantedBy { name } completedBy { name } } } }""",
    "a family's list": """family(id: $family) { watchlist(first: 20, filter: {availableIn: "DE"}) {
        totalCount edges { cursor node { user { name } mediaItem { title } } } pageInfo { endCursor } } }""",
    "a family's recommendations": """family(id: $family) { recommendations(first: 20) { totalCount
        nodes { outcome { rating } fromUser { name } toUser { name } mediaItem { title } } } }""",
    "a family's invitations": """family(id: $family) { createdBy { name }
        invitations(first: 20, statuses: [PENDING]) { totalCount nodes { email invitedBy { name } } } }""",
    "the viewer": """viewer { email preferences watchlistStats { total watching }
        familyInvitations { nodes { invitedTo { name } invitedBy { name } } }
        families { totalCount edges { role node { name members(last: 5) { nodes { role } } } } } }""",
    "the viewer's recommendations": """viewer {
        recommendationsReceived(statuses: [PENDING]) { totalCount nodes { fromUser { name } outcome { id } } }
        recommendationsSent(first: 5) { totalCount nodes { toUser { name } outcome { id } } } }""",
    "the viewer's sessions": """viewer { sessions(last: 5) { totalCount nodes { isCurrent } }
        refreshTokens(first: 5) { totalCount nodes { id } } }""",
    "suggestions": """viewer { suggestions(first: 5) { totalCount
        nodes { score mediaItem { title } familyEntries { user { name } } } } }""",
    "suggestions of a family": "viewer { suggestions(first: 5, familyId: $family) { nodes { score } } }",
    "a person": """node(id: $user) { ... on User { name profile { bio } memberships { nodes { role } }
        familiesCreated { nodes { name } } familyInvitationsSent { totalCount nodes { email } }
        recommendationsSent { nodes { id } } recommendationsReceived { totalCount nodes { id } } } }""",
    "the details of a title": """mediaItem(ref: {id: $title}) { title description tagline fetchedAt
        ratings { value } genreNodes { name } certification { label } videos { key }
        similar { nodes { title } }
        collection { mediaItems { totalCount nodes { title } } } crew { nodes { job person { name } } }
        offerHistory { totalCount nodes { kind service { name } } }
        seasons(includeRemoved: true) { totalCount nodes {
            episodes(includeRemoved: true) { totalCount } } } }""",
    "the details in a language": """mediaItem(ref: {id: $title}) { title(language: "de-AT")
        description(language: "de-AT") genreNodes { name(language: "de") } }""",
    "a title by TMDB": """mediaItem(ref: {tmdb: {id: 1, type: MOVIE}}) { viewerEntry { rating }
        entries(first: 10) { totalCount nodes { rating user { name } } }
        recommendations(first: 5) { totalCount nodes { fromUser { name } } } }""",
    **{
        f"the viewer's list by {sort}": f"""viewer {{ watchlist(first: 20, orderBy: {{field: {sort}}}) {{
            totalCount nodes {{ mediaItem {{ title }} }} pageInfo {{ endCursor }} }} }}"""
        for sort in ("DATE_ADDED", "DATE_UPDATED", "STATUS", "RATING", "TITLE", "RELEASE_DATE")
    },
}
CATALOGUE = [
    (sort, direction, end)
    for sort in ("TITLE", "RELEASE_DATE", "RATING", "CREATED_AT")
    for direction in ("ASC", "DESC")
    for end in ("first", "last")
]


@pytest.fixture(scope="module")
async def large(server: Server, template: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with the statistics of a large one."""
    url = await server.create_database(template)
    connection = await server.connect(url)
    await connection.execute(ROWS)
    await pretend(connection)
    yield connection
    await connection.close()
    await server.drop_database(url)


@pytest.mark.parametrize("request_", WORKLOAD, ids=lambda each: each.query)
async def test_the_queries_of_the_benchmark_scan_no_large_table(
    engines: Engines, large: asyncpg.Connection, request_: Request
) -> None:
    body = json.loads(request_.body)
    (text,) = await statements_of(engines, body["query"], "member", **body["variables"])
    assert await read_whole(large, text) == set()


@pytest.mark.parametrize("name", QUERIES)
async def test_related_queries_scan_no_large_table(
    engines: Engines, large: asyncpg.Connection, name: str
) -> None:
    tags = {"user": "us", "entry": "we", "family": "fa", "title": "mi"}
    ids = {key: tag + "0" * 25 for key, tag in tags.items() if f"${key}" in QUERIES[name]}
    variables = ", ".join(f"${key}: ID!" for key in ids)
    query = (f"query ({variables}) " if ids else "") + "{ " + QUERIES[name] + " }"
    (text,) = await statements_of(engines, query, "member", **ids)
    assert await read_whole(large, text) == set()


@pytest.mark.parametrize(("sort", "direction", "end"), CATALOGUE)
async def test_the_catalogue_is_read_from_an_index_in_both_directions(
    engines: Engines, large: asyncpg.Connection, sort: str, direction: str, end: str
) -> None:
    """A page without a filter uses the index for its order."""
    query = "{ discoverMedia(%s: 20, orderBy: {field: %s, direction: %s}) { nodes { id description } } }"
    (text,) = await statements_of(engines, query % (end, sort, direction), "member")
    assert await read_whole(large, text) == {"Index Scan of media_items"}


async def test_a_complete_scan_of_a_large_table_is_detected(large: asyncpg.Connection) -> None:
    for table in (name for name, (_, columns) in TABLES.items() if "id" in columns):
        found = await read_whole(large, f"SELECT * FROM {table} WHERE $1::text = id || ''")
        assert found == {f"Seq Scan of {table}"}
        assert await read_whole(large, f"SELECT * FROM {table} WHERE id = $1::text") == set()
