"""The daily exports of all ids: gzip, a JSON object on each line."""

import gzip
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import orjson

from infocus_graphql.local_tmdb.facts import Fact

_NAME: Final = re.compile(r"(movie|tv_series)_ids_(\d\d)_(\d\d)_(\d{4})\.json\.gz")
_KEPT: Final = timedelta(days=90)


def export_of(titles: Iterable[Fact], name: str, today: date) -> bytes | None:
    """The file of this name, or None if there is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    month, day, year = map(int, found.groups()[1:])
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    if not today - _KEPT <= made <= today:
        return None
    kind = "movie" if found[1] == "movie" else "tv"
    facts = sorted(
        (each for each in titles if each.type == kind and not each.adult), key=lambda each: each.id
    )
    lines = b"".join(orjson.dumps(_line(each)) + b"\n" for each in facts)
    return gzip.compress(lines, compresslevel=1)


def _line(fact: Fact) -> dict[str, object]:
    """Lines of series have fewer members than those of films."""
    title = fact.original_title or fact.title
    if fact.type == "tv":
        return {"id": fact.id, "original_name": title, "popularity": fact.popularity}
    return {
        "adult": False,
        "id": fact.id,
        "original_title": title,
        "popularity": fact.popularity,
        "video": False,
    }
