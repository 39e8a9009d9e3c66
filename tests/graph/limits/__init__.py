"""Limits: what is too deep, too wide or too costly is refused before it is run."""
