"""The search for titles in the catalogue and at TMDB.

`ranking` merges the results of both, `finding` runs a search, `languages` chooses the language for TMDB, and
`discovery` and `genres` have conditions for titles.
"""
