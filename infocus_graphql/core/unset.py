"""The marker for an omitted input field, as opposed to one set to null."""

from typing import Final, TypeGuard, TypeVar

T = TypeVar("T")


class Unset:
    """The type of `UNSET`: the field was omitted, so the stored value stays."""

    def __bool__(self) -> bool:
        """Always False."""
        return False


UNSET: Final = Unset()


def is_set(value: T | Unset) -> TypeGuard[T]:
    """Whether the client sent a value (null included)."""
    return not isinstance(value, Unset)
