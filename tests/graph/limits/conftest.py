"""The rich world of the plans, for costs."""

from tests.plan.conftest import engines

__all__ = ["engines"]
