"""Runs operations with both engines and compares the results."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.schema import schema
from tests.plan.operations import Operation
from tests.plan.world import World

_INCIDENT = re.compile(rb'"incident":"[0-9a-f]+"')


@dataclass(frozen=True)
class Both:
    """The results of both engines. `planned` says whether the operation was planned."""

    plans: bytes
    loaders: bytes
    planned: bool

    @property
    def same(self) -> bool:
        """Whether the results are identical bytes."""
        return self.plans == self.loaders


# Random operations exceed all limits, but must be comparable.
UNLIMITED = Limits(*[10**9] * len(fields(Limits)))


class Engines:
    """Runs operations with the plan engine and with loaders."""

    def __init__(self, services: Services, world: World, url: str = "") -> None:
        self.services, self.world, self.url = services, world, url
        self.planner = Planner(schema, services.database.engines.plans, services.cursor_key)
        self.plans = Engine(schema, introspection=True, planner=self.planner, limits=UNLIMITED)
        self.loaders = Engine(schema, introspection=True, limits=UNLIMITED)

    async def both(
        self, query: str, variables: Mapping[str, Any], viewer: Viewer, name: str | None = None
    ) -> Both:
        """Returns both results of an operation."""
        request = Request(query, name, dict(variables))
        plans, loaders = (
            await self._run(self.plans, request, viewer),
            await self._run(self.loaders, request, viewer),
        )
        return Both(_masked(plans), _masked(loaders), plans.json is not None)

    async def planned(self, query: str, viewer: str, **variables: Any) -> bytes:
        """Returns the result by plan, which must equal that of the loaders."""
        both = await self.both(query, variables, self.world.viewers[viewer])
        assert both.planned, query
        assert both.plans == both.loaders
        return both.plans

    async def smallest(self, operation: Operation, viewer: Viewer) -> Operation:
        """Returns the smallest variant of an operation for which the engines still differ."""
        tried = 0
        while True:
            for smaller in operation.smaller():
                tried += 1
                if len(smaller.query) < len(operation.query) and await self._differ(smaller, viewer):
                    operation = smaller
                    break
            else:
                return operation
            if tried > 600:
                return operation

    async def _differ(self, operation: Operation, viewer: Viewer) -> bool:
        return not (await self.both(operation.query, operation.variables, viewer)).same

    async def _run(self, engine: Engine, request: Request, viewer: Viewer) -> OperationResult:
        context = Context(self.services, viewer)
        try:
            return await engine.run(request, context, queries_only=False)
        except Exception as error:  # reported as a difference, with its operation
            return OperationResult({"raised": repr(error)})
        finally:
            await context.close()


def _masked(response: OperationResult) -> bytes:
    return _INCIDENT.sub(b'"incident":""', response.content())
