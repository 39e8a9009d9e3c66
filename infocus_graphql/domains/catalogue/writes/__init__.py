"""Stores records of TMDB in the tables of the catalogue.

- `titles`: `store_titles`, with all details.
- `summaries`: `store_summaries`, results of searches and lists, and their translations.
- `lists`: streaming services and names of genres.
- `recordsets`: the statements for many rows at once, which leave unchanged rows alone.
- `people`, `series`, `offers`: the parts of titles.
"""
