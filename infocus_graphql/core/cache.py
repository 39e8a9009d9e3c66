"""A memory with bounds."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class LruCache(Generic[V]):
    """A memory of the most recently used, bounded in items and in the characters of their keys."""

    def __init__(self, items: int, characters: int) -> None:
        self._items, self._characters = items, characters
        self._held: OrderedDict[str, V] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> V | None:
        """What is held for `key`, which counts as a use."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: str, value: V) -> None:
        """Holds `value`; the least recently used go when there is too much."""
        if key not in self._held:
            self._size += len(key)
        self._held[key] = value
        while len(self._held) > self._items or self._size > self._characters:
            oldest, _ = self._held.popitem(last=False)
            self._size -= len(oldest)
