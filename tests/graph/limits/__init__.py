"""Tests of limits: operations that are too deep, too wide or too expensive are rejected before execution."""
