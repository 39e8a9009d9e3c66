"""HTTP/1.1 for clients that offer to go on in another protocol, as some do for HTTP/2: nobody takes it up."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER: Final = b"upgrade"


class UpgradeIgnoringProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which reads a request with an offer as one without.

    By itself it would leave out the body of such a request, and take what comes later of it for a request
    of its own: one that was hidden in the body of another.
    """

    _offered = False

    def data_received(self, data: bytes) -> None:
        """Reads on."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._rest(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        """The head is there; with an offer, it is read once more."""
        self._offered = self.parser.should_upgrade() and any(name == _OFFER for name, _ in self.headers)
        if not self._offered:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; of one with an offer, nothing but the head was read."""
        if not self._offered:
            super().on_message_complete()

    def _rest(self, data: bytes) -> bytes:
        """Reads `data`, and gives what is to be read next: a head without its offer, and what follows it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if not self._offered:
                raise httptools.HttpParserError("another protocol") from error
            (length,) = error.args
            return self._head_without_offer() + data[length:]
        return b""

    def _head_without_offer(self) -> bytes:
        parts = [self.parser.get_method(), b" ", self.url, b" HTTP/"]
        parts += [self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            if name != _OFFER:
                parts += (name, b": ", value, b"\r\n")
        return b"".join((*parts, b"\r\n"))
