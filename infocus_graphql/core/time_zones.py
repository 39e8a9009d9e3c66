"""The names of time zones of the IANA database."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

from infocus_graphql.core.wording import suggestion

_LONGEST_SHOWN: Final = 40


@cache
def time_zones() -> frozenset[str]:
    """Returns all names, those of old links such as `Europe/Kiev` included.

    Read from the package tzdata, because an operating system without its own database has none.
    """
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


def time_zone_error(value: str) -> str | None:
    """Returns the error message for an unknown time zone, with a suggestion if possible; None if known."""
    if value in time_zones():
        return None
    shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    return f"“{shown}” is not a time zone of the IANA database, such as Europe/Berlin." + suggestion(
        _similar(value) if len(value) <= _LONGEST_SHOWN else []
    )


def _similar(value: str) -> list[str]:
    """Returns the name that is meant: with other case or spaces, a city alone, or with a typo."""
    wanted = value.strip().casefold().replace(" ", "_")
    names = {name.casefold(): name for name in sorted(time_zones())}
    cities = {name.rpartition("/")[2]: zone for name, zone in reversed(names.items()) if "/" in name}
    for known in (names, cities):
        for match in get_close_matches(wanted, known, n=1, cutoff=0.8):
            return [known[match]]
    return []
