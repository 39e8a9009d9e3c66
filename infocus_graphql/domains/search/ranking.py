"""The order of the results of a search, and the cursors in it."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Final

import orjson

from infocus_graphql.core.clock import rfc3339
from infocus_graphql.core.folding import search_form
from infocus_graphql.db.keyset import CursorError
from infocus_graphql.domains.media.models import MediaType
from infocus_graphql.domains.search.reads import BEGINNING, EXACT, WORDS, Match, Ref

_SIGNATURE: Final = 16
_MAX_CURSOR: Final = 200


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the results of a search, and the time when the search read the catalogue."""

    place: int
    ref: Ref
    read_at: datetime


def merged(local: Iterable[Match], upstream: Sequence[Iterable[Match]]) -> list[Ref]:
    """Returns the results of the catalogue and those of each page of TMDB as one list, each title once.

    Titles that are the query come first, then those that begin with it, both by popularity: those of the
    catalogue and of TMDB's first page. Then follow the others of TMDB's first page, in TMDB's order, then the
    others of the catalogue, and then TMDB's further pages. So a further page only adds titles at the end, and
    titles of the first page keep their places when they are added to the catalogue.
    """
    found, first, *more = (list(each) for each in (local, *(upstream or [()])))
    best = [each for each in (*found, *first) if each.tier <= BEGINNING]
    best.sort(key=lambda each: (each.tier, -each.popularity, each.ref[0].value, each.ref[1]))
    return list(dict.fromkeys(each.ref for each in chain(best, first, found, *more)))


def tier_of(query: str, titles: Iterable[str | None]) -> int:
    """Returns how well a title of TMDB matches a query."""
    text = _letters(query)
    forms = [_letters(title) for title in titles if title]
    if text in forms:
        return EXACT
    return BEGINNING if any(form.startswith(text) for form in forms) else WORDS


def write_cursor(scope: str, position: Position, key: str) -> str:
    """Returns the cursor of a position."""
    kind, tmdb_id = position.ref
    payload = orjson.dumps([position.place, kind.value, tmdb_id, rfc3339(position.read_at)]).decode()
    return urlsafe_b64encode((_signature(scope, payload, key) + payload).encode()).decode().rstrip("=")


def read_cursor(scope: str, cursor: str, key: str) -> Position:
    """Returns the position of a cursor. Raises CursorError for cursors of other lists."""
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError("too long")
        plain = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        signature, payload = plain[:_SIGNATURE], plain[_SIGNATURE:]
        if not hmac.compare_digest(signature.encode(), _signature(scope, payload, key).encode()):
            raise ValueError("not signed for this search")
        place, kind, tmdb_id, read_at = orjson.loads(payload)
        return Position(place, (MediaType(kind), tmdb_id), datetime.fromisoformat(read_at))
    except (ValueError, UnicodeError) as error:
        raise CursorError("not a cursor of this search") from error


def start_after(results: Sequence[Ref], position: Position) -> int:
    """Returns where a page after a position starts: after its title, if that has moved in the meantime."""
    return (results.index(position.ref) if position.ref in results else position.place) + 1


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, search_form(text))) or text


def _signature(scope: str, payload: str, key: str) -> str:
    return sha256(f"{key}{scope}{payload}".encode()).hexdigest()[:_SIGNATURE]
