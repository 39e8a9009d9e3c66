"""Ignores `Upgrade` requests (such as h2c): they are served as plain HTTP/1.1."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER: Final = b"upgrade"


class UpgradeIgnoringProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which parses a request with `Upgrade` like one without.

    uvicorn itself skips the body of such a request and then parses the body as the next request, which allows
    request smuggling.
    """

    _offered = False

    def data_received(self, data: bytes) -> None:
        """Feeds the parser until all data is consumed."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._rest(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        """Ignores a head with `Upgrade`, which is then parsed again without it."""
        self._offered = self.parser.should_upgrade() and any(name == _OFFER for name, _ in self.headers)
        if not self._offered:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Called at the end of a request; for one with `Upgrade`, only the head was parsed so far."""
        if not self._offered:
            super().on_message_complete()

    def _rest(self, data: bytes) -> bytes:
        """Parses `data`; returns what to parse next: a head without `Upgrade` and the data after it."""
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
