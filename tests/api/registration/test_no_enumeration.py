"""The statements for an address are the same whether or not it has an account.

`make enumeration` measures that the response times are equal as well; this test checks the cause.
"""

import re
from typing import Any

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Registration
from tests.enumeration import auc
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.statements import recorded

MUTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("signIn", {"password": "none of theirs"}),
    ("requestPasswordReset", {}),
    ("register", {"password": "correct horse battery"}),
]


@pytest.mark.parametrize("settings", [Registration.VERIFIED], indirect=True)
@pytest.mark.parametrize(("mutation", "values"), MUTATIONS, ids=[name for name, _ in MUTATIONS])
async def test_known_and_unknown_addresses_run_the_same_statements(
    api: Api, services: Services, make: Factories, mutation: str, values: dict[str, Any]
) -> None:
    ann = await make.user()
    done = []
    for email in (ann.email, "nobody@example.com"):
        with recorded(services.database) as statements:
            payload = await api.change(mutation, {"email": email, **values})
        assert [error["code"] for error in payload["errors"]] == (
            ["INVALID_CREDENTIALS"] if mutation == "signIn" else []
        )
        done.append((statements, payload))
    assert done[0] == done[1]
    assert done[0][0]
    asked_for_accounts = [each for each in done[0][0] if re.search(r"\busers\b", each)]
    assert len(asked_for_accounts) == (mutation == "signIn")


def test_the_statistic_detects_differences() -> None:
    assert auc([1, 2, 3], [1, 2, 3]) == 0.5
    assert auc([4, 5, 6], [1, 2, 3]) == 1
    assert auc([1, 2, 3], [4, 5, 6]) == 0
