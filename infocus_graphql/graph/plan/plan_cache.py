"""The plan cache of a process: compiled statements by template and shape of arguments."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Final

import strawberry
from graphql.execution.values import VariableValues

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.prepared import CompiledStatement, Query
from infocus_graphql.graph.plan.bindings import Arguments, BoundArguments
from infocus_graphql.graph.plan.input_conversion import Converters
from infocus_graphql.graph.plan.selection import SiteKey
from infocus_graphql.graph.plan.templates import NodesTemplate, Template

_PLANS: Final = 500
_BYTES: Final = 5_000_000  # of the statements' texts


class PlanCache:
    """An LRU cache of the plans for one schema."""

    def __init__(self, schema: strawberry.Schema, cursor_key: str) -> None:
        self.converters = Converters(schema)
        self._cursor_key = cursor_key
        self._held: LruCache[Hashable, CompiledStatement] = LruCache(
            _PLANS, max_bytes=_BYTES, size_of=lambda _, plan: len(plan.text)
        )
        self.made = 0  # plans, since the start
        # One at a time: with the GIL, several compiling threads would starve the event loop.
        self._preparing = asyncio.Lock()

    def arguments(self, variables: VariableValues) -> Arguments:
        """Returns what templates need to read the arguments of one request."""
        return Arguments(variables, self.converters, self._cursor_key)

    def query(
        self, template: Template | NodesTemplate, variables: VariableValues, viewer: Viewer, **values: object
    ) -> Query | bytes:
        """Returns the statement for a field with its parameters, or the value when it needs none."""
        values |= {"viewer_id": viewer.id, "session_id": viewer.session_id, "cursor_key": self._cursor_key}
        givens = template.given(self.arguments(variables))
        constant = template.constant(givens)
        if constant is not None:
            return constant
        for given in givens.values():
            values |= given.parameters
        return self._plan(template, givens).query(values)

    async def prepare(self, template: Template | NodesTemplate, variables: VariableValues) -> bool:
        """Compiles the plan for `query` in a thread, so that requests go on; False if it is cached."""
        givens = template.given(self.arguments(variables))
        key = _key(template, givens)
        if key in self._held or template.constant(givens) is not None:
            return False
        async with self._preparing:
            if key in self._held:
                return False
            plan = await asyncio.to_thread(template.compiled, givens)
            self._keep(key, plan)
            return True

    def _plan(
        self, template: Template | NodesTemplate, givens: Mapping[SiteKey, BoundArguments]
    ) -> CompiledStatement:
        key = _key(template, givens)
        found = self._held.get(key)
        if found is None:
            found = template.compiled(givens)
            self._keep(key, found)
        return found

    def _keep(self, key: Hashable, plan: CompiledStatement) -> None:
        self._held.put(key, plan)
        self.made += 1


def _key(template: Template | NodesTemplate, givens: Mapping[SiteKey, BoundArguments]) -> Hashable:
    return template, tuple(given.shape for given in givens.values())  # templates compare by identity
