"""Returns the SQL statements of planned queries."""

from collections.abc import Sequence
from typing import Any

import pytest

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from tests.plan.engines import Engines


async def statements_of(engines: Engines, query: str, viewer: str, **variables: Any) -> list[str]:
    """Returns the SQL of a planned query, one statement per root field."""
    found: list[str] = []
    fetch = AsyncpgPool.read_all

    async def watched(pool: AsyncpgPool, queries: Sequence[tuple[str, Sequence[Any]]]) -> list[bytes | None]:
        found.extend(text for text, _ in queries)
        return await fetch(pool, queries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncpgPool, "read_all", watched)
        await engines.planned(query, viewer, **variables)
    return found
