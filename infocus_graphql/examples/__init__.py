"""Example operations of the explorer, for the demo data."""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Example:
    """An operation, with its first comment as title."""

    name: str
    title: str
    query: str

    @property
    def is_subscription(self) -> bool:
        """Whether it is a subscription, which runs as a stream."""
        return "\nsubscription " in self.query


def examples() -> tuple[Example, ...]:
    """All examples, in the order of their file names."""
    folder = files(__name__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".graphql"))
    return tuple(_example(name, folder.joinpath(name).read_text("utf-8")) for name in names)


def _example(name: str, text: str) -> Example:
    title = text.splitlines()[0].removeprefix("#").strip()
    return Example(name, title, text)
