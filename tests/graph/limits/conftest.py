"""Reuses the engines fixture of the plan tests."""

from tests.plan.conftest import engines

__all__ = ["engines"]
