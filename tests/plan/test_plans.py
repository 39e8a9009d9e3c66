"""Safety of plans: one statement per field, bounded memory, and the usual errors."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from infocus_graphql.core.viewer import ANONYMOUS
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph import root as root_module
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.operation import Request
from infocus_graphql.graph.plan import root_fields as root_fields_module
from infocus_graphql.graph.plan.plan_cache import PlanCache
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.graph.root import check_access
from infocus_graphql.schema import schema
from infocus_graphql.settings import Settings
from tests.plan.engines import UNLIMITED, Engines
from tests.support.pools import ONE, SLEEP, small_pool
from tests.support.server import Server


class Recorder(AsyncpgPool):
    """A pool that records the statements."""

    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self.queries: list[Query] = []

    async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
        self.queries += queries
        return await self._pool.read_all(queries)


class Planned:
    """An engine with a new planner, whose statements are recorded."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.pool = Recorder(engines.services.database.engines.plans)
        self.planner = Planner(schema, self.pool, engines.services.cursor_key)
        self.engine = Engine(schema, introspection=True, planner=self.planner, limits=UNLIMITED)

    async def run(self, query: str, viewer: str = "owner", **variables: Any) -> list[Query] | None:
        """Runs an operation. Returns its statements, or None if it was not planned."""
        self.pool.queries = []
        context = Context(self.engines.services, self.engines.world.viewers[viewer])
        try:
            response = await self.engine.run(Request(query, None, variables), context, queries_only=True)
        finally:
            await context.close()
        return None if response.json is None else self.pool.queries


@pytest.fixture
def planned(engines: Engines) -> Planned:
    """An engine with an empty plan cache."""
    return Planned(engines)


@pytest.fixture
async def pool(server: Server, database_url: str, settings: Settings) -> AsyncIterator[AsyncpgPool]:
    """A pool of one connection with a statement timeout of 300 ms."""
    async with small_pool(server, database_url, settings) as pool:
        yield pool


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        ("{ viewer { email user { watchlist { nodes { mediaItem { title } } totalCount } } } }", 1),
        ("{ a: viewer { email } b: discoverMedia { totalCount } __typename }", 2),
        ("query ($id: ID!) { family(id: $id) { members { edges { node { user { name } } } } } }", 1),
        (
            "query ($id: ID!) { node(id: $id) { ... on Family { titles { nodes { wantedBy { id } } } } } }",
            1,
        ),
        ("query ($id: ID!) { nodes(ids: [$id, $id, $id]) { id } }", 1),
        ("query ($id: ID!) { mediaItem(ref: {id: $id}) { title } }", 1),
        ('{ node(id: "nothing") { id } nodes(ids: ["x"]) { id } __typename }', 0),
        ("{ viewer { email } serverInfo { version } }", None),
        ("{ __schema { queryType { name } } }", None),
        ("{ viewer { watchlist(first: 0) { totalCount } } }", 1),
        ('{ viewer { email } family(id: "x") { id } discoverMedia(first: 0) { totalCount } }', 2),
    ],
)
async def test_each_root_field_is_one_statement_or_nothing_is_planned(
    planned: Planned, query: str, statements: int | None
) -> None:
    family = planned.engines.world.ids["Family"][0]
    variables = {"id": family} if "$id" in query else {}
    sent = await planned.run(query, **variables)
    assert (None if sent is None else len(sent)) == statements
    both = await planned.engines.both(query, variables, planned.engines.world.viewers["owner"])
    assert both.same


async def test_settings_of_the_viewer_are_read_once_per_statement(planned: Planned) -> None:
    query = """query ($id: ID!) { mediaItem(ref: {id: $id}) { title description tagline
        certification { label } streamingProviders { provider link }
        other: streamingProviders(onlyMine: false) { provider } } }"""
    sent = await planned.run(query, id=planned.engines.world.ids["MediaItem"][0])
    assert sent is not None
    assert [text.count("FROM user_settings") for text, _ in sent] == [1]


EVERYTHING_SKIPPED = """query ($ids: [ID!]!, $no: Boolean = false) {
    nodes(ids: $ids) { ... on FamilyInvitation { id } }
    skipped: nodes(ids: $ids) {
        ... on Family { name @skip(if: true) members { totalCount @include(if: $no) } } }
    viewer { families { edges { ...Empty @include(if: $no) } pageInfo { endCursor @include(if: $no) } }
        other: families { ...Page @include(if: $no) } user { id @skip(if: true) watchlist {
        stats: nodes { mediaItem { streamingProviders { provider @include(if: $no) } } } } } }
    discoverMedia(first: 2) { nodes { id @include(if: $no) streamingProviders { id @include(if: $no) } } } }
    fragment Empty on ViewerFamilyEdge { role } fragment Page on ViewerFamilyConnection { totalCount }"""
