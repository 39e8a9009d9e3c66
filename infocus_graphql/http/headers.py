"""Request headers, indexed by name, and the type of response headers."""

from collections.abc import Iterable
from typing import Final, TypeAlias

# Response headers as ASGI has them, with names in lower case.
Headers: TypeAlias = list[tuple[bytes, bytes]]

_NONE: Final[list[bytes]] = []


class RequestHeaders:
    """Request headers by name in lower case."""

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        values: dict[bytes, list[bytes]] = {}
        for name, value in raw:
            if name in values:
                values[name].append(value)
            else:
                values[name] = [value]
        self._values = values

    def all(self, name: bytes) -> list[str]:
        """All values of this header, in order."""
        return [value.decode("latin-1") for value in self._values.get(name, _NONE)]

    def first(self, name: bytes) -> str | None:
        """The first value of this header, or None."""
        found = self._values.get(name)
        return found[0].decode("latin-1") if found else None
