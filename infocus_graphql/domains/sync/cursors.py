"""Cursors of `Viewer.changes`: what a client has received, signed and packed into a text.

A *round* consists of pages that bring a client from one state to the next. Its end is fixed by its first
page: the last event of the log (`horizon`), and what the viewer could see then (`scopes`). Later pages return
only rows in these scopes. Therefore the scopes in a client's last cursor contain all rows that it may have.
"""

import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from infocus_graphql.core.ids import base36

_FORMAT: Final = 1  # cursors of other formats start a new snapshot
_SIGNATURE: Final = 16
_MAX_CURSOR: Final = 200_000
_SKEW: Final = 60.0  # seconds between the clocks of servers and of the database, at most


class SyncCursorError(ValueError):
    """The text is not a cursor of this viewer."""


class Scopes(NamedTuple):
    """What the viewer can see apart from what is their own, as ids in order."""

    families: list[str]
    administered: list[str]  # families whose invitations the viewer sees
    users: list[str]
    sharing: list[str]  # users whose watchlist the viewer sees
    invited: list[str]  # invitations to the viewer

    def without(self, others: "Scopes") -> "Scopes":
        """These scopes without others."""
        return Scopes(*(sorted(set(own) - set(other)) for own, other in zip(self, others, strict=True)))


NOTHING: Final = Scopes([], [], [], [], [])


@dataclass(frozen=True, slots=True)
class State:
    """What a client has after a round."""

    horizon: str  # the id of the last event; empty if the log had none
    begun: float  # the time of the round's first page
    seen: float  # the time of its last page
    scopes: Scopes
    # Scopes that were lost in the round. A row in them that was deleted during the round, before the page
    # that would have reported it, has its event in the next round.
    lost: Scopes
    # Scopes that were regained before the round. The client may lack rows in them: pages of the round before
    # have no rows that were hidden when the page was read.
    regained: Scopes

    def newest_id(self) -> str:
        """The largest id, without its tag, that the client can have received: ids begin with their time."""
        milliseconds = int((self.seen + _SKEW) * 1000)
        return base36(milliseconds << 80 | (1 << 80) - 1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a round, or its end if `after` is None."""

    target: State
    base: State | None = None  # the state before the round; None for a snapshot
    after: str | None = None  # the last id of the page


def write_cursor(cursor: Cursor, viewer_id: str, key: str) -> str:
    """Returns the text of a cursor."""
    states = [cursor.target] if cursor.after is None else [cursor.target, cursor.base]
    packed = [
        _FORMAT,
        cursor.after,
        [state and _packed(state) for state in states],
    ]
    payload = zlib.compress(orjson.dumps(packed))
    return urlsafe_b64encode(_signature(payload, viewer_id, key) + payload).decode().rstrip("=")


def read_cursor(text: str, viewer_id: str, key: str) -> Cursor | None:
    """Returns the cursor in a text; None if its format is no longer supported. Raises SyncCursorError."""
    try:
        if len(text) > _MAX_CURSOR:
            raise ValueError("too long")
        plain = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise SyncCursorError("not a cursor") from error
    signature, payload = plain[:_SIGNATURE], plain[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(payload, viewer_id, key)):
        raise SyncCursorError("not signed for this viewer")
    version, after, states = orjson.loads(zlib.decompress(payload))
    if version != _FORMAT:
        return None
    target, base = _state(states[0]), _state(states[1]) if len(states) > 1 and states[1] else None
    return Cursor(target, base, after)


def _packed(state: State) -> list[Any]:
    scopes = (state.scopes, state.lost, state.regained)
    return [state.horizon, state.begun, state.seen, *(list(each) for each in scopes)]


def _state(packed: list[Any]) -> State:
    horizon, begun, seen, *scopes = packed
    return State(horizon, begun, seen, *(Scopes(*each) for each in scopes))


def _signature(payload: bytes, viewer_id: str, key: str) -> bytes:
    signed = b"changes|" + viewer_id.encode() + b"|" + payload
    return hmac.new(key.encode(), signed, sha256).digest()[:_SIGNATURE]
