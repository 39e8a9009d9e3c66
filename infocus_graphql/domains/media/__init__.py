"""The catalogue: films and series, and their streaming providers.

Beside the usual modules, `details` has the tables with further details of titles, `detail_reads` their SQL,
and `fetching` fetches titles from TMDB when they are referred to.
"""
