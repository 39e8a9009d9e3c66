"""Compresses large responses, and replaces those above the size limit with an error."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from infocus_graphql.http.compression import compressed
from infocus_graphql.http.headers import Headers
from infocus_graphql.settings import Settings

TOO_LARGE: Final = "RESPONSE_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class EncodedBody:
    """A response body, its headers, and the error code if the body was replaced."""

    body: bytes
    headers: Headers
    code: str | None = None


class ResponseEncoder:
    """Encodes responses of at least `from_bytes`; the caller sends smaller ones unchanged."""

    def __init__(self, settings: Settings) -> None:
        self._max = settings.max_response_bytes
        self._compressed_from = settings.compress_from_bytes or sys.maxsize
        self.from_bytes = min(self._compressed_from, self._max + 1)

    async def encode(self, body: bytes, accept_encoding: Sequence[str], *, compressible: bool) -> EncodedBody:
        """Encodes a body; never compresses one that isn't `compressible` (its length could leak a secret)."""
        if len(body) > self._max:
            return EncodedBody(oversized_body(self._max), [], TOO_LARGE)
        if not compressible or len(body) < self._compressed_from:
            return EncodedBody(body, [])
        sent, coding = await compressed(body, accept_encoding)
        headers: Headers = [(b"vary", b"Accept-Encoding")]
        return EncodedBody(
            sent, headers if coding is None else [*headers, (b"content-encoding", coding.encode())]
        )


def oversized_body(max_bytes: int) -> bytes:
    """The result that replaces one of more than `max_bytes`."""
    message = f"The response is larger than {max_bytes:,} bytes. Request fewer rows or fields at a time."
    error = {"message": message, "extensions": {"code": TOO_LARGE}}
    return orjson.dumps({"data": None, "errors": [error]})