K = "k" * 64
LONG_KEYS = f"""{{ {K}: viewer {{ {K}: email {K}2: user {{ {K}: profile {{ {K}: bio }} }}
    {K}3: families {{ {K}: nodes {{ id {K}: members {{ {K}: edges {{ {K}: __typename {K}4: node {{
    {K}: user {{ {K}: watchlist {{ {K}: nodes {{ {K}: rating notes mediaItem {{ {K}: streamingProviders {{
    {K}: provider regions {K}5: regions }} {K}6: genres }} }} }} }} }} }} {K}7: pageInfo {{ {K}: endCursor }}
    {K}8: totalCount }} }} }} }} }}"""


async def test_whatever_selects_nothing_or_has_a_long_response_key_is_planned(planned: Planned) -> None:
    """Otherwise a client could choose the loaders, which cost more than the price says."""
    world = planned.engines.world
    ids = [each for known in world.ids.values() for each in known[:2]]
    tried: list[tuple[str, dict[str, Any]]] = [(EVERYTHING_SKIPPED, {"ids": ids}), (LONG_KEYS, {})]
    for query, given in tried:
        assert await planned.run(query, **given) is not None
        both = await planned.engines.both(query, given, world.viewers["owner"])
        assert both.same, (both.plans[:2000], both.loaders[:2000])
        assert b'"errors"' not in both.plans


async def test_a_null_behind_a_condition_is_a_request_error(planned: Planned) -> None:
    query = "query ($yes: Boolean = true) { viewer { email @include(if: $yes) } }"
    assert await planned.run(query, yes=True) is not None
    both = await planned.engines.both(query, {"yes": None}, planned.engines.world.viewers["owner"])
    assert both.same and b'"data"' not in both.plans
    assert orjson.loads(both.plans)["errors"][0]["extensions"]["variable"] == ["yes"]


async def test_a_plan_is_reused_for_other_values(planned: Planned) -> None:
    query = """query ($first: Int, $after: String, $filter: WatchlistFilter) {
        viewer { watchlist(first: $first, after: $after, filter: $filter) {
        nodes { id } pageInfo { endCursor } } } }"""
    texts = set()
    for viewer in ("owner", "member", "nobody"):
        for first, rating in ((1, 3), (7, 5), (50, 1)):
            sent = await planned.run(query, viewer, first=first, filter={"ratedAtLeast": rating})
            texts.add(sent[0][0] if sent else None)
    assert (len(texts), len(planned.planner.plans._held), None in texts) == (1, 1, False)
    for other in ({"isRated": True}, {"ratedAtLeast": 1, "isRated": True}, {}, {"ratedAtLeast": None}, None):
        sent = await planned.run(query, first=1, filter=other)
        texts.add(sent[0][0] if sent else None)
    assert len(planned.planner.plans._held) == 4, "no condition is one shape, however it is left out"


async def test_statements_contain_no_values_of_requests(planned: Planned) -> None:
    hostile = "x'); DROP TABLE users; --"
    query = """query ($text: String!, $id: ID!) {
        viewer { watchlist(filter: {query: $text}) {
        totalCount } } node(id: $id) { id } family(id: $id) { id } suggestions: viewer {
        suggestions(familyId: $id) { totalCount } } nodes(ids: [$id]) { id } }"""
    sent = await planned.run(query, text=hostile, id="fa" + "7" * 25)
    assert sent is not None
    assert all("DROP" not in text and "7777" not in text for text, _ in sent)
    literal = '{ viewer { watchlist(filter: {query: "x\'); DROP"}) { totalCount } } }'
    sent = await planned.run(literal)
    assert sent is not None
    assert "DROP" not in sent[0][0]


async def test_the_plan_cache_is_bounded(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Recorder):
        async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
            return [b"{}" for _ in queries]

    planned.planner.pool = Silent(planned.pool)
    plans, documents = planned.planner.plans._held, planned.engine._documents
    monkeypatch.setattr(plans, "_max_items", 50)  # smaller than in production, for a fast test
    monkeypatch.setattr(documents, "_max_items", 100)
    for number in range(150):
        await planned.run(f"{{ viewer {{ a{number}: email }} }}")
    assert (len(plans), len(documents)) == (50, 100)
    # Few but long statements are bounded by their size.
    monkeypatch.setattr(plans, "_max_bytes", 20_000)
    for number in range(20):
        pages = " ".join(f"a{number}x{page}: watchlist {{ edges {{ cursor }} }}" for page in range(3))
        await planned.run(f"{{ viewer {{ {pages} }} }}")
    texts = [len(plan.text) for plan in map(plans.get, list(plans)) if plan is not None]
    assert 0 < sum(texts) == plans.bytes <= 20_000


