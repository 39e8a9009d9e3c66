"""What the project shows and measures is planned, and an operation that is not planned says why."""

import logging
from typing import Any

import pytest
from starlette.applications import Starlette

from benchmarks.workload import DOCUMENTS, WORK
from infocus_graphql.cli.doctor import Severity, _plans
from infocus_graphql.core.ids import new_id
from infocus_graphql.examples import examples
from infocus_graphql.graph.plan import self_check
from infocus_graphql.graph.plan.self_check import unplanned_reason
from infocus_graphql.observability.operation_log import operation_log
from infocus_graphql.schema import schema
from tests.support.client import Api
from tests.support.factories import Factories

ENTRY = new_id("we")
VARIABLES: dict[str, dict[str, Any]] = {
    "Q1": {"id": new_id("fa"), "n": 20},
    "Q3": {"ref": {"id": new_id("mi")}},
    "Q4": {"id": new_id("us")},
    "Q5": {"ref": {"id": new_id("mi")}},
    "Q6": {"query": "sha"},
    "M1": {"input": {"id": ENTRY, "rating": 5}},
}


def test_the_examples_and_the_benchmark_are_planned() -> None:
    assert len(examples()) > 4 and len(DOCUMENTS) > 4
    reasons = {
        each.name: unplanned_reason(schema, each.query, {}) for each in examples() if not each.is_subscription
    }
    for name, text in DOCUMENTS.items():
        if name != WORK:
            reasons[name] = unplanned_reason(schema, text, VARIABLES.get(name, {}))
    assert set(reasons.values()) == {None}, reasons


def test_the_doctor_reports_plans_that_do_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _plans().mark is Severity.OK

    def broken(*_: object) -> None:
        raise RuntimeError("no such column")

    monkeypatch.setattr(self_check, "plan_operation", broken)
    assert _plans().mark is Severity.FAIL
    assert "RuntimeError: no such column" in _plans().words


OPERATIONS = [
    ("{ viewer { email } }", True, None),
    ('{ family(id: "x") { name } viewer { watchlist(after: "x") { totalCount } } }', True, None),
    ("{ viewer { email } serverInfo { version } }", False, "Query.serverInfo: it has a resolver of its own"),
    ("mutation { a: signOut { ok } b: signOut { ok } }", False, "Mutation: 2 mutations in one operation"),
    ('mutation { createFamily(input: {name: ""}) { errors { code } } }', False, "the mutation was refused"),
    ("query ($a: Int!) { discoverMedia(first: $a) { totalCount } }", False, "the variables are invalid"),
    ("{ nonsense }", None, None),
]


async def test_the_operation_log_says_whether_an_operation_was_planned(
    api: Api, make: Factories, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[dict[str, Any]] = []

    class Lines:
        def write(self, event: dict[str, Any]) -> None:
            written.append(event)

    monkeypatch.setattr(operation_log, "lines", Lines())
    monkeypatch.setattr(operation_log, "_logger", logging.getLogger("tests.operations"))
    caplog.set_level(logging.INFO, "tests.operations")
    ann = api.as_(await make.user())
    for query, _, _ in OPERATIONS:
        await ann.post(query)
    assert len(written) == len(OPERATIONS)
    for event, (query, planned, reason) in zip(written, OPERATIONS, strict=True):
        assert event["planned"] is planned, (query, event)
        assert str(event.get("unplanned_reason") or "").startswith(reason or ""), (query, event)


async def test_readiness_warns_of_plans_that_failed_to_compile(app: Starlette, api: Api) -> None:
    assert "warnings" not in (await api.http.get("/readyz")).json()
    app.state.engine._planner.faults = 2
    response = await api.http.get("/readyz")
    assert response.status_code == 200, "operations are still served"
    assert response.json()["warnings"] == {"plans": "2 query plans failed to compile; the log has the errors"}
