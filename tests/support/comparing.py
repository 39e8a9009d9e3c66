"""An engine that builds the response of mutations by plan and by loaders, and compares the bytes."""

from graphql import OperationDefinitionNode

from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.plan.planner import PlannedOperation


class ComparingEngine(Engine):
    """Builds the response of a planned mutation again with loaders, from the same payload.

    A plan that can't be compiled for another reason than missing SQL raises, because falling back would hide
    it.
    """

    faults_expected = False
    _under_way = _started = 0

    async def _execute_plan(
        self,
        running_plan: PlannedOperation,
        parsed: ParsedDocument,
        operation: OperationDefinitionNode,
        request: Request,
        context: Context,
    ) -> OperationResult | None:
        self._under_way, self._started = self._under_way + 1, self._started + 1
        number, alone = self._started, self._under_way == 1
        try:
            result = await super()._execute_plan(running_plan, parsed, operation, request, context)
            # Skipped if another mutation has run in between, whose changes would be a difference.
            if alone and number == self._started:
                faults = self._planner.faults if self._planner is not None else 0
                assert self.faults_expected or not faults, request.query
                if result is not None and running_plan.outcome is not None:
                    await context.reset_reads()
                    context.plans = None
                    by_loaders = await self._execute_core(
                        parsed, operation, request, context, running_plan.outcome
                    )
                    assert by_loaders.content() == result.content(), request.query
        finally:
            self._under_way -= 1
        return result
