"""Well-known titles with translations, and the beginnings of them that Q6 searches for."""

import json
from collections.abc import Mapping, Sequence
from hashlib import md5
from itertools import count, islice
from typing import Final

from infocus_graphql.local_tmdb.catalogue import Catalogue

_SHORTEST, _LONGEST = 1, 16
_STEP: Final = 7  # has no common factor with the number of lengths, so that all lengths occur


def statements() -> tuple[str, ...]:
    """The statements that insert the titles. They change nothing if the titles exist."""
    facts = Catalogue(made_up=0).by_popularity()
    keys = [f"mi{md5(f'{fact.type}{fact.id}'.encode()).hexdigest()[:25]}" for fact in facts]  # noqa: S324
    titles = [
        {
            "id": key,
            "tmdb_id": fact.id,
            "tmdb_type": fact.type,
            "title": fact.title,
            "original_title": fact.original_title,
            "release_date": str(fact.date) if fact.date else None,
            "popularity": fact.popularity,
        }
        for key, fact in zip(keys, facts, strict=True)
    ]
    translations = [
        {"media_item_id": key, "language": language, "country": "", "title": title}
        for key, fact in zip(keys, facts, strict=True)
        for language, title in fact.titles.items()
    ]
    return _insert("media_items", titles), _insert("media_translations", translations)


def typed(number: int) -> list[str]:
    """The texts of Q6: the first letters of titles, from one letter to whole titles."""
    titles = [fact.title.lower() for fact in Catalogue(made_up=0).by_popularity() if fact.title.isascii()]
    lengths = (_SHORTEST + place * _STEP % _LONGEST for place in count())
    found = (titles[place % len(titles)][:length].strip() for place, length in enumerate(lengths))
    return list(islice(found, number))


def _insert(table: str, rows: Sequence[Mapping[str, object]]) -> str:
    columns = ", ".join(rows[0])
    content = json.dumps(rows).replace("'", "''")
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608 - names of this module
        f"FROM json_populate_recordset(NULL::{table}, '{content}') ON CONFLICT DO NOTHING"
    )
