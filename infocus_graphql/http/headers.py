"""Headers: those of one request, sorted once and then looked up by name, and those of an answer."""

from collections.abc import Iterable
from typing import Final, TypeAlias

# Of an answer, as servers take them: names in lower case.
Headers: TypeAlias = list[tuple[bytes, bytes]]

_NONE: Final[list[bytes]] = []


class RequestHeaders:
    """Headers by their names in lower case, as servers hand them over."""

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
        """Every value sent under this name, in their order."""
        return [value.decode("latin-1") for value in self._values.get(name, _NONE)]

    def first(self, name: bytes) -> str | None:
        """The first value sent under this name."""
        found = self._values.get(name)
        return found[0].decode("latin-1") if found else None
