"""The search for titles in the catalogue and at TMDB.

`ranking` merges the results of both, `finding` runs a search, and `discovery` has conditions for titles.
"""
