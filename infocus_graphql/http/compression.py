"""Response compression: negotiates `Accept-Encoding` and compresses bodies."""

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import brotli
import zstandard

# From this size on, compressing takes about a millisecond, which would block the event loop.
_COMPRESS_IN_THREAD_FROM: Final = 65_536
# Higher levels save a few per cent in size and take several times as long.
_ZSTD_LEVEL: Final = 3
_BROTLI_QUALITY: Final = 1
_GZIP_LEVEL: Final = 4
_GZIP_FORMAT: Final = 31
_REMEMBERED: Final = 256
_MAX_REMEMBERED: Final = 256  # characters; common clients send shorter headers

_zstd: Final = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)  # one thread at a time may use it


def _by_brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY)
    return packed


def _by_gzip(body: bytes) -> bytes:
    return zlib.compress(body, _GZIP_LEVEL, _GZIP_FORMAT)


def _by_zstd(body: bytes) -> bytes:
    return zstandard.compress(body, _ZSTD_LEVEL)


# The first wins if a client gives several the same weight. Brotli comes first although zstd is faster: some
# clients list zstd but can't decode it, such as graphql-codegen on Node 20.
_HERE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": _by_brotli,
    "zstd": _zstd.compress,
    "gzip": _by_gzip,
}
_IN_A_THREAD: Final = {**_HERE, "zstd": _by_zstd}


async def compressed(body: bytes, accept_encoding: Sequence[str]) -> tuple[bytes, str | None]:
    """The body in the client's preferred coding, and the coding's name; unchanged and None without a match.

    Large bodies are compressed in a thread.
    """
    coding = best_coding(accept_encoding, tuple(_HERE))
    if coding is None:
        return body, None
    if len(body) <= _COMPRESS_IN_THREAD_FROM:
        return _HERE[coding](body), coding
    return await asyncio.to_thread(_IN_A_THREAD[coding], body), coding


def best_coding(accept_encoding: Sequence[str], codings: tuple[str, ...]) -> str | None:
    """The coding that the client prefers, the first among equals; None for identity."""
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
    # `*` stands for all codings that are not listed; it is only safe to assume gzip.
    rest = qualities.get("*", 0.0)
    offered = {each: qualities.get(each, rest if each == "gzip" else 0.0) for each in codings}
    best = max(offered, key=lambda each: offered[each], default=None)
    if best is None or offered[best] <= 0 or offered[best] < qualities.get("identity", 0.0):
        return None
    return best


def _coding(part: str) -> tuple[str, float]:
    """A coding and its quality from 0 to 1; 0 if the quality is malformed."""
    name, _, parameter = part.partition(";")
    key, _, value = parameter.partition("=")
    if not parameter.strip():
        return name.strip(), 1.0
    try:
        quality = float(value)
    except ValueError:
        return name.strip(), 0.0
    return name.strip(), quality if key.strip() == "q" and 0 <= quality <= 1 else 0.0
