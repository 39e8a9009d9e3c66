"""The catalogue as a copy of TMDB's: fetches of titles, and how their records are stored.

Beside the usual modules, `fetching` fetches single titles that are referred to, `refreshing` keeps titles
up to date, and `rows` makes rows of the tables of titles, series, people and streaming services.
"""
