"""A local TMDB: the paths and shapes of TMDB's API, for development without a key and for tests.

- `catalogue`: some 200 well-known titles with their real ids and plain facts, and any number of made-up ones.
- `bodies` and `blocks`: the JSON that TMDB would send for them, with its quirks.
- `app`: the Starlette application.
- `faults`: failures on request.

Overviews, people and streaming offers are made up.
"""
