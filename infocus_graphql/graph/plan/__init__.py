"""The planner: compiles a selection on row types to one SQL statement that returns JSON.

It reads the same declarations as the loaders and returns the same bytes. A root field that it can't compile
is resolved by the loaders.
"""
