"""A local TMDB: the paths and shapes of TMDB's API, for development without a key and for tests.

- `app`: the Starlette application, and the changes that TMDB's editors make. `server` serves it in a thread.
- `handlers`: the responses, with `discover` for filters and `exports` for the daily files of all ids.
- `catalogue`: some 200 well-known titles with their real ids and plain facts, and many `made_up` ones.
- `facts`: the facts of a title. `bodies`, `blocks`, `genres` and `lists`: its JSON, with TMDB's quirks.
- `changes`: the changes feed, with a clock of its own.
- `faults`: failures on request.

Overviews, people and streaming offers are made up.
"""
