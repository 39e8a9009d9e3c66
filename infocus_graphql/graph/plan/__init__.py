"""The fast engine: a selection on row types becomes one SQL statement that returns finished JSON.

It reads the same declarations as the loaders and must answer the same bytes. What it can't express
falls back, whole, to the loaders.
"""
