"""The plans of one process: compiled statements by field and by the shape of its arguments, bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, Final

import strawberry
from graphql.execution.values import VariableValues

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.prepared import CompiledStatement, Query
from infocus_graphql.graph.plan.bindings import BoundArguments
from infocus_graphql.graph.plan.input_conversion import Converters
from infocus_graphql.graph.plan.templates import Arguments, NodesTemplate, Template

_PLANS: Final = 500
_CHARACTERS: Final = 5_000_000  # of the statements' texts


class PlanCache:
    """Plans for one schema, of which the most recently used are kept."""

    def __init__(self, schema: strawberry.Schema, cursor_key: str) -> None:
        self.converters = Converters(schema)
        self._cursor_key = cursor_key
        self._held: OrderedDict[Hashable, tuple[Template | NodesTemplate, CompiledStatement]] = OrderedDict()
        self._size = 0
        self.made = 0  # plans, since the start
        # One at a time: several threads would take the time of the event loop from it.
        self._preparing = asyncio.Lock()

    def query(
        self, template: Template | NodesTemplate, variables: VariableValues, viewer: Viewer, **values: Any
    ) -> Query | None:
        """The statement for a field with its parameters; None where null is the answer without asking."""
        values |= {"viewer_id": viewer.id, "session_id": viewer.session_id, "cursor_key": self._cursor_key}
        givens = template.given(Arguments(variables, self.converters, self._cursor_key))
        if template.matches_nothing(givens):
            return None
        for given in givens.values():
            values |= given.parameters()
        return self._plan(template, givens).query(values)

    async def prepare(self, template: Template | NodesTemplate, variables: VariableValues) -> bool:
        """Makes the plan for `query` in a thread, so that other requests go on; False if there is one."""
        givens = template.given(Arguments(variables, self.converters, self._cursor_key))
        key = _key(template, givens)
        if key in self._held or template.matches_nothing(givens):
            return False
        async with self._preparing:
            if key in self._held:
                return False
            plan = await asyncio.to_thread(template.compiled, givens)
            self._keep(key, template, plan)
            return True

    def _plan(
        self, template: Template | NodesTemplate, givens: Mapping[Hashable, BoundArguments]
    ) -> CompiledStatement:
        key = _key(template, givens)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
            return found[1]
        plan = template.compiled(givens)
        self._keep(key, template, plan)
        return plan

    def _keep(self, key: Hashable, template: Template | NodesTemplate, plan: CompiledStatement) -> None:
        # The template is kept beside its plan, so that its id can't become another one's.
        self._held[key] = template, plan
        self.made += 1
        self._size += len(plan.text)
        while len(self._held) > _PLANS or self._size > _CHARACTERS:
            _, (_, oldest) = self._held.popitem(last=False)
            self._size -= len(oldest.text)


def _key(template: Template | NodesTemplate, givens: Mapping[Hashable, BoundArguments]) -> Hashable:
    return id(template), tuple(given.shape for given in givens.values())
