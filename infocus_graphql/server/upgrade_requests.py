"""Passes on WebSocket handshakes; ignores other `Upgrade` requests, which are served as plain HTTP/1.1."""

import re
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER: Final = b"upgrade"
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
_BODY: Final = {b"content-length", b"transfer-encoding"}


class UpgradeProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which accepts WebSocket handshakes at the paths `socket_paths`.

    Any other request with `Upgrade` is parsed like one without. uvicorn itself skips the body of such a
    request and then parses the body as the next request, which allows request smuggling.
    """

    socket_paths: frozenset[bytes] = frozenset()
    _offered = _is_socket = False

    def data_received(self, data: bytes) -> None:
        """Feeds the parser until all data is consumed."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._rest(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        """Ignores a head with `Upgrade`, which is then passed on, or parsed again without it."""
        self._offered = self.parser.should_upgrade() and any(name == _OFFER for name, _ in self.headers)
        self._is_socket = self._offered and self._is_handshake()
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
            if not self._is_socket:
                return self._head_without_offer() + data[length:]
            if data[length:] or (self.cycle is not None and not self.cycle.response_complete):
                # A client has to wait for earlier responses, and then for that to the handshake.
                raise httptools.HttpParserError("a handshake amid other data") from error
            self.handle_websocket_upgrade()
        return b""

    def _is_handshake(self) -> bool:
        """Whether the request is a complete handshake for a WebSocket of version 13, at one of our paths."""
        values: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            values.setdefault(name, []).append(value)
        keys = values.get(b"sec-websocket-key", [])
        return (
            self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and self.url.partition(b"?")[0] in self.socket_paths
            and [value.lower() for value in values[_OFFER]] == [b"websocket"]
            and values.get(b"sec-websocket-version") == [b"13"]
            and len(keys) == 1
            and _KEY.fullmatch(keys[0]) is not None
            and _BODY.isdisjoint(values)
        )

    def _head_without_offer(self) -> bytes:
        parts = [self.parser.get_method(), b" ", self.url, b" HTTP/"]
        parts += [self.parser.get_http_version().encode(), b"\r\n"]
        for name, value in self.headers:
            if name != _OFFER:
                parts += (name, b": ", value, b"\r\n")
        return b"".join((*parts, b"\r\n"))
