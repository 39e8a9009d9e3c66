"""Media types: checks `Content-Type` and negotiates `Accept`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"
_EXACT: Final = 2
_REMEMBERED: Final = 256
_MAX_REMEMBERED: Final = 256  # characters; common clients send shorter headers


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range of an `Accept` header."""

    kind: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int | None:
        """How specifically this range matches the type, from 0 (`*/*`) to 2 (exact); None if it doesn't."""
        kind, _, subtype = media_type.partition("/")
        if (self.kind, self.subtype) == (kind, subtype):
            return _EXACT
        if self.subtype != "*":
            return None
        return {kind: 1, "*": 0}.get(self.kind)


def response_type(accept: Sequence[str]) -> str | None:
    """The best of our media types for these `Accept` headers; None if none is acceptable.

    Without `Accept`, or with `*/*`, it is application/json: clients that know the newer type request it,
    and those that don't treat any status but 200 as a failed connection. It is text/event-stream only if that
    is preferred to both JSON types: many clients list it beside them, and expect JSON for a query.
    """
    if not accept:
        return JSON
    joined = ",".join(accept)
    return (_negotiated if len(joined) <= _MAX_REMEMBERED else _negotiated.__wrapped__)(joined)


def accepts_event_stream(accept: Sequence[str]) -> bool:
    """Whether `Accept` lists text/event-stream, so that a subscription can be sent."""
    joined = ",".join(accept)
    if EVENT_STREAM not in joined.lower():
        return False
    return _preference(EVENT_STREAM, _ranges(joined), exactly=True)[0] > 0


@lru_cache(_REMEMBERED)
def _negotiated(accept: str) -> str | None:
    if not accept.replace(",", "").strip():
        return JSON
    ranges = _ranges(accept)
    ranked = [(*_preference(each, ranges), each) for each in (JSON, GRAPHQL_RESPONSE)]
    quality, _, best = max(ranked, key=_rank)
    if _preference(EVENT_STREAM, ranges, exactly=True)[0] > quality:
        return EVENT_STREAM
    return best if quality > 0 else None


def _ranges(accept: str) -> list[_Range]:
    return [found for part in accept.split(",") if (found := _range(part)) is not None]


def _rank(candidate: tuple[float, int, str]) -> tuple[float, int, bool]:
    """At equal quality the newer type wins if it is listed (its status codes say more), else JSON."""
    quality, specificity, media_type = candidate
    return quality, specificity, (media_type == GRAPHQL_RESPONSE) == (specificity == _EXACT)


def is_utf8_json(content_types: Sequence[str]) -> bool:
    """Whether exactly one header declares the body as JSON in UTF-8.

    The check prevents CSRF: without a CORS preflight, browsers send only simple types (text/plain, forms)
    to other sites.
    """
    if len(content_types) != 1:
        return False
    if content_types[0] == JSON:
        return True
    media_type, parameters = _split(content_types[0])
    return media_type == JSON and parameters.get("charset", "utf-8") in {"utf-8", "utf8"}


def _preference(media_type: str, ranges: Sequence[_Range], *, exactly: bool = False) -> tuple[float, int]:
    """Quality and specificity of the most specific range that matches, or `exactly` that names the type."""
    matches = [
        (specificity, each.quality)
        for each in ranges
        if (specificity := each.specificity(media_type)) is not None
        and (specificity == _EXACT or not exactly)
    ]
    if not matches:
        return 0.0, 0
    specificity, quality = max(matches)
    return quality, specificity


def _range(part: str) -> _Range | None:
    """Parses a media range; None if it is malformed or requires another charset."""
    media_type, parameters = _split(part)
    kind, slash, subtype = ("*", "/", "*") if media_type == "*" else media_type.partition("/")
    if not kind or not slash or not subtype or parameters.get("charset", "utf-8") != "utf-8":
        return None
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return None
    return _Range(kind, subtype, quality) if 0 <= quality <= 1 else None


def _split(value: str) -> tuple[str, dict[str, str]]:
    media_type, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    parameters = {name.strip().lower(): text.strip().strip('"').lower() for name, _, text in pairs}
    return media_type.strip().lower(), parameters
