"""Keeps the copies of TMDB's titles up to date, with several workers on one database.

- `claims`: which worker fetches which titles, and what became of them.
- `titles`: fetches the titles that are due.
- `importing`: makes many new titles due, and fetches them.
- `changes`: makes titles due that are in TMDB's changes feed.
- `lists`: streaming services and names of genres.
"""