async def test_the_variants_of_a_plan_are_bounded(planned: Planned) -> None:
    names = [f"v{index}" for index in range(7)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: email @include(if: ${name})" for name in names)
    query = f"query ({declared}) {{ viewer {{ id: email {fields} }} }}"
    for number in range(100):
        values: dict[str, Any] = {name: bool(number >> index & 1) for index, name in enumerate(names)}
        await planned.run(query, "owner", **values)
    known = planned.engine._documents.get(query)
    assert known is not None
    assert len(known.prepared) <= 32


WRONG = ["first: 0", "first: 101", "last: -1", "first: 1, last: 1", 'after: "x"', 'before: "é"']
WRONG_EVERYWHERE = """query ($id: ID!, $ids: [ID!]!, $size: Int = 0) {
    viewer { email families { nodes { id members(after: "x") { totalCount } other: members { nodes {
        user { watchlist(first: $size) { totalCount } id } } } } }
        watchlist(filter: {genres: ["no such genre"]}) { nodes { id } } }
    discoverMedia(filter: {genres: ["no such genre"]}) { totalCount }
    node(id: $id) { ... on Family { name titles(last: 0) { totalCount } } }
    nodes(ids: $ids) { id ... on User { memberships(before: "x") { totalCount } }
        ... on MediaItem { entries(first: 101) { totalCount } } }
    mixed: discoverMedia(first: 1000) { totalCount } }"""


async def test_wrong_arguments_make_their_own_field_null_in_a_plan_too(planned: Planned) -> None:
    """Otherwise a wrong argument anywhere would have an expensive operation resolved row by row."""
    owner, ids = planned.engines.world.viewers["owner"], planned.engines.world.ids
    for arguments in WRONG:
        query = f"{{ viewer {{ email watchlist({arguments}) {{ totalCount }} }} }}"
        assert await planned.run(query) is not None
        both = await planned.engines.both(query, {}, owner)
        assert both.same, (both.plans, both.loaders)
        assert b'"BAD_USER_INPUT"' in both.plans and b'"email"' in both.plans
    given: dict[str, Any] = {"id": ids["Family"][0], "ids": [*ids["User"][:3], "x", *ids["MediaItem"][:2]]}
    sent = await planned.run(WRONG_EVERYWHERE, **given)
    assert sent is not None and len(sent) == 4
    both = await planned.engines.both(WRONG_EVERYWHERE, given, owner)
    plans, loaders = orjson.loads(both.plans), orjson.loads(both.loaders)
    assert plans["data"] == loaders["data"]
    assert len(plans["errors"]) > 12
    assert sorted(plans["errors"], key=repr) == sorted(loaders["errors"], key=repr)


async def test_fields_that_have_to_be_resolved_are_bounded_by_their_cost(planned: Planned) -> None:
    """What is never null can't be planned with wrong arguments; only small operations are resolved then."""
    rows = "nodes { mediaItem { streamingProviders(offerTypes: []) { id } } }"
    query = f"{{ viewer {{ families(first: 2) {{ nodes {{ watchlist(first: 2) {{ {rows} }} }} }} }} }}"
    owner = planned.engines.world.viewers["owner"]
    assert await planned.run(query) is None
    assert (await planned.engines.both(query, {}, owner)).same
    large = query.replace("first: 2", "first: 100")
    both = await planned.engines.both(large, {}, owner)
    (error,) = orjson.loads(both.plans)["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["viewer"], "BAD_USER_INPUT")
    assert orjson.loads(both.plans)["data"] == {"viewer": None}


async def test_a_refused_access_is_judged_once(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Any] = []
    monkeypatch.setattr(root_fields_module, "check_access", _counted(judged))
    monkeypatch.setattr(root_module, "check_access", _counted(judged))
    query = "{ admin { accounts { totalCount } } viewer { email } }"
    assert await planned.run(query) is not None
    assert len(judged) == 2
    both = await planned.engines.both(query, {}, planned.engines.world.viewers["owner"])
    assert both.same and b'"FORBIDDEN"' in both.plans


def _counted(judged: list[Any]) -> Any:
    def check(*given: Any) -> None:
        judged.append(given)
        check_access(*given)

    return check


async def test_a_database_failure_is_masked_and_later_requests_succeed(
    engines: Engines, pool: AsyncpgPool
) -> None:
    class Slow(PlanCache):
        def query(self, *_: Any, **__: Any) -> Query:
            return SLEEP

    planner = Planner(schema, pool, "key")
    planner.plans = Slow(schema, "key")
    slow = Engine(schema, introspection=True, planner=planner)
    context = Context(engines.services, ANONYMOUS)
    response = await slow.run(Request("{ discoverMedia { totalCount } }"), context, queries_only=True)
    await context.close()
    (error,) = orjson.loads(response.content())["errors"]
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("TIMEOUT", True)
    assert await pool.read_all([ONE]) == [b"1"]


async def test_a_failed_compilation_is_logged_and_the_loaders_are_used(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such plan")

    monkeypatch.setattr(engines.planner.plans, "_plan", broken)
    before = engines.planner.fallbacks
    with capture_logs() as logs:
        both = await engines.both(
            "{ discoverMedia(first: 1) { totalCount } }", {}, engines.world.viewers["owner"]
        )
    assert (both.same, both.planned, engines.planner.fallbacks) == (True, False, before + 1)
    failed = [line for line in logs if line["event"] == "query plan compilation failed"]
    assert len(failed) == 2, "once for the whole operation, once for its field"
