"""Rows of the catalogue's tables, made of TMDB's records. Nothing here reads or writes the database.

- `values`: single values in normal form, within the limits of their columns.
- `titles`: titles and their translations, certifications, videos and similar titles.
- `parts`: seasons, episodes, people, credits and offers.
- `refresh_times`: when titles are due for their next refresh.
- `languages`, `minimum_ages`, `brands`: tables of our own for what TMDB doesn't say.
"""
