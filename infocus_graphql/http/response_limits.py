"""What happens to answers that are not small: they are compressed, and the too large ones refused."""

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
    """A body as it goes out, the headers that tell how, and the code of a refusal."""

    body: bytes
    headers: Headers
    code: str | None = None


class ResponseEncoder:
    """Shapes the answers that have `from_bytes` or more; smaller ones go out as they are."""

    def __init__(self, settings: Settings) -> None:
        self._max = settings.max_response_bytes
        self._compressed_from = settings.compress_from_bytes or sys.maxsize
        self.from_bytes = min(self._compressed_from, self._max + 1)

    async def shaped(self, body: bytes, accept_encoding: Sequence[str], *, compressible: bool) -> EncodedBody:
        """The body to send. Without `compressible` its length tells nothing but its length."""
        if len(body) > self._max:
            return EncodedBody(_refusal(self._max), [], TOO_LARGE)
        if not compressible or len(body) < self._compressed_from:
            return EncodedBody(body, [])
        sent, coding = await compressed(body, accept_encoding)
        headers: Headers = [(b"vary", b"Accept-Encoding")]
        return EncodedBody(
            sent, headers if coding is None else [*headers, (b"content-encoding", coding.encode())]
        )


def _refusal(max_bytes: int) -> bytes:
    message = f"The answer is larger than {max_bytes:,} bytes: ask for fewer rows or fields at a time."
    error = {"message": message, "extensions": {"code": TOO_LARGE}}
    return orjson.dumps({"data": None, "errors": [error]})
