"""The mark of what a client left out, as opposed to what it set to null."""

from typing import Final, TypeGuard, TypeVar

T = TypeVar("T")


class Unset:
    """Left out: keep what is there."""

    def __bool__(self) -> bool:
        """Reads as false, like the nothing it stands for."""
        return False


UNSET: Final = Unset()


def is_set(value: T | Unset) -> TypeGuard[T]:
    """Whether the client gave a value (null included)."""
    return not isinstance(value, Unset)
