"""Bounded caches, and maps that use objects themselves as keys."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")


class LruCache(Generic[K, V]):
    """Keeps the most recently used entries, up to a number of entries and, with `size_of`, of bytes.

    `size_of(key, value)` estimates an entry; it must return the same size for the same entry each time.
    An entry larger than `max_bytes` is not stored.
    """

    __slots__ = ("_bytes", "_held", "_max_bytes", "_max_items", "_size_of")

    def __init__(
        self, max_items: int, *, max_bytes: int = 0, size_of: Callable[[K, V], int] | None = None
    ) -> None:
        self._max_items, self._max_bytes, self._size_of = max_items, max_bytes, size_of
        self._held: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: K) -> bool:
        """Whether there is an entry; does not count as a use."""
        return key in self._held

    def __iter__(self) -> Iterator[K]:
        """The keys, the least recently used first."""
        return iter(self._held)

    @property
    def bytes(self) -> int:
        """The sum of the entries' sizes; 0 without `size_of`."""
        return self._bytes

    def get(self, key: K) -> V | None:
        """The value of `key`, which becomes the most recently used."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Stores an entry as the most recently used, and drops the least recently used beyond the limits."""
        held, size_of = self._held, self._size_of
        if size_of is None:
            held[key] = value
            held.move_to_end(key)
            if len(held) > self._max_items:
                held.popitem(last=False)
            return
        self.pop(key)
        size = size_of(key, value)
        if size > self._max_bytes:
            return
        held[key] = value
        self._bytes += size
        while len(held) > self._max_items or self._bytes > self._max_bytes:
            self._bytes -= size_of(*held.popitem(last=False))

    def pop(self, key: K) -> V | None:
        """Removes an entry and returns its value, if there is one."""
        found = self._held.pop(key, None)
        if found is not None and self._size_of is not None:
            self._bytes -= self._size_of(key, found)
        return found


class IdentityMap(Generic[T, V]):
    """A map with keys that are compared by identity, such as the nodes of a document.

    The nodes of graphql-core compare by their whole content, which is slow, and equal nodes may occur at
    different positions of a document. `id(node)` alone is not a safe key: after the node is deleted, another
    object can get the same id. This map keeps its keys alive. Elsewhere, `id` is used as a key only within
    one call, or in a template that is stored with the document that holds the nodes.
    """

    __slots__ = ("_held",)

    def __init__(self, entries: Iterable[tuple[T, V]] = ()) -> None:
        self._held = {id(key): (key, value) for key, value in entries}

    def __contains__(self, key: T) -> bool:
        return id(key) in self._held

    def __getitem__(self, key: T) -> V:
        return self._held[id(key)][1]

    def __setitem__(self, key: T, value: V) -> None:
        self._held[id(key)] = key, value

    def values(self) -> list[V]:
        """The values, in insertion order."""
        return [value for _, value in self._held.values()]
