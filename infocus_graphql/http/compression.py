"""Compressed answers: which coding a client takes, and the compressing itself."""

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import brotli
import zstandard

# Above it, compressing takes about a millisecond, and others shall not wait for it.
_COMPRESS_IN_THREAD_FROM: Final = 65_536
# Beyond these, smaller answers cost several times the time for some per cent.
_ZSTD_LEVEL: Final = 3
_BROTLI_QUALITY: Final = 1
_GZIP_LEVEL: Final = 4
_GZIP_FORMAT: Final = 31
_REMEMBERED: Final = 256
_MAX_REMEMBERED: Final = 256  # characters; who sends more is no client that many use

_zstd: Final = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)  # one thread at a time may use it


def _by_brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY)
    return packed


def _by_gzip(body: bytes) -> bytes:
    return zlib.compress(body, _GZIP_LEVEL, _GZIP_FORMAT)


def _by_zstd(body: bytes) -> bytes:
    return zstandard.compress(body, _ZSTD_LEVEL)


# The first wins where a client weighs several equally. Brotli comes first although zstd is quicker: some
# clients list zstd and can't read it, such as graphql-codegen on Node 20.
_HERE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": _by_brotli,
    "zstd": _zstd.compress,
    "gzip": _by_gzip,
}
_IN_A_THREAD: Final = {**_HERE, "zstd": _by_zstd}


async def compressed(body: bytes, accept_encoding: Sequence[str]) -> tuple[bytes, str | None]:
    """The body as the client likes it best, and the name of its coding; as it is for who takes none of ours.

    Other requests don't wait for large ones.
    """
    coding = best_coding(accept_encoding, tuple(_HERE))
    if coding is None:
        return body, None
    if len(body) <= _COMPRESS_IN_THREAD_FROM:
        return _HERE[coding](body), coding
    return await asyncio.to_thread(_IN_A_THREAD[coding], body), coding


def best_coding(accept_encoding: Sequence[str], codings: tuple[str, ...]) -> str | None:
    """The one of these codings that a client likes best, the first of equals; None for the plain form."""
    if not accept_encoding:
        return None
    joined = ",".join(accept_encoding)
    return (_best if len(joined) <= _MAX_REMEMBERED else _best.__wrapped__)(joined, codings)


@lru_cache(_REMEMBERED)
def _best(header: str, codings: tuple[str, ...]) -> str | None:
    qualities: dict[str, float] = {}
    for part in header.lower().split(","):
        name, quality = _coding(part)
        qualities.setdefault(name, quality)
    # `*` stands for all that are not named; who says no more than that surely means the oldest.
    rest = qualities.get("*", 0.0)
    offered = {each: qualities.get(each, rest if each == "gzip" else 0.0) for each in codings}
    best = max(offered, key=lambda each: offered[each], default=None)
    if best is None or offered[best] <= 0 or offered[best] < qualities.get("identity", 0.0):
        return None
    return best


def _coding(part: str) -> tuple[str, float]:
    """A coding and how much it is liked, from 0 to 1; what can't be read is not liked at all."""
    name, _, parameter = part.partition(";")
    key, _, value = parameter.partition("=")
    if not parameter.strip():
        return name.strip(), 1.0
    try:
        quality = float(value)
    except ValueError:
        return name.strip(), 0.0
    return name.strip(), quality if key.strip() == "q" and 0 <= quality <= 1 else 0.0
